import { type Command, InvalidArgumentError, Option } from "commander";
import type { StatusOptions } from "./status/run.ts";

/** `status`: what an edge knows of its clusters' health. */
export function addStatusCommand(program: Command): void {
  program
    .command("status")
    .summary("show the health of an edge's clusters")
    .description(
      "Asks an edge for what it knows of each endpoint: state, since when and why, last probes, ejections, requests " +
        "that wait; and for its retry budget, the age of its health snapshot, and events. The answer is that of one " +
        "isolate: another one may have ejected other endpoints.",
    )
    .option("--url <edge>", "the edge's address", parseOrigin, "http://127.0.0.1:8787")
    .addOption(
      new Option("--token <token>", "the edge's status token; others of the machine can see it in a command line").env(
        "EDGE_INGRESS_STATUS_TOKEN",
      ),
    )
    .addOption(new Option("--format <name>", "json is the edge's own answer").choices(["text", "json"]).default("text"))
    .option("--watch", "show it again every 2 s; with json, a line each time", false)
    .addHelpText(
      "after",
      `
Exit code: 0 all endpoints are in use, 1 one is unhealthy or ejected, be it for one backend, or the health object
could not be asked, 2 wrong use, or no status to be had. With --watch that of the last look.

Examples:
  $ edge-ingress dev -f manifests/          # prints the token of the local edge
  $ EDGE_INGRESS_STATUS_TOKEN=... edge-ingress status
  $ edge-ingress status --url https://shop.example.com --format json | jq '.clusters[].endpoints[].state'
`,
    )
    .action(async (flags: StatusOptions) => {
      const { runStatus } = await import("./status/run.ts");
      await runStatus(flags);
    });
}

export function parseOrigin(value: string): string {
  const url = URL.canParse(value) ? new URL(value) : null;
  if (url === null || !["http:", "https:"].includes(url.protocol)) {
    throw new InvalidArgumentError("It must be a URL, as in https://shop.example.com.");
  }
  // Whatever stands behind the host would be dropped without a word.
  if (url.href !== `${url.origin}/`) {
    throw new InvalidArgumentError(`It must be a scheme, a host and at most a port, as in ${url.origin}.`);
  }
  return url.origin;
}
