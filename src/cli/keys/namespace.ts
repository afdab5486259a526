import { writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  type ApiKeyRecord,
  type ApiKeyTerms,
  isApiKeyTerms,
  isKeyId,
  parseApiKeyRecord,
  RECORDS,
  recordName,
} from "../../table/api-keys.ts";
import { isPlan, isPlanName, PLANS, type Plan, parsePlan, planName } from "../../table/quota.ts";
import { kvFlags, type NamespaceFlags } from "../kv-flags.ts";
import { UsageError } from "../output.ts";
import { withTemporaryDirectory } from "../temporary.ts";
import { runWrangler } from "../wrangler.ts";

/** The binding of the edge's worker, and the id of the namespace of `dev`. */
export const KEYS_NAMESPACE = "EDGE_INGRESS_KEYS";

/** What a listing says of a key. */
export interface ListedKey extends ApiKeyTerms {
  readonly id: string;
}

export interface ListedPlan {
  readonly name: string;
  readonly plan: Plan;
}

/** Bytes that KV takes for the metadata of a name. */
const MOST_METADATA = 1024;

/** The keys in a KV namespace, by way of wrangler: it knows the account and its login. */
export class KeyNamespace {
  readonly #flags: readonly string[];
  /** For messages. */
  readonly name: string;

  constructor(flags: NamespaceFlags) {
    this.#flags = kvFlags(flags, "keys", KEYS_NAMESPACE);
    this.name = this.#flags.filter((flag) => !flag.startsWith("--")).join(" ");
  }

  /** Null where there is none of that id. */
  async read(id: string): Promise<ApiKeyRecord | null> {
    const value = (await this.#run("kv", "key", "get", recordName(id), "--text")).trim();
    // What wrangler prints, with exit code 0, for a name that does not exist.
    if (value === "Value not found" || value === "") return null;
    const record = parseApiKeyRecord(value);
    if (record === null) throw new UsageError(`what KV holds under ${recordName(id)} is no key`);
    return record;
  }

  /** All in one: either all are written, or wrangler has said why not. */
  async write(records: Readonly<Record<string, ApiKeyRecord>>): Promise<void> {
    const entries = Object.entries(records).map(([id, record]) => {
      const { hash: _, ...metadata } = record;
      if (Buffer.byteLength(JSON.stringify(metadata)) > MOST_METADATA) {
        throw new UsageError("owner, scopes and plan are too long together: KV takes 1,024 bytes");
      }
      return { key: recordName(id), value: JSON.stringify(record), metadata };
    });
    await withTemporaryDirectory("keys", async (directory) => {
      const file = join(directory, "keys.json");
      writeFileSync(file, JSON.stringify(entries), { mode: 0o600 });
      await this.#run("kv", "bulk", "put", file);
    });
  }

  /** In the order of their creation. */
  async list(): Promise<ListedKey[]> {
    const printed = await this.#run("kv", "key", "list", "--prefix", RECORDS);
    const entries: unknown = parsed(printed);
    if (!Array.isArray(entries)) throw new UsageError("wrangler kv key list printed something that is no list");
    const keys = entries.map(listedKey).filter((key) => key !== null);
    if (keys.length < entries.length) {
      process.stderr.write(`edge-ingress: ${entries.length - keys.length} entries are no keys of ours\n`);
    }
    return keys.sort((a, b) => Date.parse(a.createdAt) - Date.parse(b.createdAt) || (a.id < b.id ? -1 : 1));
  }

  /** Null where there is none of that name. */
  async readPlan(name: string): Promise<Plan | null> {
    const value = (await this.#run("kv", "key", "get", planName(name), "--text")).trim();
    if (value === "Value not found" || value === "") return null;
    const plan = parsePlan(value);
    if (plan === null) throw new UsageError(`what KV holds under ${planName(name)} is no plan: set it anew`);
    return plan;
  }

  async writePlan(name: string, plan: Plan): Promise<void> {
    const [value, metadata] = [JSON.stringify(plan), JSON.stringify(plan)];
    await this.#run("kv", "key", "put", planName(name), value, "--metadata", metadata);
  }

  async removePlan(name: string): Promise<void> {
    await this.#run("kv", "key", "delete", planName(name));
  }

  /** By name. */
  async listPlans(): Promise<ListedPlan[]> {
    const entries: unknown = parsed(await this.#run("kv", "key", "list", "--prefix", PLANS));
    if (!Array.isArray(entries)) throw new UsageError("wrangler kv key list printed something that is no list");
    const plans = entries.map(listedPlan).filter((plan) => plan !== null);
    if (plans.length < entries.length) {
      process.stderr.write(`edge-ingress: ${entries.length - plans.length} entries are no plans of ours\n`);
    }
    return plans.sort((a, b) => (a.name < b.name ? -1 : 1));
  }

  #run(...args: readonly string[]): Promise<string> {
    return runWrangler([...args, ...this.#flags]);
  }
}

function listedKey(entry: unknown): ListedKey | null {
  if (typeof entry !== "object" || entry === null) return null;
  const { name, metadata } = entry as { readonly name?: unknown; readonly metadata?: unknown };
  if (typeof name !== "string" || !name.startsWith(RECORDS) || !isApiKeyTerms(metadata)) return null;
  const id = name.slice(RECORDS.length);
  const { owner, scopes, plan, createdAt, expiresAt, revokedAt } = metadata;
  return isKeyId(id) ? { id, owner, scopes, plan, createdAt, expiresAt, revokedAt } : null;
}

function listedPlan(entry: unknown): ListedPlan | null {
  if (typeof entry !== "object" || entry === null) return null;
  const { name, metadata } = entry as { readonly name?: unknown; readonly metadata?: unknown };
  if (typeof name !== "string" || !isPlanName(name.slice(PLANS.length)) || !isPlan(metadata)) return null;
  return { name: name.slice(PLANS.length), plan: metadata };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
