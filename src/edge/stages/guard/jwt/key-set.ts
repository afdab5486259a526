import type { JSONWebKeySet, JWK } from "jose";
import { createLocalJWKSet } from "jose/jwks/local";

/** Finds the key of a token among those of an issuer, by its `kid` and algorithm; imported keys are kept. */
export type KeySet = ReturnType<typeof createLocalJWKSet>;

/** Bytes of a set that is fetched. */
const MOST_BYTES = 128 * 1024;
const MOST_KEYS = 100;

/** Milliseconds until a fetch is given up. */
export const FETCH_PATIENCE = 5_000;

/** What a public key of these types is made of (RFC 7518 §6, RFC 8037 §2): nothing else is taken from a set. */
const PUBLIC_MEMBERS = ["kty", "kid", "alg", "use", "crv", "x", "y", "n", "e"] as const;
const KEY_TYPES: readonly unknown[] = ["RSA", "EC", "OKP"];

/** Keys as they stand in a table. Throws where they are none. */
export function keySetOf(keys: readonly string[]): KeySet {
  return createLocalJWKSet({ keys: keys.map((key) => JSON.parse(key) as JWK) });
}

/** Throws where the answer is no key set. Redirects are not followed: whoever can answer there names our keys. */
export async function fetchKeySet(uri: string): Promise<KeySet> {
  const response = await fetch(uri, {
    redirect: "manual",
    cache: "no-store",
    headers: { accept: "application/jwk-set+json, application/json", "user-agent": "edge-ingress" },
    signal: AbortSignal.timeout(FETCH_PATIENCE),
  });
  if (response.status !== 200 || response.body === null) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  return createLocalJWKSet(publicKeysOf(JSON.parse(await readAtMost(response.body))));
}

function publicKeysOf(value: unknown): JSONWebKeySet {
  const keys = isObject(value) ? value.keys : null;
  if (!Array.isArray(keys) || keys.length > MOST_KEYS) throw new Error("no key set");
  return { keys: keys.filter(isObject).filter(isPublicKeyType).map(publicMembers) };
}

function isPublicKeyType({ kty }: Readonly<Record<string, unknown>>): boolean {
  return KEY_TYPES.includes(kty);
}

function publicMembers(key: Readonly<Record<string, unknown>>): JWK {
  const members = PUBLIC_MEMBERS.flatMap((name) => (typeof key[name] === "string" ? [[name, key[name]]] : []));
  return Object.fromEntries(members);
}

async function readAtMost(body: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let text = "";
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
