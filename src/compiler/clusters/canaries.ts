import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import type { Backend, ResolvedRule, VirtualHost } from "../ir/router.ts";

export interface CanariesResult {
  readonly hosts: readonly VirtualHost[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Leaves the lot to the clusters where no request of a rule goes past their own ingress: they read the same manifests. */
export function settleCanaries(hosts: readonly VirtualHost[]): CanariesResult {
  const diagnostics = new Map<string, Diagnostic>();
  const settled = hosts.map((host) => ({ ...host, rules: host.rules.map((rule) => settle(rule, diagnostics)) }));
  return { hosts: settled, diagnostics: [...diagnostics.values()] };
}

function settle(resolved: ResolvedRule, diagnostics: Map<string, Diagnostic>): ResolvedRule {
  const filter = resolved.rule.filters.find(({ type }) => type === "Canary");
  const [main, canary, ...others] = resolved.backends;
  if (filter === undefined || main === undefined || canary === undefined) return resolved;
  const direct = servedDirectly(main);
  const ofCanary = servedDirectly(canary);
  if (direct.size === 0 && ofCanary.size === 0) {
    return {
      ...resolved,
      backends: [{ ...main, weight: 1 }, ...others],
      policies: { ...resolved.policies, canary: null },
    };
  }
  const reached = new Set(canary.targets.map(({ endpoint }) => endpoint.cluster));
  for (const cluster of direct) {
    if (ofCanary.has(cluster) || !reached.has(cluster)) continue;
    const says = `${filter.from}: in cluster ${cluster} the lot is drawn twice`;
    diagnostics.set(says, diagnose("EI4066", filter.at, says));
  }
  return resolved;
}

/** The clusters in which a backend's Service has an address of its own. */
function servedDirectly({ targets }: Backend): ReadonlySet<string> {
  return new Set(targets.filter(({ endpoint }) => endpoint.mode === "service").map(({ endpoint }) => endpoint.cluster));
}
