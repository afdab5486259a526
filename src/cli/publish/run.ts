import { printable } from "../../compiler/diagnostics/printable.ts";
import { compile, type DiffInput, diff, formatDiff } from "../../compiler/index.ts";
import { historyName, type Publication, TABLE_KEYS } from "../../table/publication.ts";
import { readBuiltTable } from "../built-table.ts";
import { type AskedAbout, asksOf, type ConsentFlags, consentTo, REFUSED, WEAKENING } from "../consent.ts";
import { compileOptions, type ManifestFlags } from "../input-options.ts";
import { tell } from "../keys/run.ts";
import type { NamespaceFlags } from "../kv-flags.ts";
import { messageOf, printDiagnostics, UsageError } from "../output.ts";
import { readSide } from "../side.ts";
import { paintOf, print } from "../terminal.ts";
import { type Announced, announce, Unconfirmed } from "./announce.ts";
import { activeOf, diffInputOf, labelOf, type Published, type Unusable } from "./baseline.ts";
import { lacksOf } from "./bindings.ts";
import { type EdgeFlags, waitForEdge } from "./edge.ts";
import { provenance } from "./provenance.ts";
import { type Removable, removable } from "./prune.ts";
import { earlierVersion, type NamedVersion } from "./served.ts";
import { makeSigningKey, type Signer, type SigningFlags, signerOf } from "./signing-key.ts";
import { damageOf, hashOf, isStoredAs, type Stored, storedAs } from "./stored-table.ts";
import { TableNamespace } from "./table-namespace.ts";

/** What `publish` and `rollback` have in common. */
export interface ChangeFlags extends NamespaceFlags, SigningFlags, EdgeFlags, ConsentFlags {
  readonly message: string | undefined;
  readonly dryRun: boolean;
  readonly wait: boolean;
  /** The version that has to be the active one; 0: nothing is. */
  readonly expect: number | undefined;
  /** Milliseconds that other publishers' writes have to be seen in. */
  readonly settle: number;
  /** How many publications stay in KV. */
  readonly keep: number;
  /** Of a shard on the average; undefined: only a large table is in shards. */
  readonly shardBytes: number | undefined;
}

/** Another publisher came between. */
class Conflict extends Error {}

export interface PublishFlags extends ChangeFlags, ManifestFlags {
  readonly against: string | undefined;
  readonly filename: readonly string[] | undefined;
  readonly newKey: string | undefined;
}

/** Until every isolate of every location serves what was published (docs/publish.md). */
const BOUND = "2 minutes";

/** Exit code where another publisher came between, or nobody can tell what serves. */
const CONFLICT = 4;

/** Puts a table into KV, and has it served. */
export function publish(directory: string | undefined, flags: PublishFlags): Promise<void> {
  return orConflict(() => publishTable(directory, flags));
}

/** Has an earlier version served again, under a new number. */
export function rollback(version: NamedVersion | undefined, flags: ChangeFlags): Promise<void> {
  return orConflict(() => publishAgain(version, flags));
}

async function orConflict(run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof Conflict || error instanceof Unconfirmed)) throw error;
    tell(`${error instanceof Conflict ? "conflict" : "not confirmed"}: ${error.message}`);
    process.exitCode = CONFLICT;
  }
}

async function publishTable(directory: string | undefined, flags: PublishFlags): Promise<void> {
  if (flags.newKey !== undefined) return newKey(flags.newKey);
  const { against, local } = flags;
  const platform = local ? "workerd" : "cloudflare";
  const input = tableOf(directory, flags, platform);
  const baseline = input === null || against === undefined ? null : readSide(against, flags, platform);
  if (input === null || (against !== undefined && baseline === null)) {
    process.exitCode = 1;
    return;
  }
  const stored = storedAs(input.table, flags.shardBytes);
  const there = await look(flags, stored.values);
  const { active } = there;
  if (active !== null && "table" in active && isStoredAs(stored, active.publication)) {
    const { publication } = active;
    // Of a table in shards what is here was taken for what is there.
    const damage = publication.parts === undefined ? null : await damageOf(publication, new TableNamespace(flags));
    if (damage === null) {
      tell(`version ${publication.version} is this table: there is nothing to publish`);
      return flags.dryRun ? undefined : waitIfAsked(flags, publication.version);
    }
    tell(`version ${publication.version} is this table, and ${damage}: it is published anew`);
  }
  const note = provenance(flags.message);
  await change(flags, there, { input, stored, baselines: baselinesOf(active, baseline), note });
}

