import * as z from "zod";
import { limitOf } from "../../table/gcra.ts";
import { mostHeld } from "../../table/lease.ts";
import type { Condition } from "../../table/policies/authorization.ts";
import type { KeyPart, QuotaTerms, RateLimitTerms } from "../../table/policies/rate-limit.ts";
import { isPlanName } from "../../table/quota.ts";
import { localBinding, type RateLimit } from "../ir/rate-limit.ts";
import { duration } from "./durations.ts";
import { condition } from "./edge-policy-authorization.ts";
import {
  DEFAULT_PLACEMENT,
  DEFAULT_REFUSAL,
  distinctNames,
  exemptRanges,
  limitKey,
  limitName,
  objectPlacement,
  refusalFields,
} from "./limit-fields.ts";
import { between, exactly, type Fields, formed, integer, oneOf, type Report, rule } from "./schema.ts";

const SECOND = 1_000;
const DAY = 86_400_000;
const MOST_REQUESTS = 1_000_000_000;

/** The periods that the platform's counter knows. */
const LOCAL_PERIODS: readonly number[] = [10 * SECOND, 60 * SECOND];

/** What is used of a field that is not written. The burst is that of `requests`. */
export const DEFAULT_LIMIT = {
  cost: 1,
  ipv6Prefix: 64,
  mode: "exact",
  overshoot: 5,
  ...DEFAULT_REFUSAL,
  ...DEFAULT_PLACEMENT,
  priority: [],
} as const;

const priorityClass = exactly({
  when: condition.optional(),
  reserve: integer(0, 100, "EI1233", "the reserve"),
}).transform(({ when, reserve }): { when: Condition | null; reserve: number } => ({ when: when ?? null, reserve }));

const limit = exactly({
  name: limitName,
  requests: integer(1, MOST_REQUESTS, "EI1233", "requests"),
  period: duration("the period", { least: SECOND, most: 31 * DAY }),
  burst: integer(1, MOST_REQUESTS, "EI1233", "the burst").optional(),
  cost: integer(1, MOST_REQUESTS, "EI1233", "the cost").optional(),
  key: limitKey.optional(),
  ipv6Prefix: integer(32, 128, "EI1233", "the prefix").optional(),
  mode: oneOf(["exact", "leased", "local"]).optional(),
  overshoot: integer(1, 100, "EI1233", "the overshoot").optional(),
  ...refusalFields,
  ...objectPlacement,
  priority: z.array(priorityClass).check(rule(endsWithRest)).optional(),
}).check(between(fits));

/** A limit as it is written. */
interface WrittenLimit extends Pick<RateLimitTerms, "name" | "requests" | "period"> {
  readonly burst?: number | undefined;
  readonly cost?: number | undefined;
  readonly key?: readonly KeyPart[] | undefined;
  readonly ipv6Prefix?: number | undefined;
  readonly mode?: RateLimitTerms["mode"] | undefined;
  readonly overshoot?: number | undefined;
  readonly onFailure?: RateLimitTerms["onFailure"] | undefined;
  readonly deadline?: number | undefined;
  readonly shadow?: boolean | undefined;
  readonly status?: number | undefined;
  readonly shards?: number | undefined;
  readonly locationHint?: string | undefined;
  /** `reserve` in per cent of the burst. */
  readonly priority?: readonly { readonly when: Condition | null; readonly reserve: number }[] | undefined;
}

const quota = exactly({
  by: oneOf(["apiKey", "apiKeyOwner"]).optional(),
  defaultPlan: z
    .string()
    .check(formed("EI1237", "the plan", (text) => (isPlanName(text) ? null : "must be the name of a plan")))
    .optional(),
  ...refusalFields,
});

/** What is used of a field of a quota that is not written. */
export const DEFAULT_QUOTA: QuotaTerms = {
  by: "apiKey",
  defaultPlan: "",
  ...DEFAULT_REFUSAL,
};

/** `spec.rateLimit` of an EdgePolicy. */
export const rateLimit = exactly({
  limits: z
    .array(limit)
    .check(rule(distinctNames("rateLimit")))
    .optional(),
  quota: quota.optional(),
  exempt: exemptRanges.optional(),
  headers: z.boolean().optional(),
}).check(between(someLimit));

