import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnose } from "../../diagnostics/report.ts";
import { backendName } from "../../ir/backend.ts";
import { ownerName } from "../../ir/merge.ts";
import type { RouteRule } from "../../ir/rule.ts";
import { overlaps } from "../../ir/scope.ts";
import type { CanaryRule } from "./canaries.ts";

/** A canary, and a rule that has it. */
export interface Taken {
  readonly canary: CanaryRule;
  readonly main: RouteRule;
}

/**
 * Canaries that take other requests in ingress-nginx. There a canary is its main Ingress's Service's (an alternative backend
 * of the upstream: internal/ingress/controller/controller.go, mergeAlternativeBackend, and rootfs/etc/nginx/lua/balancer.lua,
 * route_to_alternative_balancer): it has a share of all paths that lead there, and one Service has the weight and headers
 * of the first canary Ingress with it. `taken`: the oldest first. `rules`: with their canaries.
 */
export function reportServiceCanaries(taken: readonly Taken[], rules: readonly RouteRule[]): Diagnostic[] {
  const ofService = Map.groupBy(rules, serviceOf);
  const first = new Map<string, CanaryRule>();
  const told = new Set<string>();
  return taken.flatMap(({ canary, main }) => {
    const { rule, setting } = canary;
    const service = serviceOf(main) ?? "";
    const key = `${ownerName(rule.owner)} ${service}`;
    if (told.has(key)) return [];
    told.add(key);
    const others = (ofService.get(service) ?? []).filter(
      (other) => overlaps(other.owner.scope, rule.owner.scope) && !hasCanary(other, setting.from),
    );
    const own = serviceOf(rule) ?? "";
    const older = first.get(own) ?? canary;
    first.set(own, older);
    return [
      ...(others.length > 0 ? [ofOthers(canary, service, others)] : []),
      ...(isSameSetting(older, canary) ? [] : [asAnother(canary, own, older)]),
    ];
  });
}

/** Its main Service. */
function serviceOf({ backendRefs: [main] }: RouteRule): string | null {
  return main?.ref.kind === "Service" ? backendName(main.ref) : null;
}

function hasCanary({ filters }: RouteRule, from: string): boolean {
  return filters.some((filter) => filter.type === "Canary" && filter.from === from);
}

function isSameSetting({ setting: one }: CanaryRule, { setting: other }: CanaryRule): boolean {
  return (
    JSON.stringify([one.canary, one.weight, one.total]) === JSON.stringify([other.canary, other.weight, other.total])
  );
}

function ofOthers({ rule, setting }: CanaryRule, service: string, others: readonly RouteRule[]): Diagnostic {
  const [other] = others as [RouteRule];
  const { hostname, match, owner } = other;
  const more = others.length > 1 ? `, and ${others.length - 1} more` : "";
  const where = `${hostname} ${match.path.type} ${match.path.value} of ${ownerName(owner)}${more}`;
  const says = `ingress-nginx gives the canary ${ownerName(rule.owner)} a share of all that goes to ${service}, also at ${where}; here it has that of its own hosts and paths`;
  return diagnose("EI4014", setting.at ?? rule.at, says, {
    related: other.at === null ? [] : [{ message: "no request of this goes to the canary", position: other.at }],
  });
}

function asAnother({ rule, setting }: CanaryRule, own: string, older: CanaryRule): Diagnostic {
  const says = `ingress-nginx takes the weight and the headers of ${ownerName(older.rule.owner)}, which is older, for all that may go to ${own}; here those of ${ownerName(rule.owner)} hold for its own hosts and paths`;
  const { at } = older.setting;
  return diagnose("EI4014", setting.at ?? rule.at, says, {
    related: at === null ? [] : [{ message: "the older one", position: at }],
  });
}
