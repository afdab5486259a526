import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { backendName } from "../ir/backend.ts";
import type { Endpoint } from "../ir/cluster.ts";
import { type Filter, type FilterSource, movesOf } from "../ir/filter.ts";
import type { Policy } from "../ir/policy.ts";
import type { ResolvedRule, VirtualHost } from "../ir/router.ts";
import { inZone } from "./transport.ts";

/**
 * Says where annotations act that must not act twice: at the edge where it goes to a Service, and in the cluster where
 * its own ingress reads the same manifest.
 */
export function reportTargetModes(hosts: readonly VirtualHost[]): Diagnostic[] {
  const acting = new Map<string, { source: Acting; service: Set<string>; ingress: Set<string> }>();
  const unreached = new Map<string, Diagnostic>();
  for (const resolved of hosts.flatMap(({ rules }) => rules)) {
    const { filters, policies } = resolved.rule;
    if (!filters.some(isBesidesIngress) && !policies.some(isOfServices)) continue;
    const endpoints = endpointsOf(resolved);
    for (const source of [...filters.filter(isBesidesIngress), ...policies.filter(isOfServices)]) {
      const known = acting.get(source.from) ?? { source, service: new Set(), ingress: new Set() };
      for (const { mode, cluster } of endpoints) known[mode].add(cluster);
      acting.set(source.from, known);
      if (!("type" in source)) continue;
      const isDirect = endpoints.some(({ mode }) => mode === "service");
      if (source.type === "ErrorPages" && isDirect && resolved.backends.at(-1)?.targets.length === 0) {
        const says = `${source.from} has no effect: Service ${backendName(source.service)} has no address of its own`;
        unreached.set(says, diagnose("EI4067", source.at, says));
      }
      if (source.type !== "HostRewrite") continue;
      for (const endpoint of endpoints) {
        const reason = keepsHost(endpoint, source.hostname);
        if (reason === null) continue;
        const says = `${source.from} has no effect in cluster ${endpoint.cluster}: ${reason}`;
        unreached.set(says, diagnose("EI4061", source.at, says));
      }
    }
  }
  const left = [...acting.values()].filter(({ ingress }) => ingress.size > 0);
  return [
    ...left.map(({ source, service, ingress }) => {
      const { from, at } = source;
      if ("type" in source && movesOf(source).length > 0) {
        const says = `${from} chooses the rule at the edge, and is done by the cluster's own ingress in ${[...ingress].join(", ")} too`;
        return diagnose("EI4060", at, says);
      }
      const elsewhere =
        service.size === 0 ? "" : `, and done by the edge towards Services in ${[...service].join(", ")}`;
      const says = `${from} is left to the cluster's own ingress in ${[...ingress].join(", ")}${elsewhere}`;
      return diagnose("EI4060", at, says);
    }),
    ...unreached.values(),
    ...reportCopiedTwice(hosts),
  ];
}

function isBesidesIngress({ besidesIngress }: Filter): boolean {
  return besidesIngress;
}

function isOfServices(policy: Policy): boolean {
  return (
    (policy.field === "bandwidthLimit" && policy.value.onlyServices && policy.value.rate > 0) ||
    (policy.field === "mirror" && policy.value.onlyServices)
  );
}

/** Mirrors of annotations that a policy replaces at the edge alone. */
function reportCopiedTwice(hosts: readonly VirtualHost[]): Diagnostic[] {
  const found = new Map<string, { policy: Acting; annotation: Acting; clusters: Set<string> }>();
  for (const resolved of hosts.flatMap(({ rules }) => rules)) {
    if (!resolved.rule.policies.some(isInstead) && resolved.mergedFrom.length === 0) continue;
    for (const [scope, policy] of policiesInstead(resolved)) {
      const { from, insteadOf: annotation } = policy;
      const clusters = endpointsOf(resolved).flatMap(({ mode, cluster }) => (mode === "ingress" ? [cluster] : []));
      const reading = clusters.filter((name) => scope.kind === "every-cluster" || scope.names.includes(name));
      if (annotation === undefined || reading.length === 0) continue;
      const key = JSON.stringify([from, annotation.from]);
      const known = found.get(key) ?? { policy, annotation, clusters: new Set() };
      for (const cluster of reading) known.clusters.add(cluster);
      found.set(key, known);
    }
  }
  return [...found.values()].map(({ policy, annotation, clusters }) => {
    const says = `the cluster's own ingress in ${[...clusters].join(", ")} goes on copying by ${annotation.from}, whatever mirror of ${policy.from} says`;
    const related = annotation.at === null ? [] : [{ message: "the annotation is here", position: annotation.at }];
    return diagnose("EI4069", policy.at, says, { related });
  });
}

function isInstead({ insteadOf }: Policy): boolean {
  return insteadOf !== undefined;
}

/** The policies in the place of annotations, of a rule and of those that are one with it, and in which clusters each stands. */
function policiesInstead({ rule, mergedFrom }: ResolvedRule) {
  return [rule, ...mergedFrom].flatMap(({ owner, policies }) =>
    policies.filter(isInstead).map((policy) => [owner.scope, policy] as const),
  );
}

/** What acts at one place or the other: a filter, or a policy of an annotation. */
type Acting = Filter | Pick<FilterSource, "from" | "at">;

function endpointsOf({ rule, backends }: ResolvedRule): readonly Endpoint[] {
  return backends
    .filter((_, index) => rule.backendRefs[index]?.direct !== true)
    .flatMap(({ targets }) => targets.map(({ endpoint }) => endpoint));
}

/** Why a Service can't be sent another Host by the way that leads to it; null where it can (`src/edge/upstream/transport.ts`, `urlAt`). */
function keepsHost({ mode, transport }: Endpoint, host: string): string | null {
  if (mode !== "service" || transport.name === "service-binding") return null;
  if (transport.name === "zone-name") {
    if (host.includes(":")) return "the way by the zone's name carries no port in the Host";
    return inZone(host, transport.zone) ? null : `the Host has to be in the zone ${transport.zone}`;
  }
  return "the Host follows the address that is fetched";
}
