import { type Command, InvalidArgumentError, Option } from "commander";
import { parseDuration } from "../compiler/resources/durations.ts";
import { isOwner, isScope } from "../table/api-keys.ts";
import { isQuota, MOST_QUOTA } from "../table/quota.ts";
import type { RemovePlanFlags, SetPlanFlags } from "./keys/plans.ts";
import type { AddFlags, ListFlags, RotateFlags } from "./keys/run.ts";
import { type NamespaceFlags, withNamespaceOptions } from "./kv-flags.ts";

/** `keys`: the API keys of an edge, in a KV namespace. */
export function addKeysCommand(program: Command): void {
  const keys = program
    .command("keys")
    .summary("make, list, revoke and rotate API keys")
    .description(
      "The API keys that routes with an EdgePolicy `apiKey` ask for. They are in a KV namespace, which the worker has as " +
        "EDGE_INGRESS_KEYS, as hashes; a key is shown once, when it is made. Works through wrangler and its login.",
    )
    .addHelpText(
      "after",
      `
Examples:
  $ edge-ingress keys add --remote --owner acme --scope orders:read --expires 365d
  $ edge-ingress keys list --remote
  $ edge-ingress keys rotate --remote --grace 24h 4fT0aQ81xkZp
  $ edge-ingress keys revoke --remote 4fT0aQ81xkZp
  $ edge-ingress keys plan set gold --remote --minute 600 --day 100000 --month 2000000
`,
    );
  of(keys.command("add"))
    .summary("make a key")
    .description("Makes a key and prints it on stdout, once. Everything else goes to stderr.")
    .requiredOption("--owner <name>", "whose it is; clusters are told where the policy has an ownerHeader", parseOwner)
    .option("--scope <scope>", "what it may do; may be given several times", parseScopes, [])
    .option("--plan <name>", "its rate plan", parseName)
    .option("--expires <when>", "after a time (90d, 12h) or at one (2027-01-31, 2027-01-31T12:00:00Z)", parseExpiry)
    .action(async (flags: AddFlags) => (await import("./keys/run.ts")).addKey(flags));
  of(keys.command("list"))
    .summary("list keys: never the keys themselves")
    .addOption(new Option("--format <name>", "what is printed").choices(["text", "json"]).default("text"))
    .action(async (flags: ListFlags) => (await import("./keys/run.ts")).listKeys(flags));
  of(keys.command("revoke"))
    .summary("revoke a key")
    .argument("<id>", "the 12 characters behind `ei_`")
    .action(async (id: string, flags: NamespaceFlags) => (await import("./keys/run.ts")).revokeKey(id, flags));
  addPlanCommands(keys);
  of(keys.command("rotate"))
    .summary("make a new key on the terms of an old one")
    .argument("<id>", "the 12 characters behind `ei_`")
    .option("--grace <time>", "how long the old one goes on", parseGrace, 24 * 3_600_000)
    .action(async (id: string, flags: RotateFlags) => (await import("./keys/run.ts")).rotateKey(id, flags));
}

/** `keys plan`: the quotas of rate plans, in the same namespace. */
function addPlanCommands(keys: Command): void {
  const plan = keys
    .command("plan")
    .summary("set, list and remove rate plans: what a key may use up in a minute, day and month");
  of(plan.command("set"))
    .summary("write a plan as a whole")
    .argument("<name>", "as keys name it", parseName)
    .option("--minute <n>", "requests in a minute of the clock", parseQuota)
    .option("--day <n>", "requests in a day, in UTC", parseQuota)
    .option("--month <n>", "requests in a calendar month, in UTC", parseQuota)
    .action(async (name: string, flags: SetPlanFlags) => (await import("./keys/plans.ts")).setPlan(name, flags));
  of(plan.command("list"))
    .summary("list plans")
    .addOption(new Option("--format <name>", "what is printed").choices(["text", "json"]).default("text"))
    .action(async (flags: ListFlags) => (await import("./keys/plans.ts")).listPlans(flags));
  of(plan.command("remove"))
    .summary("remove a plan that no key has")
    .argument("<name>", "as keys name it", parseName)
    .option("--force", "even if keys have it", false)
    .action(async (name: string, flags: RemovePlanFlags) => (await import("./keys/plans.ts")).removePlan(name, flags));
}

const of = (command: Command) => withNamespaceOptions(command, "the keys", "EDGE_INGRESS_KEYS");

function parseOwner(value: string): string {
  if (isOwner(value)) return value;
  throw new InvalidArgumentError("It must be visible ASCII characters with single spaces between, at most 128.");
}

function parseScopes(value: string, before: readonly string[]): string[] {
  return [...new Set([...before, parseName(value)])];
}

function parseName(value: string): string {
  if (isScope(value)) return value;
  throw new InvalidArgumentError(
    "It must be visible ASCII characters without spaces, quotes and backslashes, at most 64.",
  );
}

function parseQuota(value: string): number {
  if (/^\d{1,10}$/.test(value) && isQuota(Number(value))) return Number(value);
  throw new InvalidArgumentError(`It must be a whole number from 1 to ${MOST_QUOTA}.`);
}

const DATE = /^\d{4}-\d\d-\d\d(?:T\d\d:\d\d(?::\d\d(?:\.\d{1,3})?)?Z)?$/;

function parseExpiry(value: string): string {
  const [, days] = /^(\d{1,5})d$/.exec(value) ?? [];
  const time = days === undefined ? parseDuration(value) : Number(days) * 86_400_000;
  const end = time === null ? (DATE.test(value) ? Date.parse(value) : Number.NaN) : Date.now() + time;
  if (Number.isNaN(end)) throw new InvalidArgumentError("It must be a time, as in 90d or 12h, or a date in UTC.");
  if (end <= Date.now()) throw new InvalidArgumentError("It must be in the future.");
  return new Date(end).toISOString();
}

function parseGrace(value: string): number {
  const grace = parseDuration(value) ?? Number.NaN;
  if (Number.isNaN(grace)) throw new InvalidArgumentError("It must be a time, as in 24h, 30m or 0s.");
  return grace;
}
