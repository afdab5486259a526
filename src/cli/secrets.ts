import { type Command, Option } from "commander";
import { type InputFlags, withInputOptions } from "./input-options.ts";
import { withNamespaceOptions } from "./kv-flags.ts";
import type { ListFlags, SyncFlags } from "./secrets/run.ts";

/** `secrets`: what compiled routes need of Secrets, and its way to the edge. */
export function addSecretsCommand(program: Command): void {
  const secrets = program
    .command("secrets")
    .summary("list the Secrets that routes need, and put them to the edge")
    .description(
      "A table names Secrets and never holds one. The edge reads each from a Worker secret of its own or, where there is " +
        "none, from the KV namespace that the worker has as EDGE_INGRESS_SECRETS.",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ edge-ingress secrets list -f manifests/
  $ edge-ingress secrets sync -f manifests/ --remote --dry-run
  $ kubectl get secret users -n shop -o yaml | edge-ingress secrets sync -f - -f manifests/ --remote
`,
    );
  withInputOptions(secrets.command("list"))
    .summary("list the Secrets that routes need: their names, never what they hold")
    .addOption(new Option("--format <name>", "what is printed").choices(["text", "json"]).default("text"))
    .action(async (flags: InputFlags & ListFlags) => (await import("./secrets/run.ts")).listSecrets(flags));
  withNamespaceOptions(withInputOptions(secrets.command("sync")), "the Secrets", "EDGE_INGRESS_SECRETS")
    .summary("put the Secrets that routes need into KV, or make Worker secrets of them")
    .description(
      "Puts what is missing or differs, through wrangler and its login. Values go by standard input or by a file that " +
        "nobody else can read and that is removed; they are in no argument and are not printed.",
    )
    .option("--kv", "in the KV namespace (the default)", false)
    .option("--worker", "as secrets of the Worker: each run deploys a new version of it", false)
    .option("--name <worker>", "the Worker; otherwise that of the wrangler configuration")
    .option("--dry-run", "look and tell, and put nothing", false)
    .addHelpText("after", "\nExit code: 0 all that is needed is at the edge, 1 something is not, 2 wrong use.\n")
    .action(async (flags: InputFlags & SyncFlags) => (await import("./secrets/run.ts")).syncSecrets(flags));
}