async function publishAgain(version: NamedVersion | undefined, flags: ChangeFlags): Promise<void> {
  const there = await look(flags);
  const found = await earlierVersion(version, there);
  const back = version?.hash ? labelOf(found.publication) : found.publication.version;
  const note = provenance(flags.message ?? `back to version ${back}`);
  const stored = storedAs(found.bytes, flags.shardBytes);
  await change(flags, there, { input: diffInputOf(found), stored, baselines: baselinesOf(there.active, null), note });
}

/** What is in KV, and who may change it. */
interface There {
  readonly namespace: TableNamespace;
  readonly signer: Signer;
  /** The text of it. */
  readonly text: string | null;
  readonly active: Published | Unusable | null;
}

interface Baseline {
  readonly title: string;
  /** What it is compared with, or a sentence why there is nothing. */
  readonly side: DiffInput | string;
}

interface Wanted {
  readonly input: DiffInput;
  readonly stored: Stored;
  readonly baselines: readonly Baseline[];
  readonly note: Pick<Publication, "by" | "commit" | "message">;
}

/** `known`: values that need not be read, for they are here. */
async function look(flags: ChangeFlags, known: Stored["values"] = []): Promise<There> {
  if (flags.wait && flags.url === undefined) throw new UsageError("--wait asks an edge: say which one with --url");
  const namespace = new TableNamespace(flags);
  namespace.remember(known);
  const signer = await signerOf(flags);
  const text = await namespace.active();
  const active = await activeOf(text, namespace, signer);
  const version = active === null ? 0 : "table" in active ? active.publication.version : null;
  if (flags.expect !== undefined && flags.expect !== version) {
    const serves =
      active === null
        ? "nothing is published"
        : "problem" in active
          ? `what is published can't be read (${active.problem})`
          : `version ${version} is published`;
    throw new Conflict(`${serves}, and --expect says ${flags.expect}: nothing was changed`);
  }
  return { namespace, signer, text, active };
}

async function change(flags: ChangeFlags, there: There, { input, stored, baselines, note }: Wanted): Promise<void> {
  const { namespace, signer, active, text: before } = there;
  const asks = baselines.flatMap((baseline) => compared(baseline, input, baselines.length > 1));
  const lacks = await lacksOf(stored, active !== null && "table" in active ? active.table : null, flags);
  const refusal = lacks ?? (await consentTo(asks, flags, `Publish in ${namespace.title}`));
  if (refusal !== null) {
    tell(refusal);
    process.exitCode = lacks === null ? REFUSED : 1;
    return;
  }
  const version = await nextVersion(active, namespace);
  const { hash, bytes, parts } = stored.signed;
  const shards = parts === undefined ? "" : ` in ${parts.shards.length} shards`;
  const name = `version ${version}, table ${hash.slice(0, 12)}, ${bytes} bytes${shards}`;
  const publishedAt = new Date().toISOString();
  const replaces = active !== null && "table" in active ? historyName(active.publication) : "";
  const publication: Publication = { ...stored.signed, version, replaces, publishedAt, ...note };
  if (flags.dryRun) {
    tell(`would be ${name} in ${namespace.title}; nothing was published`);
    await tellRemovable(namespace, publication, flags);
    return;
  }
  const settle = flags.local ? 0 : flags.settle;
  const announced = await announce(namespace, signer, publication, { values: stored.values, before, settle });
  const { serves, strangers, wrote } = announced;
  if (strangers.length > 0 || !wrote || serves === null) throw new Conflict(conflictText(publication, announced));
  if (serves.version !== version) tell(`note: ${publishedText(serves)} in its place since`);
  tell(`published in ${namespace.title}: ${name}; edges serve it within ${BOUND}`);
  // Where another one came in its place since, that one's publisher does it.
  if (isSame(serves, publication)) await prune(namespace, publication, flags);
  await waitIfAsked(flags, version);
}

async function waitIfAsked(flags: ChangeFlags, version: number): Promise<void> {
  if (!flags.wait || flags.url === undefined) return;
  const problem = await waitForEdge(flags.url, flags.token, version);
  tell(problem ?? `${flags.url} serves version ${version}`);
  if (problem !== null) process.exitCode = 1;
}

/** Prints what changes against a baseline, and gives what of it has to be allowed. */
function compared({ title, side }: Baseline, input: DiffInput, isOneOfMany: boolean): AskedAbout[] {
  const found = typeof side === "string" ? null : diff(side, input);
  if (isOneOfMany) print(`against ${title}:`);
  print(found === null ? `${side}` : formatDiff(found, paintOf(process.stdout)));
  return asksOf(found, WEAKENING);
}

