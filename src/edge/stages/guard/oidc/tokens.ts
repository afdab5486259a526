import { decode, encode } from "jose/base64url";
import { DEFAULT_JWT_PROVIDER } from "../../../../table/policies/jwt.ts";
import type { Oidc } from "../../../../table/policies/oidc.ts";
import { logUndecided } from "../../../observe/refusals.ts";
import { readSecret, reportSecret } from "../../../secrets.ts";
import type { Visit } from "../../visit.ts";
import { fetchJson, isObject, type JsonObject } from "../fetch-json.ts";
import type { Claims } from "../jwt/claims.ts";
import { Provider } from "../jwt/provider.ts";
import type { Discovery } from "./discovery.ts";
import { now } from "./places.ts";

/** What a token endpoint gave, checked. Times in seconds since the epoch. */
export interface Tokens {
  /** Of the ID token; null where none came, which is so with refreshes alone. */
  readonly claims: Claims | null;
  readonly access: string;
  readonly refresh: string | null;
  /** When they are to be refreshed, and when they end. */
  readonly refreshAt: number;
  readonly expires: number;
}

/** Why there are none: `refused` by the provider or by us, or nobody can tell now. `reason` is for the log. */
export interface NoTokens {
  readonly is: "refused" | "undecided";
  readonly reason: string;
}

/** Seconds before the end of tokens in which they are refreshed; of short ones it is the last quarter. */
const REFRESH_AHEAD = 60;

/** Seconds that tokens count of which nobody says how long. */
const USUAL_LIFETIME = 300;

/** Asks for tokens (RFC 6749 §4.1.3 and §6). `grant` is what is asked by. */
export async function askTokens(
  policy: Oidc,
  discovery: Discovery,
  grant: Readonly<Record<string, string>>,
  visit: Visit,
): Promise<Tokens | NoTokens> {
  const { secret: ref, key } = policy.clientSecret;
  const secret = (await readSecret(ref, visit))?.values.get(key)?.trim() ?? "";
  if (secret === "") {
    reportSecret(ref, "it has no client secret");
    return undecided("no client secret");
  }
  const answer = await post(policy, discovery, grant, secret);
  return "is" in answer ? answer : accepted(policy, discovery, answer.told, visit);
}

async function post(
  { issuer, clientId }: Oidc,
  { tokenEndpoint, secretIn }: Discovery,
  grant: Readonly<Record<string, string>>,
  secret: string,
): Promise<{ readonly told: JsonObject } | NoTokens> {
  const body = new URLSearchParams(grant);
  if (secretIn === "body") {
    body.set("client_id", clientId);
    body.set("client_secret", secret);
  }
  const authorization = `Basic ${btoa(`${formEncoded(clientId)}:${formEncoded(secret)}`)}`;
  const headers: Record<string, string> = secretIn === "header" ? { authorization } : {};
  try {
    const { status, value } = await fetchJson(tokenEndpoint, { method: "POST", body, headers }, [200, 400, 401, 403]);
    if (!isObject(value)) throw new Error("no object");
    if (status === 200) return { told: value };
    if (value.error === "invalid_grant") return refused("the provider refuses the grant");
    throw new Error(
      value.error === "invalid_client" ? "it does not know the client or its secret" : `status ${status}`,
    );
  } catch (error) {
    // The parser's own words quote what they stumbled over.
    const cause = error instanceof SyntaxError ? "no JSON" : error instanceof Error ? error.message : String(error);
    logUndecided("oidc", issuer, `token endpoint: ${cause}`);
    return undecided("no answer of the token endpoint");
  }
}

/** RFC 6749 §2.3.1: the form's encoding stands under that of Basic. */
function formEncoded(text: string): string {
  return new URLSearchParams({ "": text }).toString().slice(1);
}

async function accepted(
  policy: Oidc,
  discovery: Discovery,
  { access_token, id_token, refresh_token, expires_in, token_type, scope }: JsonObject,
  visit: Visit,
): Promise<Tokens | NoTokens> {
  if (typeof access_token !== "string" || access_token === "") return refused("no access token");
  if (typeof token_type !== "string" || token_type.toLowerCase() !== "bearer") return refused("no bearer token");
  let claims: Claims | null = null;
  if (id_token !== undefined) {
    const told = await idTokenClaims(policy, discovery, String(id_token), access_token, visit);
    if ("is" in told) return told;
    claims = typeof scope === "string" ? { scope, ...told.claims } : told.claims;
  }
  const lifetime = Number(expires_in);
  const end = Number(claims?.exp);
  const expires = lifetime > 0 ? now() + Math.floor(lifetime) : end > 0 ? end : now() + USUAL_LIFETIME;
  const refresh = policy.refreshToken && typeof refresh_token === "string" ? refresh_token : null;
  const refreshAt = expires - Math.min(REFRESH_AHEAD, (expires - now()) / 4);
  return { claims, access: access_token, refresh, refreshAt, expires };
}

const providers = new WeakMap<Oidc, { readonly uri: string; readonly provider: Provider }>();

function providerOf(policy: Oidc, { jwksUri }: Discovery): Provider {
  const known = providers.get(policy);
  if (known?.uri === jwksUri) return known.provider;
  const { issuer, clientId, algorithms, clockSkew } = policy;
  const provider = new Provider({
    ...DEFAULT_JWT_PROVIDER,
    name: issuer,
    issuer,
    audiences: [clientId],
    jwks: { uri: jwksUri, keys: [] },
    algorithms,
    clockSkew,
  });
  providers.set(policy, { uri: jwksUri, provider });
  return provider;
}

/** OpenID Connect Core 1.0 §3.1.3.7 and §3.1.3.8, but for the nonce, which only the login knows. */
async function idTokenClaims(
  policy: Oidc,
  discovery: Discovery,
  token: string,
  access: string,
  { waitUntil }: Visit,
): Promise<{ readonly claims: Claims } | NoTokens> {
  const opinion = await providerOf(policy, discovery).judge(token, waitUntil);
  if (!opinion.valid) {
    const reason = `ID token: ${opinion.reason}`;
    return opinion.isUndecided ? undecided(reason) : refused(reason);
  }
  const { claims } = opinion;
  const { aud, azp, sub, iat, at_hash } = claims;
  if (typeof sub !== "string" || sub === "" || iat === undefined) return refused("ID token: without sub or iat");
  if (azp === undefined ? Array.isArray(aud) && aud.length > 1 : azp !== policy.clientId)
    return refused("ID token: for another party");
  if (at_hash !== undefined && at_hash !== (await hashOf(access, token))) return refused("ID token: at_hash");
  return { claims };
}

/** `at_hash`: the left half of the hash that belongs to the algorithm; of EdDSA it is SHA-512. */
async function hashOf(access: string, token: string): Promise<string> {
  const { alg } = JSON.parse(new TextDecoder().decode(decode(token.split(".", 1)[0] as string))) as { alg: string };
  const bits = alg.endsWith("256") ? 256 : alg.endsWith("384") ? 384 : 512;
  const digest = await crypto.subtle.digest(`SHA-${bits}`, new TextEncoder().encode(access));
  return encode(new Uint8Array(digest, 0, bits / 16));
}

function refused(reason: string): NoTokens {
  return { is: "refused", reason };
}

function undecided(reason: string): NoTokens {
  return { is: "undecided", reason };
}
