import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../compiler/resources/durations.ts";
import { ASKED_ABOUT, withConsentOptions } from "./consent.ts";
import type { DeployFlags } from "./deploy/run.ts";
import { repeatable, withInputOptions } from "./input-options.ts";
import { UsageError } from "./output.ts";

/** `deploy`: from manifests to the platform. */
export function addDeployCommand(program: Command): void {
  withConsentOptions(withInputOptions(program.command("deploy")), ASKED_ABOUT)
    .summary("deploy manifests to Cloudflare's network")
    .description(
      "Compiles manifests, compares them with what is deployed, writes a wrangler configuration below .wrangler (routes, " +
        "bindings, migrations) and deploys the edge with it, by way of wrangler and its login. A version is uploaded and " +
        "measured before it gets a request; where a step fails, the version before serves on.",
    )
    .option("--name <worker>", "of the Worker; edge-ingress, or what --config says", parseName)
    .option("-e, --env <name>", "an environment: the Worker NAME-ENV, with what --config says of it", parseName)
    .option("-c, --config <file>", "a hand-written wrangler configuration to build on; it is not changed")
    .addOption(repeatable("--custom-domain <host>", "serve this host as a Custom Domain, not by a route"))
    .addOption(
      new Option("--kv <binding=id>", "the KV namespace behind a binding of the edge (repeatable)")
        .default(new Map(), "none")
        .argParser(parseKv),
    )
    .addOption(
      repeatable(
        "--against <path>",
        "what is deployed (nothing yet: what serves elsewhere), as manifests or a built table, where no deploy from here left it",
      ),
    )
    .option("--dry-run", "write the configuration and let wrangler check it; ask the platform nothing", false)
    .option("--gradual <percents>", "share of the requests at each step, as in 10,50,100", parseSteps)
    .addOption(repeatable("--probe <url>", "with --gradual: asked at each step, and errors go back"))
    .option("--step-time <time>", "how long each step is watched", parseTime, 60_000)
    .option("--max-errors <percent>", "of the probes of a step that may fail", parsePercent, 1)
    .option("--max-size <bytes>", "the most that the Worker may take after gzip", parseCount, 3 * 1024 * 1024)
    .option("--max-startup <ms>", "the most that it may take to start, as the platform measures", parseCount, 400)
    .addHelpText(
      "after",
      `
Asked about before they are deployed: ${ASKED_ABOUT.join(", ")} (unknown: what is deployed
is not known here, or can't be compared in full). Where nobody is at a terminal, that is a refusal.
Exit code: 0 deployed, 1 errors in the manifests or a step that failed, 2 wrong use, 3 refused.

Examples:
  $ edge-ingress deploy -f manifests/ --zone example.com --dry-run
  $ edge-ingress deploy -f manifests/ --zone example.com --allow removed
  $ edge-ingress deploy -f manifests/ --gradual 10,50,100 --probe https://shop.example.com/healthz
`,
    )
    .action(async (flags: DeployFlags) => {
      if (flags.gradual !== undefined && flags.probe.length === 0) {
        throw new UsageError("--gradual watches what --probe asks: give one URL at least");
      }
      const { runDeploy } = await import("./deploy/run.ts");
      await runDeploy(flags);
    });
}

function parseName(value: string): string {
  if (/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/.test(value)) return value;
  throw new InvalidArgumentError("It must be lower-case letters, digits and '-', at most 63.");
}

function parseKv(value: string, before: ReadonlyMap<string, string>): ReadonlyMap<string, string> {
  const [, binding, id] = /^([A-Z][A-Z0-9_]*)=([0-9a-f]{32})$/.exec(value) ?? [];
  if (binding === undefined || id === undefined) {
    throw new InvalidArgumentError("It must look like EDGE_INGRESS_KEYS=0123…, with the 32 digits of the namespace.");
  }
  return new Map([...before, [binding, id]]);
}

function parseSteps(value: string): number[] {
  const steps = value.split(",").map((step) => (/^\d{1,3}$/.test(step.trim()) ? Number(step) : Number.NaN));
  const rises = steps.every((step, index) => step >= 1 && step <= 100 && step > (steps[index - 1] ?? 0));
  if (rises && steps.at(-1) === 100) return steps;
  throw new InvalidArgumentError("It must be percentages that rise to 100, as in 10,50,100.");
}

function parseTime(value: string): number {
  const time = parseDuration(value);
  if (time === null) throw new InvalidArgumentError("It must be a time, as in 60s or 5m.");
  return time;
}

function parsePercent(value: string): number {
  if (/^\d{1,2}(\.\d+)?$/.test(value)) return Number(value);
  throw new InvalidArgumentError("It must be a number from 0 to 99.");
}

function parseCount(value: string): number {
  if (/^\d{1,10}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("It must be a whole number.");
}
