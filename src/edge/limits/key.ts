import { parseAddress } from "../../table/address.ts";
import type { KeyPart, RateLimitTerms } from "../../table/policies/rate-limit.ts";
import { cookiesNamed } from "../cookies.ts";
import { claimAt } from "../stages/guard/jwt/claims.ts";
import type { Visit } from "../stages/visit.ts";
import { hashText } from "../upstream/hash.ts";

/** What stands for a part that a request does not have: all of these share a bucket, so that nobody gets out of it. */
export const ABSENT = "-";

/** Longer values are told apart by a digest. */
const LONGEST = 96;

/** Names of headers and cookies whose values are secrets, or may be: their values stand nowhere. */
const SECRET = /auth|token|key|session|secret|passw|sid/i;

type Asked = Pick<Visit, "request" | "target" | "client" | "identities">;

/** The bucket of a limit that a request belongs to; empty where there is one for all. */
export function keyOf({ key, ipv6Prefix }: Pick<RateLimitTerms, "key" | "ipv6Prefix">, visit: Asked): string {
  if (key.length === 1) return textOf(key[0] as KeyPart, visit, ipv6Prefix);
  let text = "";
  for (const part of key) {
    const value = textOf(part, visit, ipv6Prefix).replace(/[%|]/g, (sign) => (sign === "%" ? "%25" : "%7C"));
    text += text === "" ? value : `|${value}`;
  }
  return text;
}

function textOf({ by, name }: KeyPart, visit: Asked, ipv6Prefix: number): string {
  const { request, target, identities } = visit;
  switch (by) {
    case "clientAddress":
      return addressText(visit.client.address, ipv6Prefix);
    case "header":
      return shown(name, request.headers.get(name) ?? "");
    case "cookie":
      return shown("session", cookiesNamed(request.headers, name).join(","));
    case "claim":
      return shown("", claimText(visit, name));
    case "apiKey":
      return shown("", scalarText(identities.find((one) => one.by === "apiKey")?.claims.id));
    case "apiKeyOwner":
      return shown("", identities.find((one) => one.by === "apiKey")?.subject ?? "");
    case "path":
      return shown("", target.path);
    case "host":
      return target.host;
    case "method":
      return request.method;
    case "country":
      return countryOf(visit);
  }
}

/** An IPv4 address as it is; of an IPv6 address the first bits, for a client has at least a /64 of its own. */
export function addressText(address: string | null, ipv6Prefix: number): string {
  if (address === null) return ABSENT;
  if (!address.includes(":")) return address.trim();
  const bytes = parseAddress(address.trim());
  if (bytes === null) return ABSENT;
  if (bytes.length === 4) return bytes.join(".");
  let text = "";
  for (let at = 0; at < 16 && at * 8 < ipv6Prefix; at += 2) {
    const bits = ipv6Prefix - at * 8;
    const word = ((bytes[at] as number) << 8) | (bytes[at + 1] as number);
    text += `${at === 0 ? "" : ":"}${(bits >= 16 ? word : word & (0xffff << (16 - bits))).toString(16)}`;
  }
  return ipv6Prefix > 112 ? text : `${text}::/${ipv6Prefix}`;
}

function claimText({ identities }: Asked, name: string): string {
  for (const { by, claims } of identities) {
    const value = by === "jwt" || by === "oidc" ? scalarText(claimAt(claims, name)) : "";
    if (value !== "") return value;
  }
  return "";
}

function scalarText(value: unknown): string {
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean" ? String(value) : "";
}

function countryOf({ client, request }: Asked): string {
  const { country } = (client.isPeer ? (request.cf ?? {}) : {}) as { readonly country?: unknown };
  return typeof country === "string" && /^[A-Z][A-Z0-9]$/.test(country) ? country : ABSENT;
}

function shown(name: string, value: string): string {
  if (value === "") return ABSENT;
  if (value.length <= LONGEST && !SECRET.test(name) && /^[!-~]+$/.test(value)) return value;
  // 64 bits that say nothing of the value; who finds two with the same ones shares a bucket with himself.
  return `#${hashText(value).toString(36)}${hashText(`${value.length} ${value}`).toString(36)}`;
}
