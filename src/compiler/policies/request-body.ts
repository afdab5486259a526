import type { PlatformOptions } from "../clusters/transport.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { NGINX_BODY_SIZE, type Policy, settingOf } from "../ir/policy.ts";
import type { RouteRule } from "../ir/rule.ts";

/** Bytes of a body that every plan of Cloudflare takes: developers.cloudflare.com/workers/platform/limits. */
const EVERY_PLAN = 100 * 1024 ** 2;

/** What ingress-nginx does unasked: `client_max_body_size` is nginx's own where nothing says otherwise. */
const HABIT: Policy = { field: "requestBody", value: NGINX_BODY_SIZE, from: "ingress-nginx by default", at: null };

/** Rules with the limit that Ingresses of ingress-nginx's dialect count on, where neither annotation nor policy has one. */
export function withBodyLimits(rules: readonly RouteRule[]): readonly RouteRule[] {
  // Rules of one Ingress share their policies, and go on to.
  const limited = new Map<RouteRule["policies"], RouteRule["policies"]>();
  return rules.map((rule) => {
    const { policies, owner } = rule;
    if (owner.dialect !== "ingress-nginx" || settingOf(policies, "requestBody") !== null) return rule;
    const known = limited.get(policies) ?? [...policies, HABIT];
    limited.set(policies, known);
    return { ...rule, policies: known };
  });
}

/** Where rules let through what the platform may refuse; once for each place that says so. */
export function reportBodyLimits(
  rules: readonly RouteRule[],
  { platform }: Pick<PlatformOptions, "platform">,
): readonly Diagnostic[] {
  if (platform !== "cloudflare") return [];
  const found = new Map<string, Diagnostic>();
  const all = new Set(rules.map(({ policies }) => policies));
  for (const policy of [...all].flat()) {
    if (policy.field !== "requestBody") continue;
    const { maxSize } = policy.value;
    if (maxSize !== 0 && maxSize <= EVERY_PLAN) continue;
    const says = maxSize === 0 ? "sets no limit" : "is more than 100 MB";
    const message = `${policy.from} ${says}; the platform has one by the plan of the zone, from 100 MB on`;
    found.set(message, diagnose("EI6011", policy.at, message));
  }
  return [...found.values()];
}
