import type { PlatformOptions } from "../clusters/transport.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import type { RouteRule } from "../ir/rule.ts";

/** Bytes of a body that every plan of Cloudflare takes: developers.cloudflare.com/workers/platform/limits. */
const EVERY_PLAN = 100 * 1024 ** 2;

/** Where rules let through what the platform may refuse; once for each place that says so. */
export function reportBodyLimits(
  rules: readonly RouteRule[],
  { platform }: Pick<PlatformOptions, "platform">,
): readonly Diagnostic[] {
  if (platform !== "cloudflare") return [];
  const found = new Map<string, Diagnostic>();
  for (const policy of rules.flatMap(({ policies }) => policies)) {
    if (policy.field !== "requestBody") continue;
    const { maxSize } = policy.value;
    if (maxSize !== 0 && maxSize <= EVERY_PLAN) continue;
    const says = maxSize === 0 ? "sets no limit" : "is more than 100 MB";
    const message = `${policy.from} ${says}; the platform has one by the plan of the zone, from 100 MB on`;
    found.set(message, diagnose("EI6011", policy.at, message));
  }
  return [...found.values()];
}
