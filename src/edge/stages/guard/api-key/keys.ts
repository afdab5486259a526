import { type ApiKeyRecord, hashOfKey, idOfKey, parseApiKeyRecord, recordName } from "../../../../table/api-keys.ts";
import { type Env, namespaceOf } from "../../../env.ts";
import { within } from "../../../health/patience.ts";
import { logUndecided } from "../../../observe/refusals.ts";
import { sameText } from "../same-text.ts";

/** Name of the KV namespace with the keys that `edge-ingress keys` makes. */
export const KEYS_BINDING = "EDGE_INGRESS_KEYS";

/** Milliseconds that an isolate believes what it read. */
export const BELIEVED_FOR = 30_000;

/**
 * Seconds that a location's own cache of KV does: with BELIEVED_FOR, the 90 s after which a revoked key opens nothing
 * any more (docs/auth.md).
 */
const CACHE_TTL = 60;

/** Milliseconds until KV counts as down. */
const PATIENCE = 2_000;

/** Keys that are remembered, and as many ids that do not exist: who guesses these does not push out the others. */
const MOST_REMEMBERED = 1_000;

/** What is known of a key. `reason` is for the log. */
export type Opinion =
  | { readonly valid: true; readonly id: string; readonly record: ApiKeyRecord }
  | { readonly valid: false; readonly reason: string; readonly id?: string; readonly isUndecided?: true };

/** The keys of a namespace as one isolate sees them. */
export class ApiKeys {
  readonly #records = new Records("key", recordName, parseApiKeyRecord);

  async judge(key: string, env: Env): Promise<Opinion> {
    const id = idOfKey(key);
    if (id === null) return { valid: false, reason: "no key" };
    const record = await this.#records.get(id, env);
    if (record === undefined) return { valid: false, id, reason: "keys can't be read", isUndecided: true };
    if (record === null) return { valid: false, id, reason: "unknown" };
    if (!sameText(await hashOfKey(key), record.hash)) return { valid: false, id, reason: "another secret" };
    if (record.revokedAt !== null) return { valid: false, id, reason: "revoked" };
    if (record.expiresAt !== null && Date.parse(record.expiresAt) <= Date.now()) {
      return { valid: false, id, reason: "expired" };
    }
    return { valid: true, id, record };
  }
}

/** What the namespace holds of one kind, as one isolate sees it. */
export class Records<Value> {
  readonly #known = new Remembered<Value>();
  readonly #unknown = new Remembered<null>();
  readonly #kind: string;
  readonly #nameOf: (id: string) => string;
  readonly #parse: (value: string) => Value | null;

  constructor(kind: string, nameOf: (id: string) => string, parse: (value: string) => Value | null) {
    this.#kind = kind;
    this.#nameOf = nameOf;
    this.#parse = parse;
  }

  /** Null for an id that does not exist; undefined where that can't be told. */
  async get(id: string, env: Env): Promise<Value | null | undefined> {
    const remembered = this.#known.get(id) ?? this.#unknown.get(id);
    if (remembered !== undefined) return remembered;
    try {
      const value = await read(this.#nameOf(id), env);
      if (value === null) return this.#unknown.add(id, null);
      const record = this.#parse(value);
      if (record === null) throw new Error(`the record of ${this.#kind} ${id} is damaged`);
      return this.#known.add(id, record);
    } catch (error) {
      logUndecided("api-key", KEYS_BINDING, error instanceof Error ? error.message : String(error));
      return undefined;
    }
  }
}

async function read(name: string, env: Env): Promise<string | null> {
  const namespace = namespaceOf(env, KEYS_BINDING);
  if (namespace === null) throw new Error("no such binding");
  const value: unknown = await within(PATIENCE, namespace.get(name, { type: "text", cacheTtl: CACHE_TTL }));
  if (value !== null && typeof value !== "string") throw new Error("no text");
  return value;
}

/** Values for BELIEVED_FOR; the oldest goes first. */
class Remembered<Value> {
  readonly #values = new Map<string, { readonly value: Value; readonly until: number }>();

  get(id: string): Value | undefined {
    const found = this.#values.get(id);
    if (found === undefined || Date.now() < found.until) return found?.value;
    this.#values.delete(id);
    return undefined;
  }

  add(id: string, value: Value): Value {
    if (this.#values.size >= MOST_REMEMBERED) {
      const oldest = this.#values.keys().next();
      if (!oldest.done) this.#values.delete(oldest.value);
    }
    this.#values.set(id, { value, until: Date.now() + BELIEVED_FOR });
    return value;
  }
}
