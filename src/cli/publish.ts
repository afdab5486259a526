import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../compiler/resources/durations.ts";
import { WEAKENING, withConsentOptions } from "./consent.ts";
import { withInputOptions } from "./input-options.ts";
import { withNamespaceOptions } from "./kv-flags.ts";
import type { HistoryFlags } from "./publish/history.ts";
import { USUALLY_KEPT } from "./publish/prune.ts";
import type { ChangeFlags, PublishFlags } from "./publish/run.ts";
import type { NamedVersion } from "./publish/served.ts";
import { parseOrigin } from "./status.ts";

/** `publish`, `rollback`, `history`: tables in KV, which edges follow without a deployment. */
export function addPublishCommands(program: Command): void {
  addPublish(program);
  withChangeOptions(program.command("rollback"))
    .summary("have an earlier table served again")
    .description(
      "Publishes the table of an earlier version anew, under the next number: the one before of another table, unless a " +
        "version is named. What never served has to be named with its table. The same checks hold as for `publish`.",
    )
    .argument("[version]", "as `edge-ingress history` lists it: VERSION, or VERSION-TABLE", parseNamed)
    .addHelpText(
      "after",
      `
Exit code: 0 done, 1 not possible, 2 wrong use, 3 refused, 4 another publisher came between, or it was
written and nobody knows whether it serves.

Examples:
  $ edge-ingress rollback --remote --signing-key edge.pem
  $ edge-ingress rollback --remote --signing-key edge.pem 41
  $ edge-ingress rollback --remote --signing-key edge.pem 41-306f61ec0c75
`,
    )
    .action(async (version: NamedVersion | undefined, flags: ChangeFlags) =>
      (await import("./publish/run.ts")).rollback(version, flags),
    );
  of(program.command("history"))
    .summary("list the tables that were published")
    .description(
      "Lists what was published and is kept, the newest first: when, by whom, of which commit; which one is active, and of " +
        "which the table is gone.",
    )
    .addOption(new Option("--format <name>", "what is printed").choices(["text", "json"]).default("text"))
    .action(async (flags: HistoryFlags) => (await import("./publish/history.ts")).history(flags));
}

function addPublish(program: Command): void {
  withChangeOptions(withInputOptions(program.command("publish"), { required: false }))
    .summary("put a table into KV, from where edges take it up without a deployment")
    .description(
      "Compiles manifests (or takes a built table), shows what changes for requests against the version that is active, " +
        "signs the table and has it served. What weakens a guard is asked about first, and nothing is published that needs " +
        "bindings which the edge does not have. Works through wrangler and its login.",
    )
    .argument("[table]", "the directory of a built table, in the place of manifests")
    .option("--against <path>", "manifests or a built table to compare with, beside an active version that can be read")
    .option("--new-key <file>", "make a signing key: the private one into a new file, the public one on stdout")
    .addHelpText(
      "after",
      `
Asked about before it is published: ${WEAKENING.join(", ")} (unknown: what serves now is not
known here, or can't be compared in full). Where nobody is at a terminal, that is a refusal.
Exit code: 0 published, or the active version is the same, 1 errors in the manifests, or a binding that the
edge lacks, 2 wrong use, 3 refused, 4 another publisher came between, or it was written and nobody knows
whether it serves.

Examples:
  $ edge-ingress publish --new-key edge.pem
  $ edge-ingress publish -f manifests/ --zone example.com --remote --signing-key edge.pem --dry-run
  $ edge-ingress publish out/ --remote --url https://shop.example.com --wait -m 'carts go to eu-west'
`,
    )
    .action(async (table: string | undefined, flags: PublishFlags) =>
      (await import("./publish/run.ts")).publish(table, flags),
    );
}

const of = (command: Command) => withNamespaceOptions(command, "the tables", "EDGE_INGRESS_TABLES");

function withChangeOptions(command: Command): Command {
  return withConsentOptions(of(command), WEAKENING)
    .option("--signing-key <file>", "the private key in PEM; otherwise EDGE_INGRESS_SIGNING_KEY holds the key itself")
    .option("--url <edge>", "ask this edge which bindings it has, before", parseOrigin)
    .addOption(new Option("--token <token>", "its status token").env("EDGE_INGRESS_STATUS_TOKEN"))
    .option("--wait", "until the edge of --url serves it", false)
    .option("-m, --message <text>", "why, for the history; otherwise that of the last commit")
    .option("--dry-run", "check and tell, and publish nothing", false)
    .option("--expect <version>", "only if this version is the active one; 0: nothing is", parseExpected)
    .option("--keep <count>", "publications that stay in KV, for a rollback", parseKeep, USUALLY_KEPT)
    .option(
      "--shard-bytes <bytes>",
      "have it in shards of about so many bytes; otherwise a table of over 8 MiB is, in shards of 1 MiB",
      parseShardBytes,
    )
    .option("--settle <time>", "with --remote: how long others' writes have to be seen in", parseTime, 5_000);
}

function parseKeep(value: string): number {
  if (/^\d{1,6}$/.test(value) && Number(value) >= 2) return Number(value);
  throw new InvalidArgumentError("It must be a number from 2 on: the active one and the one before stay.");
}

function parseShardBytes(value: string): number {
  if (/^\d{3,7}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("It must be a number of bytes from 100 to 9999999.");
}

function parseTime(value: string): number {
  const time = parseDuration(value);
  if (time === null) throw new InvalidArgumentError("It must be a time, as in 5s.");
  return time;
}

function parseExpected(value: string): number {
  return value === "0" ? 0 : parseVersion(value);
}

/** The table's digits as `history` and the edge's answers show them, or more of them. */
function parseNamed(value: string): NamedVersion {
  const [, version = "", hash = ""] = /^([^-]*)(?:-([0-9a-f]{8,64}))?$/.exec(value) ?? [];
  return { version: parseVersion(version), hash };
}

function parseVersion(value: string): number {
  if (/^[1-9]\d{0,9}$/.test(value)) return Number(value);
  throw new InvalidArgumentError("It must be the number of a version.");
}
