import type { BackendRef } from "../../ir/backend.ts";
import type { Filter } from "../../ir/filter.ts";
import { isHiddenRoot } from "../../ir/match.ts";
import type { Policy, PolicyField } from "../../ir/policy.ts";
import { DEFAULT_TIMEOUTS, type RouteRule, type Timeouts } from "../../ir/rule.ts";
import type { ServedResource } from "./dialect.ts";
import type { HostHabits } from "./https.ts";
import { byIngressAge, EDGE, ownerOf } from "./owner.ts";
import { hostnameOf, routeRule } from "./rules.ts";
import { policiesOnServer, type ServerPolicies } from "./server-policies.ts";

/** An Ingress that is served, with what its annotations come to. */
export interface ServedIngress {
  readonly ingress: ServedResource;
  readonly timeouts: Timeouts;
  readonly policies: readonly Policy[];
  readonly filters: readonly Filter[];
}

/** Policies that say nothing to a request that reaches no cluster. */
const OF_CLUSTERS: readonly PolicyField[] = ["loadBalancing", "retry", "fallback", "timeouts", "satisfy", "mirror"];

/** Those that say nothing to one that gets 404 either. */
const OF_BODIES: readonly PolicyField[] = ["requestBody", "bandwidthLimit"];

const EVERYTHING = { type: "PathPrefix", value: "/" } as const;

/** Filters that say nothing to it either. */
const OF_REQUESTS: readonly Filter["type"][] = ["RequestHeaderModifier", "HostRewrite", "Canary", "PathRewrite"];

/**
 * What no rule of a host takes: ingress-nginx gives each host a location `/` with the annotations of the host's oldest
 * Ingress (createServers in internal/ingress/controller/controller.go), so that a guard of that one stands before the
 * edge's default backend too, and before the 404 where there is none. Only for hosts where that makes a difference:
 * without it a host that nothing else stands for would be no host, and its requests a wildcard's.
 * `ruled`: the hosts that other rules stand for. `mayGain`: EdgePolicies are attached later, so that every host has one;
 * `withoutIdle` takes away what gained nothing.
 */
export function readUnmatched(
  served: readonly ServedIngress[],
  habits: HostHabits,
  servers: ServerPolicies,
  edgeDefault: BackendRef | null,
  ruled: ReadonlySet<string>,
  mayGain: boolean,
): RouteRule[] {
  const ofNamed = [...byNamedHost(served)].flatMap(([hostname, [each]]) => {
    if (each === undefined) return [];
    const { ingress, timeouts } = each;
    const policies = policiesOnServer(each.policies, servers.byHostname.get(hostname) ?? []);
    const filters = habits.filtersAt(each, hostname, EVERYTHING);
    const context = { timeouts, policies, filters: filters.filter(({ type }) => type !== "PathRewrite") };
    if (!mayGain && ruled.has(hostname) && isIdle(context, edgeDefault !== null)) return [];
    const rule = routeRule(ownerOf(ingress), hostname, EVERYTHING, "unmatched", edgeDefault, context, null);
    // To find a place costs more than all the rest, and most hosts need none.
    const index = ingress.body.rules.findIndex(({ host }) => host !== null && hostnameOf(host) === hostname);
    return [{ ...rule, at: ingress.locate(["spec", "rules", index, "host"]) }];
  });
  return [...ofNamed, ...unmatchedByAll(habits, servers, edgeDefault)];
}

/** The same of all other hosts: their `/` is no Ingress's, and has what is said of their server alone. */
function unmatchedByAll(habits: HostHabits, servers: ServerPolicies, edgeDefault: BackendRef | null): RouteRule[] {
  const policies = servers.byHostname.get("*") ?? [];
  const filters = habits.filtersOfCatchAll([]);
  const context = { timeouts: DEFAULT_TIMEOUTS, policies, filters };
  if (isIdle(context, edgeDefault !== null)) return [];
  const at = filters[0]?.at ?? policies[0]?.at ?? null;
  return [routeRule(EDGE, "*", EVERYTHING, "unmatched", edgeDefault, context, at)];
}

/** Of each host that is named, those that name it, the oldest first. */
export function byNamedHost<T extends { readonly ingress: ServedResource }>(served: readonly T[]): Map<string, T[]> {
  const naming = new Map<string, T[]>();
  for (const each of [...served].sort((a, b) => byIngressAge(a.ingress, b.ingress))) {
    const hosts = each.ingress.body.rules.flatMap(({ host }) => (host === null ? [] : [hostnameOf(host)]));
    for (const hostname of new Set(hosts)) {
      const known = naming.get(hostname);
      if (known === undefined) naming.set(hostname, [each]);
      else known.push(each);
    }
  }
  return naming;
}

/** Without the rules for what no rule of a host takes that make no difference to a request. */
export function withoutIdle(rules: readonly RouteRule[]): readonly RouteRule[] {
  const ruled = ruledHosts(rules);
  return rules.filter(
    (rule) => rule.role !== "unmatched" || !ruled.has(rule.hostname) || !isIdle(rule, rule.backendRefs.length > 0),
  );
}

/** The hosts that stand without a rule for what no rule takes. */
export function ruledHosts(rules: readonly RouteRule[]): ReadonlySet<string> {
  const ruling = rules.filter(({ role, match }) => role !== "unmatched" && !isHiddenRoot(match));
  return new Set(ruling.map(({ hostname }) => hostname));
}

function isIdle({ policies, filters }: Pick<RouteRule, "policies" | "filters">, hasBackend: boolean): boolean {
  const isOne = (field: PolicyField) => OF_CLUSTERS.includes(field) || (!hasBackend && OF_BODIES.includes(field));
  return policies.every(({ field }) => isOne(field)) && filters.every(({ type }) => OF_REQUESTS.includes(type));
}
