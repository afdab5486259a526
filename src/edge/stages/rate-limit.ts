import { isProved, type QuotaTerms, type RateLimit, type RateLimitTerms } from "../../table/policies/rate-limit.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import { policyText, refusal, tellStandings } from "../limits/answer.ts";
import type { Claim } from "../limits/claim.ts";
import type { Decision } from "../limits/decision.ts";
import { isExempt } from "../limits/exempt.ts";
import { limitersOfIsolate } from "../limits/isolate.ts";
import { keyOf } from "../limits/key.ts";
import type { Limiter } from "../limits/limiter.ts";
import { quotaOf } from "../limits/quota.ts";
import { RateSurroundings } from "../limits/surroundings.ts";
import { logLimited } from "../observe/refusals.ts";
import { asksForPrincipal, holdsFor } from "./authorization.ts";
import type { Stage } from "./chain.ts";
import type { Visit } from "./visit.ts";

/** Limits of what anybody can tell of a request: before the access list and all guards, as in ingress-nginx. */
export function rateLimit({ rateLimit: policy }: RulePolicies): Stage | null {
  return policy === null ? null : stageOf({ ...policy, quota: null }, (terms) => !needsIdentity(terms));
}

/** Limits of who sends a request, once the guard has proved it. */
export function rateLimitByIdentity({ rateLimit: policy }: RulePolicies): Stage | null {
  return policy === null ? null : stageOf(policy, needsIdentity);
}

function needsIdentity({ key, priority }: RateLimitTerms): boolean {
  return key.some(isProved) || priority.some(({ when }) => when !== null && asksForPrincipal(when));
}

function stageOf(
  { limits, quota, exempt, headers }: RateLimit,
  isOurs: (terms: RateLimitTerms) => boolean,
): Stage | null {
  const ours = limits.filter(isOurs);
  const enforced = ours.filter(({ shadow }) => !shadow);
  const shadows = ours.filter(({ shadow }) => shadow);
  if (ours.length === 0 && quota === null) return null;
  const policy = headers && enforced.length > 0 ? policyText(enforced.map((terms) => ({ terms }))) : null;
  const finish = (decision: Decision, visit: Visit): Response | null => {
    if (decision.passes) {
      if (headers) tellStandings(decision.standings, visit.toClient);
      return null;
    }
    for (const { terms } of decision.by) logLimited(terms.id, decision.cause, visit.requestId);
    return refusal(decision, visit, headers);
  };
  const withQuota = async (counted: QuotaTerms, limiter: Limiter, visit: Visit): Promise<Response | null> => {
    const around = new RateSurroundings(visit);
    const claims = claimsOf(enforced, visit);
    if (counted.shadow) visit.waitUntil(watchQuota(counted, limiter, visit));
    else {
      const found = await quotaOf(counted, visit);
      if ("claims" in found) claims.push(...found.claims);
      else {
        const decision = limiter.undecidable(found.unknown, found.cause, around);
        if (!decision.passes) return finish(decision, visit);
      }
      if (headers && claims.length > 0) visit.toClient.set("ratelimit-policy", policyText(claims));
    }
    return claims.length === 0 ? null : finish(await limiter.decide(claims, around), visit);
  };
  return {
    handle(visit) {
      if (isExempt(exempt, visit.client.address)) return null;
      const limiter = limitersOfIsolate().rate;
      const surroundings = new RateSurroundings(visit);
      if (policy !== null) visit.toClient.set("ratelimit-policy", policy);
      if (shadows.length > 0) visit.waitUntil(watch(limiter, claimsOf(shadows, visit), visit));
      if (quota !== null) return withQuota(quota, limiter, visit);
      if (enforced.length === 0) return null;
      const decision = limiter.decide(claimsOf(enforced, visit), surroundings);
      if (decision instanceof Promise) return decision.then((decided) => finish(decided, visit));
      return finish(decision, visit);
    },
  };
}

async function watchQuota(quota: QuotaTerms, limiter: Limiter, visit: Visit): Promise<void> {
  const found = await quotaOf(quota, visit);
  if ("claims" in found) return watch(limiter, found.claims, visit);
  // What nobody is refused for is counted as let through.
  const { unknown } = found;
  const open = { ...unknown, terms: { ...unknown.terms, onFailure: "open" as const } };
  limiter.undecidable(open, found.cause, new RateSurroundings(visit));
}

/** A limit in shadow mode is asked by itself, and nobody waits for it. */
async function watch(limiter: Limiter, claims: readonly Claim[], visit: Visit): Promise<void> {
  for (const claim of claims) {
    const decision = await limiter.decide([claim], new RateSurroundings(visit));
    if (!decision.passes) logLimited(claim.terms.id, "shadow", visit.requestId);
  }
}

function claimsOf(limits: readonly RateLimitTerms[], visit: Visit): Claim[] {
  return limits.map((terms) => ({ terms, key: keyOf(terms, visit), reserve: reserveOf(terms, visit) }));
}

function reserveOf({ priority }: RateLimitTerms, visit: Visit): number {
  if (priority.length === 0) return 0;
  return priority.find(({ when }) => when === null || holdsFor(when, visit))?.reserve ?? 0;
}
