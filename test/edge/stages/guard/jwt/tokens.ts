import { exportJWK, generateKeyPair, type JWK, SignJWT } from "jose";
import { DEFAULT_JWT_PROVIDER, type JwtAlgorithm, type JwtProvider } from "../../../../../src/table/policies/jwt.ts";
import type { RuleSketch } from "../../../../support/router.ts";
import { edgeOf } from "../../../edge-of.ts";

export const ISSUER = "https://issuer.test";
export const AUDIENCE = "shop-api";

/** A pair of keys and what a key set says of it. */
export interface Signer {
  readonly kid: string;
  readonly alg: string;
  readonly privateKey: CryptoKey;
  readonly publicJwk: JWK;
}

export async function signer(alg: JwtAlgorithm = "ES256", kid = "one"): Promise<Signer> {
  const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
  return { kid, alg, privateKey, publicJwk: { ...(await exportJWK(publicKey)), kid } };
}

/** Seconds since the epoch, so many away from now. */
export function inSeconds(count: number): number {
  return Math.floor(Date.now() / 1000) + count;
}

export interface TokenSketch {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
}

/** A token that is right in every way but what is said otherwise; undefined takes a claim away. */
export async function tokenOf(by: Signer, { claims = {}, header = {} }: TokenSketch = {}): Promise<string> {
  const usual = { iss: ISSUER, aud: AUDIENCE, sub: "alice", iat: inSeconds(0), exp: inSeconds(600) };
  const payload = JSON.parse(JSON.stringify({ ...usual, ...claims })) as Record<string, unknown>;
  return new SignJWT(payload).setProtectedHeader({ alg: by.alg, kid: by.kid, ...header }).sign(by.privateKey);
}

/** Any text signed as if it were a token: for claims and headers that no library writes. */
export async function signed(by: Signer, header: string, payload: string): Promise<string> {
  const input = `${base64url(header)}.${base64url(payload)}`;
  const algorithm = { name: "ECDSA", hash: "SHA-256" };
  const signature = await crypto.subtle.sign(algorithm, by.privateKey, new TextEncoder().encode(input));
  return `${input}.${base64url(new Uint8Array(signature))}`;
}

export function base64url(data: string | Uint8Array): string {
  const bytes = typeof data === "string" ? new TextEncoder().encode(data) : data;
  return btoa(String.fromCharCode(...bytes))
    .replaceAll("+", "-")
    .replaceAll("/", "_")
    .replaceAll("=", "");
}

/** A provider that knows the keys of these signers. */
export function providerOf(signers: readonly Signer[], more: Partial<JwtProvider> = {}): JwtProvider {
  const keys = signers.map(({ publicJwk }) => JSON.stringify(publicJwk));
  const usual = { name: "main", issuer: ISSUER, audiences: [AUDIENCE], jwks: { uri: "", keys } };
  return { ...DEFAULT_JWT_PROVIDER, ...usual, ...more };
}

export interface Asked {
  readonly status: number;
  readonly challenge: string | null;
  /** What the cluster got; null where it was not asked. */
  readonly seen: { readonly url: string; readonly headers: Headers } | null;
}

/** An edge with one rule behind these providers, and what comes of a request to it. */
export function guardedBy(providers: readonly JwtProvider[], policies: RuleSketch["policies"] = {}) {
  const identityHeaders = providers.flatMap(({ claimsToHeaders }) => claimsToHeaders.map(({ header }) => header));
  const rule: RuleSketch = {
    hostname: "shop.test",
    path: "/",
    service: "shop",
    policies: { jwt: { providers: [...providers] }, identityHeaders, ...policies },
  };
  let seen: Asked["seen"] = null;
  const answer = ({ url, headers }: Request) => {
    seen = { url, headers: new Headers(headers) };
    return new Response("ok");
  };
  const edge = edgeOf({ rules: [rule] }, { only: answer });
  return async (init: { headers?: HeadersInit; path?: string } = {}): Promise<Asked> => {
    seen = null;
    const response = await edge(`http://shop.test${init.path ?? "/"}`, { headers: init.headers ?? {} });
    await response.body?.cancel();
    return { status: response.status, challenge: response.headers.get("www-authenticate"), seen };
  };
}

export function bearer(token: string): { headers: { authorization: string } } {
  return { headers: { authorization: `Bearer ${token}` } };
}