/** The same with the policy that it stands in: its limits count for all rules of that policy together. */
export function rateLimitIn(
  { namespace, name: policy }: { readonly namespace: string; readonly name: string },
  { limits, quota, exempt, headers }: z.output<typeof rateLimit>,
): RateLimit {
  return {
    limits: (limits ?? []).map((written) => termsOf(`${namespace}/${policy}/${written.name}`, written)),
    quota: quota === undefined ? null : quotaTermsOf(quota),
    exempt: exempt ?? [],
    headers: headers ?? true,
    isOfAnnotation: false,
  };
}

function quotaTermsOf(written: z.output<typeof quota>): QuotaTerms {
  const given = Object.entries(written).filter(([, value]) => value !== undefined);
  return { ...DEFAULT_QUOTA, ...Object.fromEntries(given) };
}

/** A limit with all that is not written. `id` is the bucket's everywhere. */
export function termsOf(id: string, written: WrittenLimit): RateLimitTerms {
  const { requests, period } = written;
  const burst = written.burst ?? requests;
  const mode = written.mode ?? DEFAULT_LIMIT.mode;
  return {
    id,
    name: written.name,
    requests,
    period,
    burst,
    cost: written.cost ?? DEFAULT_LIMIT.cost,
    key: written.key ?? [{ by: "clientAddress", name: "" }],
    ipv6Prefix: written.ipv6Prefix ?? DEFAULT_LIMIT.ipv6Prefix,
    mode,
    mostHeld:
      mode === "leased" ? mostHeld({ requests, period, burst }, written.overshoot ?? DEFAULT_LIMIT.overshoot) : 0,
    binding: mode === "local" ? localBinding(requests, period) : "",
    onFailure: written.onFailure ?? DEFAULT_LIMIT.onFailure,
    deadline: written.deadline ?? DEFAULT_LIMIT.deadline,
    shadow: written.shadow ?? DEFAULT_LIMIT.shadow,
    status: written.status ?? DEFAULT_LIMIT.status,
    shards: written.shards ?? DEFAULT_LIMIT.shards,
    locationHint: written.locationHint ?? DEFAULT_LIMIT.locationHint,
    priority: (written.priority ?? []).map(({ when, reserve }) => ({
      when,
      reserve: Math.floor((burst * reserve) / 100),
    })),
  };
}

function someLimit({ limits, quota }: Fields, report: Report): void {
  if (limits !== undefined || quota !== undefined) return;
  report({ code: "EI1239", message: "rateLimit must have at least one limit, or a quota" });
}

/** Of what stands behind a class without a condition nothing would ever hold. */
function endsWithRest(classes: readonly { readonly when: Condition | null }[], report: Report): void {
  const rest = classes.findIndex(({ when }) => when === null);
  if (rest === -1 || rest === classes.length - 1) return;
  report({ code: "EI1239", message: "no class behind this one is ever used: it has no `when`", path: [rest] });
}

function fits(fields: Fields, report: Report): void {
  const { requests, period, burst, cost, mode, overshoot } = fields;
  if (typeof requests !== "number" || typeof period !== "number") return;
  const most = typeof burst === "number" ? burst : requests;
  if (typeof cost === "number" && cost > most) {
    const message = `no request would ever pass: it costs ${cost}, and the burst is ${most}`;
    report({ code: "EI1239", message, path: ["cost"] });
  }
  if (mode !== "leased" && overshoot !== undefined) {
    report({ code: "EI1239", message: "only a leased limit has an overshoot", path: ["overshoot"], part: "key" });
  }
  if (mode === "local") localFits(fields, period, report);
  else if (limitOf({ requests, period, burst: most }) === null) {
    report({
      code: "EI1280",
      message: `${requests} requests in this period, with a burst of ${most}, can't be counted in whole numbers`,
      path: ["requests"],
    });
  }
}

function localFits({ burst, cost, priority }: Fields, period: number, report: Report): void {
  if (!LOCAL_PERIODS.includes(period)) {
    report({ code: "EI1239", message: "the platform's counter knows periods of 10s and 1m alone", path: ["period"] });
  }
  for (const [field, value] of Object.entries({ burst, cost, priority })) {
    if (value === undefined) continue;
    const message = `the platform's counter has no ${field}`;
    report({ code: "EI1239", message, path: [field], part: "key" });
  }
}