/** Of a dry run: which versions a publication would remove, if it came now. */
async function tellRemovable(namespace: TableNamespace, next: Publication, { keep }: ChangeFlags): Promise<void> {
  try {
    const [listed, values] = [await namespace.history(), await namespace.tables()];
    const history = [{ ...next, name: historyName(next) }, ...listed];
    const versions = versionsOf(removable({ history, values }, next, keep, Date.now()));
    if (versions !== "") tell(`would be removed by --keep ${keep}: version ${versions}`);
  } catch (error) {
    tell(`note: what --keep would remove can't be told: ${messageOf(error)}`);
  }
}

function versionsOf({ entries }: Removable): string {
  return entries
    .map(({ version }) => version)
    .toReversed()
    .join(", ");
}

/** Takes away what nobody needs any more, and says of which versions. What was published is, whether that works or not. */
async function prune(namespace: TableNamespace, active: Publication, { keep }: ChangeFlags): Promise<void> {
  try {
    const [history, values] = [await namespace.history(), await namespace.tables()];
    const old = removable({ history, values }, active, keep, Date.now());
    // Without its entry nobody goes back to a table that is half gone.
    if (old.entries.length > 0) await namespace.remove(old.entries.map(({ name }) => name));
    if (old.values.length > 0) await namespace.remove(old.values);
    const versions = versionsOf(old);
    if (versions !== "") tell(`removed by --keep ${keep}, and no longer there for a rollback: version ${versions}`);
  } catch (error) {
    tell(`note: old versions could not be removed, and the next publish tries again: ${messageOf(error)}`);
  }
}

/** Who published what beside this one, what serves of both, and how to go on. */
function conflictText(own: Publication, { serves, strangers, wrote }: Announced): string {
  const others = strangers.map(publishedText).join(", ") || "something else was published";
  const again = "Run the same command again, and it is compared with what serves";
  if (!wrote) return `${others} meanwhile: nothing was changed. ${again}`;
  if (serves === null)
    return `${others} meanwhile, and nobody knows what serves: see \`edge-ingress history\`. ${again}`;
  return isSame(serves, own)
    ? `${others} at the same time: yours serves (version ${own.version}), and that is lost. Whoever wants it publishes it again`
    : `${others} at the same time: that serves, and yours is lost. ${again}`;
}

function isSame(a: Publication, b: Publication): boolean {
  return a.version === b.version && a.hash === b.hash;
}

function publishedText({ version, by, publishedAt }: Publication): string {
  return printable(`version ${version} was published${by === "" ? "" : ` by ${by}`} (${publishedAt})`);
}

function newKey(file: string): void {
  const publicKey = makeSigningKey(file);
  tell(
    `the private key is in ${file}: who has it decides where all requests go; the worker gets ${TABLE_KEYS}, the public one:`,
  );
  process.stdout.write(`${publicKey}\n`);
}

/** Null where the manifests have errors, which are printed. */
function tableOf(
  directory: string | undefined,
  flags: PublishFlags,
  platform: "workerd" | "cloudflare",
): DiffInput | null {
  const { filename } = flags;
  if ((directory === undefined) === (filename === undefined)) {
    throw new UsageError("give manifests with -f, or the directory of a built table");
  }
  if (filename === undefined) return readBuiltTable(directory as string);
  const { output, diagnostics, files } = compile(filename, compileOptions({ ...flags, filename }, platform));
  printDiagnostics(diagnostics, files);
  return output;
}

/**
 * What serves, and what somebody says that serves. That does not stand for an active version that can be read: it may be
 * of before somebody's rollback or hotfix, which would be lost without a word.
 */
function baselinesOf(active: There["active"], against: DiffInput | null): readonly Baseline[] {
  const own = { title: "what is active", side: baselineOf(active) };
  if (against === null) return [own];
  const said = { title: "--against", side: against };
  if (active === null || "problem" in active) return [said];
  const isActive = hashOf(against.table) === active.publication.hash;
  return isActive ? [said] : [{ ...own, title: `version ${active.publication.version}, which is active` }, said];
}

/** What serves, or a sentence why that is not known. */
function baselineOf(active: There["active"]): DiffInput | string {
  if (active !== null && "table" in active) return diffInputOf(active);
  const why =
    active === null ? "nothing is published yet" : `what is published can't be compared with: ${active.problem}`;
  return `${why}, so nobody can tell which guards go: say what serves now with --against, manifests or a built table`;
}

async function nextVersion(active: There["active"], namespace: TableNamespace): Promise<number> {
  const [last] = await namespace.history();
  const known = active !== null && "table" in active ? active.publication.version : 0;
  return Math.max(last?.version ?? 0, known) + 1;
}
