import { type Command, InvalidArgumentError } from "commander";
import { parseDuration } from "../compiler/resources/durations.ts";
import type { PullFlags } from "./pull/run.ts";
import type { WatchFlags } from "./pull/watch-run.ts";

/** `pull` and `watch`: what clusters hold, as files. */
export function addPullCommands(program: Command): void {
  withClusterOptions(program.command("pull"))
    .summary("write what clusters hold as manifests: Ingresses, Services, classes, policies")
    .description(
      "Reads clusters through the contexts of your kubeconfig and writes a directory of manifests for each, a file a namespace.\n" +
        "Two pulls of the same state write the same bytes. All clusters are written, or none. Never reads a Secret's value.",
    )
    .addHelpText(
      "after",
      `
Exit code: 0 written, 2 a cluster could not be read, and then nothing was written.

Examples:
  $ edge-ingress pull --rbac | kubectl apply -f -
  $ edge-ingress pull --context prod-eu=eu-west --context prod-us=us-east
  $ edge-ingress check -f clusters --ingress-class nginx
`,
    )
    .action(async (flags: PullFlags) => (await import("./pull/run.ts")).runPull(flags));
  withClusterOptions(program.command("watch"))
    .summary("keep the files of pull up to date with the clusters")
    .description(
      "Writes what `pull` writes, and again whenever something changes in a cluster, until it is ended. A cluster that can't be " +
        "read keeps its files as they are, and is tried again.",
    )
    .option("--settle <time>", "without a change that is waited for before writing", parseTime, 1_000)
    .option("--resync <time>", "after which everything is read again, changed or not", parseTime, 300_000)
    .option("--exec <command>", "run by the shell after files have changed; EDGE_INGRESS_CHANGED names the clusters")
    .addHelpText(
      "after",
      `
Exit code: 0 ended by SIGINT or SIGTERM, 2 wrong use.

Examples:
  $ edge-ingress watch --rbac | kubectl apply -f -
  $ edge-ingress watch --context prod-eu=eu-west --context prod-us=us-east
  $ edge-ingress watch --context prod-eu=eu-west --exec 'edge-ingress publish -f clusters --remote'
`,
    )
    .action(async (flags: WatchFlags) => (await import("./pull/watch-run.ts")).runWatch(flags));
}

function withClusterOptions(command: Command): Command {
  return command
    .option(
      "--context <name>",
      "a context, or CONTEXT=NAME to name its Cluster; may be given several times (default: the current one)",
      (value: string, previous: readonly string[]) => [...previous, value],
      [] as readonly string[],
    )
    .option("--kubeconfig <file>", "in the place of KUBECONFIG and ~/.kube/config")
    .option("-o, --output <dir>", "where the directories go", "clusters")
    .option(
      "--controller-config <namespace/name>",
      "the ConfigMap of ingress-nginx, where it has another name than usual",
    )
    .option("--no-controller-config", "ingress-nginx has no ConfigMap")
    .option("--secret-names", "also look whether the Secrets that Ingresses name are there", false)
    .option("--rbac", "print the least rights that it needs, as a manifest, and read nothing", false);
}

function parseTime(value: string): number {
  const time = parseDuration(value);
  if (time === null || time === 0) throw new InvalidArgumentError("It must be a time, as in 1s or 5m.");
  return time;
}
