import type { Access, AddressRanges } from "../../table/policies/access.ts";
import type { ApiKey } from "../../table/policies/api-key.ts";
import type { BandwidthLimit } from "../../table/policies/bandwidth-limit.ts";
import type { BasicAuth } from "../../table/policies/basic-auth.ts";
import type { ClientCertificate } from "../../table/policies/client-certificate.ts";
import type { ConcurrencyLimit, ConcurrencyTerms } from "../../table/policies/concurrency-limit.ts";
import type { Jwt } from "../../table/policies/jwt.ts";
import type { RateLimit, RateLimitTerms } from "../../table/policies/rate-limit.ts";
import type { RequestBody } from "../../table/policies/request-body.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";

type Comparison<Value> = (was: Value, is: Value, satisfy: RulePolicies["satisfy"]) => boolean;

/** Of each guard that can be compared: whether it lets in nothing that it kept out before. */
const COMPARISONS: { readonly [Field in keyof RulePolicies]?: Comparison<NonNullable<RulePolicies[Field]>> } = {
  access: accessIsAsStrict,
  apiKey: apiKeyIsAsStrict,
  bandwidthLimit: bandwidthIsAsStrict,
  basicAuth: basicAuthIsAsStrict,
  clientCertificate: certificateIsAsStrict,
  concurrencyLimit: concurrencyIsAsStrict,
  jwt: jwtIsAsStrict,
  rateLimit: rateLimitIsAsStrict,
  requestBody: bodyIsAsStrict,
};

/**
 * Whether a guard, set in both, is shown to let in nothing that it kept out before. False says nothing: of what depends on
 * other servers, or on an order of rules, nothing is shown.
 */
export function isAsStrict(field: string, was: RulePolicies, is: RulePolicies): boolean {
  const compare = COMPARISONS[field as keyof RulePolicies] as Comparison<unknown> | undefined;
  const [before, after] = [was[field as keyof RulePolicies], is[field as keyof RulePolicies]];
  if (compare === undefined || before === null || after === null) return false;
  return compare(before, after, is.satisfy);
}

function accessIsAsStrict(was: Access, is: Access, satisfy: RulePolicies["satisfy"]): boolean {
  const denies =
    rangesWithin(was.deny, is.deny) && within(was.denyCountries, is.denyCountries) && within(was.denyAsns, is.denyAsns);
  // Beside other guards of which one is enough, who is listed needs none of them.
  if (!allowsSome(was)) return denies && (!allowsSome(is) || satisfy === "all");
  const allows =
    rangesWithin(is.allow, was.allow) &&
    within(is.allowCountries, was.allowCountries) &&
    within(is.allowAsns, was.allowAsns);
  return denies && allows && allowsSome(is);
}

/** Whether it keeps everybody out who is not listed. */
function allowsSome({ allow, allowCountries, allowAsns }: Access): boolean {
  return allow.v4.length + allow.v6.length + allowCountries.length + allowAsns.length > 0;
}

function apiKeyIsAsStrict({ scopes: before, ...was }: ApiKey, { scopes: after, ...is }: ApiKey): boolean {
  return within(before, after) && isSame(was, is);
}

function bandwidthIsAsStrict(was: BandwidthLimit, is: BandwidthLimit): boolean {
  return is.rate <= was.rate && is.after <= was.after && (was.onlyServices || !is.onlyServices);
}

function basicAuthIsAsStrict({ realm: _, ...was }: BasicAuth, { realm: __, ...is }: BasicAuth): boolean {
  return isSame(was, is);
}

function certificateIsAsStrict(was: ClientCertificate, is: ClientCertificate): boolean {
  const lists = ["subjects", "issuers", "fingerprints", "subjectAltNames"] as const;
  const asks = lists.every((list) => was[list].length === 0 || (is[list].length > 0 && within(is[list], was[list])));
  const isAsked = is.mode === was.mode || is.mode === "Required";
  const hasPattern = was.subjectPattern === "" || is.subjectPattern === was.subjectPattern;
  return asks && isAsked && hasPattern && is.certificateHeader === was.certificateHeader;
}

