import { objectRequests } from "../../table/lease.ts";
import type { Condition } from "../../table/policies/authorization.ts";
import type { ConcurrencyTerms } from "../../table/policies/concurrency-limit.ts";
import type { RateLimitTerms } from "../../table/policies/rate-limit.ts";
import { SLOT_LIFE, SLOT_RENEWED } from "../../table/slot.ts";
import { byText } from "../by-text.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { ownerName } from "../ir/merge.ts";
import { type Policy, type PolicyField, type PolicySetting, settingOf } from "../ir/policy.ts";
import type { ResolvedRule, VirtualHost } from "../ir/router.ts";
import type { RouteRule } from "../ir/rule.ts";
import { durationText } from "../resources/durations.ts";

/** Isolates for which the report says what a leased limit costs. */
const FEW = 1;
const MANY = 20;

/** What a limit promises, in any window of time, and what it costs. */
export interface LimitPromise {
  readonly id: string;
  /** Of a concurrency limit `concurrency`. */
  readonly mode: RateLimitTerms["mode"] | "concurrency";
  readonly limit: string;
  readonly shadow: boolean;
  /** Requests beyond those of an exact limit, and how many per cent of what that one admits in a period; null: unbounded. */
  readonly overshoot: { readonly requests: number; readonly percent: number } | null;
  /** Milliseconds after which a request passes uncounted that nobody has judged; null: it is refused. */
  readonly passesAfter: number | null;
  /** Requests of Durable Objects per million requests, where so many isolates take the full rate. */
  readonly objectRequestsPerMillion: { readonly isolates: number; readonly requests: number }[];
}

export function promiseOf(terms: RateLimitTerms): LimitPromise {
  const { id, mode, shadow, requests, period, burst, mostHeld, deadline, onFailure } = terms;
  const passesAfter = onFailure === "open" ? deadline : null;
  const per = `${requests} in ${durationText(period)}`;
  const limit = mode === "local" ? `${per} at each location` : `${per}, ${burst} at once`;
  return { id, mode, limit, shadow, passesAfter, ...costOf() };

  function costOf(): Pick<LimitPromise, "overshoot" | "objectRequestsPerMillion"> {
    switch (mode) {
      case "exact":
        return {
          overshoot: { requests: 0, percent: 0 },
          objectRequestsPerMillion: [{ isolates: FEW, requests: 1_000_000 }],
        };
      case "leased": {
        const percent = Math.round((mostHeld * 10_000) / (requests + burst)) / 100;
        const asked = (isolates: number) => ({ isolates, requests: objectRequests(terms, mostHeld, isolates) });
        return { overshoot: { requests: mostHeld, percent }, objectRequestsPerMillion: [asked(FEW), asked(MANY)] };
      }
      case "local":
        return { overshoot: null, objectRequestsPerMillion: [] };
    }
  }
}

/** A request enters and leaves: two questions, and one more for each time that its slot is renewed. */
function promiseOfConcurrency({ id, maxRequests, shadow, deadline, onFailure }: ConcurrencyTerms): LimitPromise {
  return {
    ...{ id, mode: "concurrency", limit: `${maxRequests} at a time`, shadow },
    passesAfter: onFailure === "open" ? deadline : null,
    overshoot: { requests: 0, percent: 0 },
    objectRequestsPerMillion: [{ isolates: FEW, requests: 2_000_000 }],
  };
}

function promisesOf({ policies }: Pick<ResolvedRule, "policies">): LimitPromise[] {
  const { rateLimit, concurrencyLimit } = policies;
  return [...(rateLimit?.limits ?? []).map(promiseOf), ...(concurrencyLimit?.limits ?? []).map(promiseOfConcurrency)];
}

/** The promises of all limits that a router has, by id. */
export function limitPromises(hosts: readonly VirtualHost[]): LimitPromise[] {
  const promises = hosts.flatMap(({ rules }) => rules.flatMap(promisesOf));
  const byId = new Map(promises.map((promise) => [promise.id, promise]));
  return [...byId.values()].sort((a, b) => byText(a.id, b.id));
}

/** Says of each policy with limits what they promise. */
export function reportPromises(hosts: readonly VirtualHost[]): Diagnostic[] {
  const findings = new Map<string, Diagnostic>();
  for (const { policies, rule } of hosts.flatMap((host) => host.rules)) {
    const at = (field: PolicyField) => rule.policies.find((policy) => policy.field === field)?.at ?? null;
    for (const promise of promisesOf({ policies })) {
      const place = at(promise.mode === "concurrency" ? "concurrencyLimit" : "rateLimit");
      findings.set(promise.id, diagnose("EI6040", place, `limit ${promise.id}: ${promiseText(promise)}`));
    }
    const quota = policies.rateLimit?.quota ?? null;
    if (quota === null) continue;
    const passing =
      quota.onFailure === "closed"
        ? ""
        : `; requests whose plan is not there, or that its object does not judge in ${quota.deadline} ms, pass uncounted`;
    const says = `quota of each ${quota.by}: in each minute, day and month in UTC no more than its plan says; one object request for each request${passing}`;
    findings.set(`${says} ${JSON.stringify(at("rateLimit"))}`, diagnose("EI6040", at("rateLimit"), says));
  }
  return [...findings].sort(([a], [b]) => byText(a, b)).map(([, finding]) => finding);
}

