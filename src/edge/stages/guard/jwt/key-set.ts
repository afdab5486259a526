import type { JSONWebKeySet, JWK } from "jose";
import { createLocalJWKSet } from "jose/jwks/local";
import { fetchJson, isObject, type JsonObject } from "../fetch-json.ts";

/** Finds the key of a token among those of an issuer, by its `kid` and algorithm; imported keys are kept. */
export type KeySet = ReturnType<typeof createLocalJWKSet>;

const MOST_KEYS = 100;

/** What a public key of these types is made of (RFC 7518 §6, RFC 8037 §2): nothing else is taken from a set. */
const PUBLIC_MEMBERS = ["kty", "kid", "alg", "use", "crv", "x", "y", "n", "e"] as const;
const KEY_TYPES: readonly unknown[] = ["RSA", "EC", "OKP"];

/** Keys as they stand in a table. Throws where they are none. */
export function keySetOf(keys: readonly string[]): KeySet {
  return createLocalJWKSet({ keys: keys.map((key) => JSON.parse(key) as JWK) });
}

/** Throws where the answer is no key set. */
export async function fetchKeySet(uri: string): Promise<KeySet> {
  const accept = "application/jwk-set+json, application/json";
  return createLocalJWKSet(publicKeysOf((await fetchJson(uri, { headers: { accept } })).value));
}

function publicKeysOf(value: unknown): JSONWebKeySet {
  const keys = isObject(value) ? value.keys : null;
  if (!Array.isArray(keys) || keys.length > MOST_KEYS) throw new Error("no key set");
  return { keys: keys.filter(isObject).filter(isPublicKeyType).map(publicMembers) };
}

function isPublicKeyType({ kty }: JsonObject): boolean {
  return KEY_TYPES.includes(kty);
}

function publicMembers(key: JsonObject): JWK {
  const members = PUBLIC_MEMBERS.flatMap((name) => (typeof key[name] === "string" ? [[name, key[name]]] : []));
  return Object.fromEntries(members);
}
