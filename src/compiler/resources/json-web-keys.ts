import { createPublicKey, type JsonWebKey } from "node:crypto";
import * as z from "zod";
import type { JwtAlgorithm } from "../../table/policies/jwt.ts";
import type { ValuePath } from "../sources/document.ts";
import { isMapping, type Report, reportTo } from "./schema.ts";

/** What makes a key secret (RFC 7518, 6.2.2, 6.3.2, 6.4.1; RFC 8037, 2). */
const SECRET_MEMBERS = ["d", "p", "q", "dp", "dq", "qi", "oth", "k", "priv"];

/** What a public key of each type is made of, besides `kid`, `alg` and `use`. */
const MEMBERS: ReadonlyMap<unknown, readonly string[]> = new Map([
  ["RSA", ["n", "e"]],
  ["EC", ["crv", "x", "y"]],
  ["OKP", ["crv", "x"]],
]);

/** The curves of keys that sign, by their names in a key, and the algorithm of each. */
const CURVES: ReadonlyMap<unknown, readonly JwtAlgorithm[]> = new Map<string, readonly JwtAlgorithm[]>([
  ["P-256", ["ES256"]],
  ["P-384", ["ES384"]],
  ["P-521", ["ES512"]],
  ["Ed25519", ["EdDSA", "Ed25519"]],
]);

const RSA: readonly JwtAlgorithm[] = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512"];

/**
 * `jwks.inline`: a JSON Web Key Set of public keys, as JSON in the form of the table. No message shows a value: it may be
 * a private key that somebody took for a public one.
 */
export const keySet = z.unknown().transform((value, context): readonly string[] => {
  const report = reportTo(context);
  const keys = isMapping(value) ? value.keys : undefined;
  if (!Array.isArray(keys) || keys.length === 0) {
    report({ code: "EI1272", message: "it must be a JSON Web Key Set, `{ keys: [ … ] }`, with at least one key" });
    return z.NEVER;
  }
  const read = keys.map((key: unknown, index) => readKey(key, ["keys", index], report));
  const good = read.filter((key) => key !== null);
  const kids = good.map(({ kid }) => kid);
  for (const [index, kid] of kids.entries()) {
    if (kids.indexOf(kid) === index) continue;
    const what = kid === undefined ? "have no kid, so no token can say which it means" : "have the same kid";
    report({ code: "EI1272", message: `two keys ${what}`, path: ["keys", index] });
  }
  return good.map((key) => JSON.stringify(key));
});

/** Algorithms that a key of the table can be used with. */
export function algorithmsOf(key: string): readonly JwtAlgorithm[] {
  const { kty, crv, alg } = JSON.parse(key) as JsonWebKey;
  const fitting = kty === "RSA" ? RSA : (CURVES.get(crv) ?? []);
  return alg === undefined ? fitting : fitting.filter((algorithm) => algorithm === alg);
}

function readKey(key: unknown, path: ValuePath, report: Report): JsonWebKey | null {
  const wrong = (message: string, member?: string) => {
    report({ code: "EI1272", message, path: member === undefined ? path : [...path, member] });
    return null;
  };
  if (!isMapping(key)) return wrong("a key must be an object");
  const secret = SECRET_MEMBERS.find((member) => member in key);
  if (secret !== undefined || key.kty === "oct") {
    const why = secret === undefined ? "its kty is oct" : `it has ${secret}`;
    report({ code: "EI1271", message: `the key is not public: ${why}`, path });
    return null;
  }
  const members = MEMBERS.get(key.kty);
  if (members === undefined) return wrong("the kty of a key must be RSA, EC or OKP", "kty");
  const optional = ["kid", "alg", "use"].filter((member) => key[member] !== undefined);
  const bad = [...members, ...optional].find((member) => typeof key[member] !== "string" || key[member] === "");
  if (bad !== undefined) return wrong(`${bad} of a key must be a text`);
  if (key.use !== undefined && key.use !== "sig") return wrong("the use of a key must be sig", "use");
  if (key.kty !== "RSA" && !CURVES.has(key.crv)) {
    return wrong(`the crv of a key must be ${key.kty === "EC" ? "P-256, P-384 or P-521" : "Ed25519"}`, "crv");
  }
  const names = ["kty", ...optional, ...members];
  const clean = Object.fromEntries(names.map((name) => [name, key[name]])) as JsonWebKey;
  const reason = unusable(clean);
  if (reason !== null) return wrong(reason);
  if (algorithmsOf(JSON.stringify(clean)).length === 0) return wrong("the alg of a key must fit its type", "alg");
  return clean;
}

function unusable(key: JsonWebKey): string | null {
  try {
    const { asymmetricKeyDetails } = createPublicKey({ key, format: "jwk" });
    const bits = asymmetricKeyDetails?.modulusLength;
    return bits === undefined || bits >= 2048 ? null : `an RSA key must have 2048 bits, not ${bits}`;
  } catch {
    return "its members are no key of that type";
  }
}
