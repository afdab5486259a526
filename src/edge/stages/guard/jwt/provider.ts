import type { JWTPayload } from "jose";
import { decode } from "jose/base64url";
import { JOSEError, JWKSMultipleMatchingKeys, JWKSNoMatchingKey, JWTClaimValidationFailed } from "jose/errors";
import { type JWTVerifyGetKey, type JWTVerifyOptions, jwtVerify } from "jose/jwt/verify";
import type { JwtProvider } from "../../../../table/policies/jwt.ts";
import type { Claims } from "./claims.ts";
import type { KeySet } from "./key-set.ts";
import { type Keys, keysOf } from "./keys.ts";
import { parseStrictly } from "./strict-json.ts";
import { VerifiedTokens } from "./verified-tokens.ts";

/** What a provider says of a token. `reason` is for the log, in the words of the code alone. */
export type Opinion =
  | { readonly valid: true; readonly claims: Claims }
  | { readonly valid: false; readonly reason: string; readonly isUndecided?: true };

/** Characters of a token: more than any that fits a cookie, less than what a client may have us hash. */
export const LONGEST_TOKEN = 8 * 1024;

/** Keys that are tried for a token that does not say by which it is signed. */
const MOST_TRIED = 4;

const COMPACT = /^[\w-]+\.[\w-]+\.[\w-]+$/;

const UNKNOWN_KEY = "unknown key";

/** Checks the tokens of one issuer. What stands in a token leads to no key: `jku`, `x5u`, `jwk` and `x5c` are not read. */
export class Provider {
  readonly settings: JwtProvider;
  readonly #keys: Keys;
  readonly #options: JWTVerifyOptions;
  readonly #verified = new VerifiedTokens();

  constructor(settings: JwtProvider) {
    this.settings = settings;
    this.#keys = keysOf(settings);
    this.#options = {
      issuer: settings.issuer,
      algorithms: [...settings.algorithms],
      clockTolerance: settings.clockSkew,
      requiredClaims: ["exp"],
      ...(settings.audiences.length > 0 && { audience: [...settings.audiences] }),
    };
  }

  async judge(token: string, waitUntil: (promise: Promise<unknown>) => void): Promise<Opinion> {
    if (token.length > LONGEST_TOKEN) return invalid("too long");
    if (!COMPACT.test(token)) return invalid("not a signed token");
    const digest = await VerifiedTokens.digest(token);
    const known = this.#verified.get(digest);
    if (known !== null) return { valid: true, claims: known };
    const claims = unverifiedClaims(token);
    if (claims === null) return invalid("not readable");
    if (claims.iss !== this.settings.issuer) return invalid("another issuer");
    const keys = await this.#keys.current(waitUntil);
    if (keys === null) return { valid: false, reason: "no keys to check with", isUndecided: true };
    let opinion = await this.#verify(token, keys);
    if (!opinion.valid && opinion.reason === UNKNOWN_KEY) {
      const newer = await this.#keys.newer(waitUntil);
      if (newer !== null) opinion = await this.#verify(token, newer);
    }
    if (opinion.valid) this.#verified.add(digest, opinion.claims, this.settings.clockSkew);
    return opinion;
  }

  async #verify(token: string, keys: KeySet): Promise<Opinion> {
    try {
      const { payload } = await jwtVerify(token, keys, this.#options);
      return this.#accepted(payload);
    } catch (error) {
      return error instanceof JWKSMultipleMatchingKeys ? this.#verifyWithEach(token, error) : refused(error);
    }
  }

  async #verifyWithEach(token: string, keys: JWKSMultipleMatchingKeys): Promise<Opinion> {
    let last: Opinion = invalid(UNKNOWN_KEY);
    let tried = 0;
    for await (const key of keys) {
      if (++tried > MOST_TRIED) break;
      last = await this.#verify(token, (async () => key) as JWTVerifyGetKey as KeySet);
      if (last.valid) break;
    }
    return last;
  }

  /** What jose leaves open: numbers such as 1e999, tokens from the future, subjects that are no text. */
  #accepted(claims: JWTPayload): Opinion {
    const { exp, nbf, iat, sub } = claims;
    if ([exp, nbf, iat].some((time) => time !== undefined && !Number.isFinite(time))) return invalid("a time is none");
    if (iat !== undefined && iat > Date.now() / 1000 + this.settings.clockSkew) return invalid("issued in the future");
    if (sub !== undefined && typeof sub !== "string") return invalid("sub is no text");
    return { valid: true, claims };
  }
}

/** What a token says of itself, strictly read; null where it can't be. */
function unverifiedClaims(token: string): Claims | null {
  const [header = "", payload = ""] = token.split(".");
  return objectIn(header) === null ? null : objectIn(payload);
}

function objectIn(part: string): Claims | null {
  try {
    const value = parseStrictly(new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(decode(part)));
    return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Claims) : null;
  } catch {
    return null;
  }
}

function invalid(reason: string): Opinion {
  return { valid: false, reason };
}

/** Throws what is no error of jose: WebCrypto throws others for keys that don't fit, and then nothing is verified. */
function refused(error: unknown): Opinion {
  if (error instanceof JWKSNoMatchingKey) return invalid(UNKNOWN_KEY);
  if (error instanceof JWTClaimValidationFailed) return invalid(`claim ${error.claim}`);
  return invalid(error instanceof JOSEError ? error.code : "a key that can't be used");
}
