import { type Command, Option } from "commander";
import type { LimitsOptions } from "./limits/run.ts";
import { parseOrigin } from "./status.ts";

/** `limits`: what is used and left of an edge's rate limits. */
export function addLimitsCommand(program: Command): void {
  program
    .command("limits")
    .summary("show what is used and left of an edge's rate limits")
    .description(
      "Asks an edge for its rate limits: the buckets of each from which the most is taken, and what one isolate admitted, " +
        "refused, and let through or refused because a limit could not be asked. With a key, of that bucket alone.",
    )
    .argument("[key]", "a bucket, as it is shown; - is the one of requests without what the key asks for")
    .option("--limit <id>", "one limit alone: namespace/policy/name, as it is shown")
    .option("--reset", "make the bucket of --limit and the key full again", false)
    .option("--url <edge>", "the edge's address", parseOrigin, "http://127.0.0.1:8787")
    .addOption(
      new Option("--token <token>", "the edge's status token; others of the machine can see it in a command line").env(
        "EDGE_INGRESS_STATUS_TOKEN",
      ),
    )
    .addOption(new Option("--format <name>", "json is the edge's own answer").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      `
Exit code: 0 done, 2 wrong use, or no answer to be had. Isolates believe a refusal for up to 1 s after a reset.

Examples:
  $ EDGE_INGRESS_STATUS_TOKEN=... edge-ingress limits
  $ edge-ingress limits 198.51.100.7 --url https://shop.example.com
  $ edge-ingress limits 198.51.100.7 --limit shop/fair-use/per-client --reset
`,
    )
    .action(async (key: string | undefined, flags: Omit<LimitsOptions, "key">) => {
      const { runLimits } = await import("./limits/run.ts");
      await runLimits({ ...flags, key: key ?? null });
    });
}
