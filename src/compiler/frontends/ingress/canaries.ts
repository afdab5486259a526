import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnose } from "../../diagnostics/report.ts";
import { backendName } from "../../ir/backend.ts";
import type { HttpMatch } from "../../ir/match.ts";
import { ownerName } from "../../ir/merge.ts";
import { byAge, matchKey } from "../../ir/order.ts";
import type { RouteRule } from "../../ir/rule.ts";
import { overlaps } from "../../ir/scope.ts";
import type { CanarySetting } from "./annotations/entry.ts";
import { reportServiceCanaries, type Taken } from "./canary-services.ts";

/** A rule of a canary Ingress, which takes a part of another rule's requests and none of its own. */
export interface CanaryRule {
  readonly rule: RouteRule;
  readonly setting: CanarySetting;
}

export interface CanaryResult {
  readonly rules: readonly RouteRule[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Gives rules the canaries that have the same hostname, path and type: internal/ingress/controller/controller.go,
 * mergeAlternativeBackends. A rule has one at most, the oldest; a canary that none takes has no effect, and is reported.
 */
export function mergeCanaries(rules: readonly RouteRule[], canaries: readonly CanaryRule[]): CanaryResult {
  const diagnostics: Diagnostic[] = [];
  const merged = new Map<RouteRule, RouteRule>();
  const taken: Taken[] = [];
  for (const canary of [...canaries].sort((a, b) => byAge(a.rule.owner, b.rule.owner))) {
    const mains = rules.filter((rule) => isMainOf(rule, canary.rule));
    const reasons = new Set<string>();
    for (const main of mains) {
      const reason = whyNot(merged.get(main) ?? main, canary.rule);
      if (reason === null) {
        merged.set(main, withCanary(main, canary));
        taken.push({ canary, main });
      } else reasons.add(reason);
    }
    if (mains.length === 0) reasons.add("no other Ingress has this host, path and type");
    for (const reason of reasons) {
      const { owner, hostname, match, at } = canary.rule;
      const what = `${hostname} ${match.path.type} ${match.path.value}`;
      diagnostics.push(diagnose("EI4013", at, `the canary ${ownerName(owner)} has no effect on ${what}: ${reason}`));
    }
  }
  const all = rules.map((rule) => merged.get(rule) ?? rule);
  return { rules: all, diagnostics: [...diagnostics, ...reportServiceCanaries(taken, all)] };
}

function isMainOf(rule: RouteRule, canary: RouteRule): boolean {
  return (
    rule.role === "rule" &&
    rule.hostname === canary.hostname &&
    isSamePath(rule.match, canary.match) &&
    overlaps(rule.owner.scope, canary.owner.scope)
  );
}

/** Of patterns the paths as they were written: the main Ingress's may stand for another location. */
function isSamePath(main: HttpMatch, canary: HttpMatch): boolean {
  const [one, other] = [main.path, canary.path];
  if (one.type !== "RegularExpression" || other.type !== "RegularExpression")
    return matchKey(main) === matchKey(canary);
  return one.written === other.written && one.writtenAs === other.writtenAs;
}

function whyNot({ filters, backendRefs }: RouteRule, canary: RouteRule): string | null {
  const [main] = backendRefs;
  const [other] = canary.backendRefs;
  const taken = filters.find(({ type }) => type === "Canary");
  if (taken !== undefined) return `${taken.from} is older, and a path has one canary`;
  if (main?.ref.kind !== "Service" || other?.ref.kind !== "Service") return "a canary needs two Services";
  return backendName(main.ref) === backendName(other.ref) ? "its Service is that of the main Ingress" : null;
}

function withCanary(main: RouteRule, { rule, setting }: CanaryRule): RouteRule {
  const { weight, total, canary, from, at } = setting;
  const taken = Math.min(weight, total);
  const [first, second] = [main.backendRefs, rule.backendRefs].flat();
  if (first === undefined || second === undefined) return main;
  return {
    ...main,
    filters: [...main.filters, { type: "Canary", canary, besidesIngress: true, from, at }],
    backendRefs: [
      { ...first, weight: total - taken },
      { ...second, weight: taken },
    ],
  };
}
