import { type ApiKeyRecord, hashOfKey, recordName } from "../../../../../src/table/api-keys.ts";

const BASE62 = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
let count = 0;

/** A key that nobody else has, with an id of its own. */
export function newKey(): { readonly id: string; readonly key: string } {
  const id = `${count++}`.padStart(12, "k");
  const random = crypto.getRandomValues(new Uint8Array(43));
  const secret = Array.from(random, (byte) => BASE62[byte % 62]).join("");
  return { id, key: `ei_${id}_${secret}` };
}

/** The record of a key that is right in every way but what is said otherwise. */
export async function recordOf(key: string, more: Partial<ApiKeyRecord> = {}): Promise<ApiKeyRecord> {
  const times = { createdAt: "2026-01-01T00:00:00.000Z", expiresAt: null, revokedAt: null };
  return { hash: await hashOfKey(key), owner: "acme", scopes: ["orders:read"], plan: "gold", ...times, ...more };
}

/** What `edge-ingress keys` writes. */
export async function store(namespace: KVNamespace, id: string, record: unknown): Promise<void> {
  await namespace.put(recordName(id), typeof record === "string" ? record : JSON.stringify(record));
}
