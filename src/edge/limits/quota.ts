import type { QuotaTerms, RateLimitTerms } from "../../table/policies/rate-limit.ts";
import { type Plan, parsePlan, planName, QUOTA_WINDOWS, type QuotaWindow, windowAt } from "../../table/quota.ts";
import type { Env } from "../env.ts";
import { Records } from "../stages/guard/api-key/keys.ts";
import type { Visit } from "../stages/visit.ts";
import type { Claim } from "./claim.ts";
import { ABSENT, keyOf } from "./key.ts";

/** One for the isolate; believed as long as keys are, so that a plan is changed within the same 90 s. */
const plans = new Records("plan", planName, parsePlan);

/** Objects that share the keys: of all quotas, for a key's quota is one for all policies that count it. */
const SHARDS = 16;

/** What a request takes of its key's quota, or why that can't be told. */
export type Quota = { readonly claims: readonly Claim[] } | { readonly unknown: Claim; readonly cause: string };

export async function quotaOf(quota: QuotaTerms, visit: Visit): Promise<Quota> {
  const key = keyOf({ key: [{ by: quota.by, name: "" }], ipv6Prefix: 128 }, visit);
  const claims = visit.identities.find(({ by }) => by === "apiKey")?.claims;
  const unknown = (cause: string): Quota => ({ unknown: claimOf(quota, key, "minute", 0), cause });
  if (claims === undefined || key === ABSENT) return unknown("no API key");
  const name = typeof claims.plan === "string" ? claims.plan : quota.defaultPlan;
  if (name === "") return { claims: [] };
  const plan = await planOf(name, visit.env);
  if (plan === undefined) return unknown(`plan ${name} can't be read`);
  if (plan === null) return unknown(`there is no plan ${name}`);
  return {
    claims: QUOTA_WINDOWS.flatMap((window) => {
      const most = plan[window];
      return most === undefined ? [] : [claimOf(quota, key, window, most)];
    }),
  };
}

/** Null where there is none of that name; undefined where that can't be told. */
function planOf(name: string, env: Env): Promise<Plan | null | undefined> {
  return plans.get(name, env);
}

/** `most` is 0 where it is not known. */
export function claimOf(quota: QuotaTerms, key: string, window: QuotaWindow, most: number): Claim {
  return { terms: quotaTerms(quota, window, most), key, reserve: 0, window };
}

/** The window of a quota as an exact limit, with the length of the window of now. */
export function quotaTerms(quota: QuotaTerms, window: QuotaWindow, most: number): RateLimitTerms {
  const { by, onFailure, deadline, shadow, status } = quota;
  const { start, end } = windowAt(window, Date.now());
  return {
    ...{ id: quotaId(quota, window), name: `quota-${window}`, requests: most, period: end - start, burst: most },
    ...{ cost: 1, key: [{ by, name: "" }], ipv6Prefix: 128, mode: "exact", mostHeld: 0, binding: "" },
    ...{ onFailure, deadline, shadow, status, shards: SHARDS, locationHint: "", priority: [] },
  };
}

/** No policy's limit has such an id: names of namespaces and policies have no capitals. */
function quotaId({ by }: QuotaTerms, window: QuotaWindow): string {
  return `quota/${by}/${window}`;
}

export function isQuotaOf(id: string, window: QuotaWindow): boolean {
  return id === `quota/apiKey/${window}` || id === `quota/apiKeyOwner/${window}`;
}
