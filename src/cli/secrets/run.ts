import { createHash, timingSafeEqual } from "node:crypto";
import { compile, type UsedSecret } from "../../compiler/index.ts";
import { compileOptions, type InputFlags } from "../input-options.ts";
import type { NamespaceFlags } from "../kv-flags.ts";
import { printDiagnostics, UsageError } from "../output.ts";
import { KvStore } from "./kv-store.ts";
import type { Inventory, SecretStore } from "./store.ts";
import { type WorkerFlags, WorkerStore } from "./worker-store.ts";

export interface ListFlags {
  readonly format: "text" | "json";
}

export interface SyncFlags extends NamespaceFlags, WorkerFlags {
  readonly kv: boolean;
  readonly worker: boolean;
  readonly dryRun: boolean;
}

/** Prints which Secrets the routes need, under which names the edge looks for them, and whether they are given. */
export function listSecrets({ format, ...flags }: InputFlags & ListFlags): void {
  const secrets = secretsOf(flags);
  if (secrets === null) return;
  const described = secrets.map(({ name, binding, keys, neededBy, isGiven }) => ({
    name,
    binding,
    keys,
    neededBy,
    given: isGiven,
  }));
  if (format === "json") process.stdout.write(`${JSON.stringify(described, null, 2)}\n`);
  else if (described.length === 0) say("no route needs a Secret");
  else process.stdout.write(described.map((each) => `${textOf(each)}\n`).join(""));
}

/** Puts the Secrets that the routes need to the edge, as far as they are not there. */
export async function syncSecrets(flags: InputFlags & SyncFlags): Promise<void> {
  if (flags.kv && flags.worker) throw new UsageError("give one of --kv and --worker");
  const store = flags.worker ? workerStore(flags) : new KvStore(flags);
  const secrets = secretsOf(flags);
  if (secrets === null) return;
  checkSizes(secrets, store);
  const inventory = await store.look(secrets.map((secret) => store.nameOf(secret)));
  const states = secrets.map((secret) => ({ secret, state: stateOf(secret, store, inventory) }));
  const texts = new Map(
    states.flatMap(({ secret, state }): [string, string][] => {
      const text = isToPut(state) ? secret.payload() : null;
      return text === null ? [] : [[store.nameOf(secret), text]];
    }),
  );
  if (texts.size > 0 && !flags.dryRun) await store.put(texts);
  for (const { secret, state } of states) process.stdout.write(`${secret.name}\t${wordsFor(state, flags.dryRun)}\n`);
  for (const name of inventory.others) process.stdout.write(`${name}\tunused: ${store.removal(name)}\n`);
  const lacking = states.filter(({ state }) => state === "absent" || (flags.dryRun && isToPut(state)));
  say(summary(texts.size, lacking.length, store, flags.dryRun));
  const hidden = flags.worker || flags.local ? [] : await hiddenBy(secrets, flags);
  for (const binding of hidden) {
    say(`the Worker secret ${binding} comes before KV: remove it with \`${new WorkerStore(flags).removal(binding)}\``);
  }
  if (lacking.length + hidden.length > 0) process.exitCode = 1;
}

/** Null where the manifests have errors, which are printed then. */
function secretsOf(flags: InputFlags): readonly UsedSecret[] | null {
  const { output, diagnostics, files } = compile(flags.filename, compileOptions(flags, "cloudflare"));
  // Of what is not about Secrets the compile itself speaks.
  printDiagnostics(output === null ? diagnostics : diagnostics.filter(({ code }) => code.startsWith("EI7")), files);
  if (output === null) process.exitCode = 1;
  return output?.secrets ?? null;
}

function workerStore(flags: SyncFlags): WorkerStore {
  if (flags.local) throw new UsageError("--local is for KV: `dev` binds the Secrets that are among its manifests");
  if (flags.binding !== undefined || flags.namespaceId !== undefined) {
    throw new UsageError("--binding and --namespace-id are for KV");
  }
  return new WorkerStore(flags);
}

function checkSizes(secrets: readonly UsedSecret[], store: SecretStore): void {
  for (const { name, payload } of secrets) {
    const bytes = Buffer.byteLength(payload() ?? "");
    if (bytes <= store.mostBytes) continue;
    throw new UsageError(`Secret ${name} takes ${bytes} bytes, and ${store.title} take ${store.mostBytes}: use --kv`);
  }
}

/**
 * `absent`: neither at the edge nor among the manifests. `unseen`: at the edge, and what it is can't be read or can't be
 * compared.
 */
type State = "same" | "missing" | "stale" | "absent" | "unseen" | "kept";

function stateOf(secret: UsedSecret, store: SecretStore, { held }: Inventory): State {
  const there = held.get(store.nameOf(secret));
  const text = secret.payload();
  if (text === null) return there === undefined ? "absent" : "kept";
  if (there === undefined) return "missing";
  if (there === null) return "unseen";
  return isEqual(there, text) ? "same" : "stale";
}

function isToPut(state: State): boolean {
  return state === "missing" || state === "stale" || state === "unseen";
}

function wordsFor(state: State, isDry: boolean): string {
  switch (state) {
    case "same":
      return "up to date";
    case "missing":
      return isDry ? "missing" : "was missing: put";
    case "stale":
      return isDry ? "stale" : "was stale: put";
    case "unseen":
      return isDry ? "there, and can't be compared" : "there: put again";
    case "absent":
      return "missing, and not among the manifests";
    case "kept":
      return "there, and not among the manifests";
  }
}

function summary(count: number, lacking: number, store: SecretStore, isDry: boolean): string {
  const put = isDry ? `${count} would be put` : `${count} put`;
  return `${put} to ${store.title}${lacking === 0 || isDry ? "" : `; ${lacking} missing: their routes are answered 503`}`;
}

/** Worker secrets that the edge reads in the place of what is in KV. */
async function hiddenBy(secrets: readonly UsedSecret[], flags: SyncFlags): Promise<readonly string[]> {
  if (secrets.length === 0) return [];
  try {
    const { held } = await new WorkerStore(flags).look(secrets.map(({ binding }) => binding));
    return [...held.keys()];
  } catch (error) {
    if (!(error instanceof UsageError)) throw error;
    say("could not look whether Worker secrets come before what is in KV (wrangler secret list)");
    return [];
  }
}

/** Of hashes, so that nothing of the one is told by how long the other is compared. */
function isEqual(a: string, b: string): boolean {
  const hash = (text: string) => createHash("sha256").update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}

interface Described {
  readonly name: string;
  readonly binding: string;
  readonly keys: readonly string[] | null;
  readonly neededBy: readonly string[];
  readonly given: boolean;
}

function textOf({ name, binding, keys, neededBy, given }: Described): string {
  const which = keys === null ? "all keys" : keys.join(", ");
  return [name, which, binding, given ? "given" : "not given", neededBy.join(", ")].join("\t");
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