function jwtIsAsStrict(was: Jwt, is: Jwt): boolean {
  const known = was.providers.map((provider) => JSON.stringify(provider));
  return is.providers.length > 0 && is.providers.every((provider) => known.includes(JSON.stringify(provider)));
}

function bodyIsAsStrict(was: RequestBody, is: RequestBody): boolean {
  return is.maxSize <= was.maxSize;
}

function rateLimitIsAsStrict(was: RateLimit, is: RateLimit): boolean {
  const hasQuota = was.quota === null || isSame(was.quota, is.quota);
  return hasQuota && rangesWithin(is.exempt, was.exempt) && limitsHold(was.limits, is.limits, rateHolds);
}

function rateHolds(
  { requests, burst, cost, mostHeld, shadow, onFailure, name: _, status: __, ...was }: RateLimitTerms,
  { name: ___, status: ____, ...young }: RateLimitTerms,
): boolean {
  const { requests: most, burst: atOnce, cost: each, mostHeld: held, shadow: told, onFailure: then, ...is } = young;
  const bounds = most <= requests && atOnce <= burst && each >= cost && held <= mostHeld;
  return bounds && refuses({ shadow, onFailure }, { shadow: told, onFailure: then }) && isSame(was, is);
}

function concurrencyIsAsStrict(was: ConcurrencyLimit, is: ConcurrencyLimit): boolean {
  return rangesWithin(is.exempt, was.exempt) && limitsHold(was.limits, is.limits, slotsHold);
}

function slotsHold(
  { maxRequests, shadow, onFailure, name: _, status: __, ...was }: ConcurrencyTerms,
  { maxRequests: most, shadow: told, onFailure: then, name: ___, status: ____, ...is }: ConcurrencyTerms,
): boolean {
  const isRefused = refuses({ shadow, onFailure }, { shadow: told, onFailure: then });
  return most <= maxRequests && isRefused && isSame(was, is);
}

type Refusal = Pick<ConcurrencyTerms, "shadow" | "onFailure">;

function refuses(was: Refusal, is: Refusal): boolean {
  return (was.shadow || !is.shadow) && (was.onFailure === "open" || is.onFailure === "closed");
}

/** All limits of a policy have to pass: others beside them take nothing away. */
function limitsHold<Terms extends { readonly id: string }>(
  was: readonly Terms[],
  is: readonly Terms[],
  holds: (was: Terms, is: Terms) => boolean,
): boolean {
  return was.every((limit) => is.some((young) => young.id === limit.id && holds(limit, young)));
}

function within<Value>(inner: readonly Value[], outer: readonly Value[]): boolean {
  const known = new Set(outer);
  return inner.every((value) => known.has(value));
}

function rangesWithin(inner: AddressRanges, outer: AddressRanges): boolean {
  return spansWithin(inner.v4, outer.v4, 1) && spansWithin(inner.v6, outer.v6, 4);
}

/** Ranges ascend and do not touch, so that each has to be in a single other one. */
function spansWithin(inner: ArrayLike<number>, outer: ArrayLike<number>, size: number): boolean {
  let at = 0;
  for (let one = 0; one < inner.length; one += 2 * size) {
    while (at < outer.length && order(outer, at + size, inner, one, size) < 0) at += 2 * size;
    const isIn =
      at < outer.length &&
      order(outer, at, inner, one, size) <= 0 &&
      order(outer, at + size, inner, one + size, size) >= 0;
    if (!isIn) return false;
  }
  return true;
}

function order(a: ArrayLike<number>, atA: number, b: ArrayLike<number>, atB: number, size: number): number {
  for (let index = 0; index < size; index++) {
    const difference = (a[atA + index] as number) - (b[atB + index] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}