function promiseText(promise: LimitPromise): string {
  const { passesAfter } = promise;
  const counted = countedText(promise);
  // The platform's counter is as near as the edge itself.
  if (passesAfter === null || promise.mode === "local") return counted;
  return `${counted}; requests that its object does not judge in ${passesAfter} ms pass uncounted, as those from another continent may`;
}

function countedText({ mode, limit, overshoot, objectRequestsPerMillion }: LimitPromise): string {
  if (overshoot === null) {
    return `${limit}, in windows of the clock: twice as many can pass across the end of one, and each location counts by itself; no object is asked`;
  }
  if (mode === "concurrency") {
    const [life, renewed] = [durationText(SLOT_LIFE), durationText(SLOT_RENEWED)];
    return `${limit}; two object requests for each request, and one for each ${renewed} that it takes; what an isolate that ends had under way counts for ${life} more, and for ${renewed} after its object starts anew as many again may come`;
  }
  if (mode === "exact") return `${limit}, never more; one object request for each request`;
  const costs = objectRequestsPerMillion.map(({ isolates, requests }) => {
    return `${requests} from ${isolates === 1 ? "one isolate" : `${isolates} isolates`}`;
  });
  const { requests, percent } = overshoot;
  return `${limit}, and at most ${requests} more in any window (${percent} %); at full rate about ${costs.join(", ")} object requests per million`;
}

/**
 * Limits of annotations act at the edge where it takes the place of a cluster's ingress: where that answers for all of a
 * rule, it reads the same annotations and counts itself.
 */
export function withoutLimitsOfClusters(hosts: readonly VirtualHost[]): {
  readonly hosts: readonly VirtualHost[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const findings = new Map<string, Diagnostic>();
  const kept = hosts.map((host) => ({
    ...host,
    rules: host.rules.map((resolved): ResolvedRule => {
      const { rule, policies } = resolved;
      const left = rule.policies.filter(isOfAnnotation);
      if (left.length === 0 || !isLeftToClusters(resolved)) return resolved;
      for (const { from, at } of left) {
        const says = `${from} is left to the clusters' own ingresses, which count each for itself`;
        findings.set(`${ownerName(rule.owner)} ${from}`, diagnose("EI6041", at, says));
      }
      const without = Object.fromEntries(left.map(({ field }) => [field, null]));
      return { ...resolved, policies: { ...policies, ...without } };
    }),
  }));
  return { hosts: kept, diagnostics: [...findings.values()] };
}

function isOfAnnotation(policy: Policy): boolean {
  return (policy.field === "rateLimit" || policy.field === "concurrencyLimit") && policy.value.isOfAnnotation;
}

function isLeftToClusters({ backends }: ResolvedRule): boolean {
  const targets = backends.flatMap((backend) => backend.targets);
  return targets.length > 0 && targets.every(({ endpoint }) => endpoint.mode === "ingress");
}

/** Limits by who sends a request on rules where nobody proves it. */
export function reportUnprovedLimits(rules: readonly RouteRule[]): Diagnostic[] {
  const findings = new Map<string, Diagnostic>();
  const lacking = (name: string, missing: string | null, { from, at }: Policy) => {
    if (missing === null) return;
    const says = `limit ${name} of ${from} counts by an identity on rules that have no ${missing} to prove one`;
    findings.set(`${says} ${JSON.stringify(at)}`, diagnose("EI6042", at, says));
  };
  for (const { policies } of rules) {
    for (const policy of policies) {
      if (policy.field !== "concurrencyLimit") continue;
      for (const { name, key } of policy.value.limits)
        lacking(name, missingProvers({ key, priority: [] }, policies), policy);
    }
    const policy = policies.find(({ field }) => field === "rateLimit");
    if (policy?.field !== "rateLimit") continue;
    if (policy.value.quota !== null && settingOf(policies, "apiKey") === null) {
      const says = `the quota of ${policy.from} counts by the plan of an API key on rules that have no apiKey to prove one`;
      findings.set(`${says} ${JSON.stringify(policy.at)}`, diagnose("EI6042", policy.at, says));
    }
    for (const terms of policy.value.limits) {
      lacking(terms.name, missingProvers(terms, policies), policy);
    }
  }
  return [...findings.values()];
}

function missingProvers(
  { key, priority }: Pick<RateLimitTerms, "key" | "priority">,
  policies: readonly PolicySetting[],
): string | null {
  const lacks = (field: "jwt" | "apiKey" | "oidc") => settingOf(policies, field) === null;
  if (key.some(({ by }) => by === "claim") && lacks("jwt") && lacks("oidc")) return "jwt or oidc";
  if (key.some(({ by }) => by === "apiKey" || by === "apiKeyOwner") && lacks("apiKey")) return "apiKey";
  const asked = priority.some(({ when }) => when !== null && asksWho(when));
  const proved = ["basicAuth", "externalAuth", "jwt", "apiKey", "oidc"] as const;
  return asked && proved.every((field) => settingOf(policies, field) === null) ? proved.join(", ") : null;
}

function asksWho({ principal, all, any, not }: Condition): boolean {
  return principal !== null || [...all, ...any, ...(not === null ? [] : [not])].some(asksWho);
}
