import type { JwtProvider } from "../../../../table/policies/jwt.ts";
import { Fetched } from "../fetched.ts";
import { fetchKeySet, type KeySet, keySetOf } from "./key-set.ts";

/** The public keys of an issuer: those there are now, and newer ones for a token whose key is not among them. */
export type Keys = Pick<Fetched<KeySet>, "current" | "newer">;

const remote = new Map<string, Keys>();

/** Fetched keys are shared by all rules that name the URL. */
export function keysOf({ jwks }: Pick<JwtProvider, "jwks">): Keys {
  if (jwks.uri === "") return writtenKeys(jwks.keys);
  const known = remote.get(jwks.uri) ?? new Fetched("jwt", jwks.uri, fetchKeySet);
  remote.set(jwks.uri, known);
  return known;
}

function writtenKeys(keys: readonly string[]): Keys {
  const set = keySetOf(keys);
  return { current: async () => set, newer: async () => null };
}
