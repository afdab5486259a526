import { env } from "cloudflare:test";
import { mergedRanges } from "../../../src/compiler/ir/access.ts";
import { termsOf } from "../../../src/compiler/resources/edge-policy-rate-limit.ts";
import type { RateLimit, RateLimitTerms } from "../../../src/table/policies/rate-limit.ts";
import type { RulePolicies } from "../../../src/table/policies/rule-policies.ts";
import { type Answer, edgeOf } from "../edge-of.ts";

let made = 0;

/**
 * A limit with a bucket that no other test has: two requests at once, one more each minute. Its deadline is none for a
 * machine that is busy.
 */
export function limitOf(more: Partial<Parameters<typeof termsOf>[1]> = {}): RateLimitTerms {
  made++;
  return termsOf(`test/${made}/some`, {
    name: "some",
    requests: 1,
    period: 60_000,
    burst: 2,
    deadline: 10_000,
    ...more,
  });
}

export function rateLimitOf(
  limits: readonly RateLimitTerms[],
  more: { exempt?: string[]; headers?: boolean; quota?: RateLimit["quota"] } = {},
) {
  const policy: RateLimit = {
    ...{ limits, quota: more.quota ?? null, exempt: mergedRanges(more.exempt ?? []), headers: more.headers ?? true },
  };
  return policy;
}

export const OBJECTS = { EDGE_INGRESS_LIMITS: env.EDGE_INGRESS_LIMITS };

/** An edge whose only rule has these limits, and what reached its cluster. `bindings` take the place of the objects'. */
export function limitedEdge(
  limits: readonly RateLimitTerms[],
  more: Partial<RulePolicies> = {},
  bindings: Readonly<Record<string, unknown>> = OBJECTS,
) {
  const seen: Request[] = [];
  const only: Answer = (request) => {
    seen.push(request);
    return new Response("ok");
  };
  const policies = { rateLimit: rateLimitOf(limits), ...more };
  const edge = edgeOf({ rules: [{ hostname: "api.test", path: "/", service: "api", policies }] }, { only }, bindings);
  const ask = (client = "198.51.100.1", init: RequestInit = {}, path = "/") =>
    edge(`https://api.test${path}`, {
      ...init,
      headers: { "cf-connecting-ip": client, ...(init.headers as Record<string, string>) },
    });
  return { ask, seen };
}

/** The statuses of so many requests, one after the other. */
export async function statusesOf(times: number, ask: () => Promise<Response>): Promise<number[]> {
  const statuses: number[] = [];
  for (let time = 0; time < times; time++) statuses.push((await ask()).status);
  return statuses;
}
