import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import type { BackendRef } from "../../ir/backend.ts";
import { DEFAULT_TIMEOUTS, type RouteRule } from "../../ir/rule.ts";
import type { TlsHost } from "../../ir/tls.ts";
import { sortResources } from "../../resources/order.ts";
import type { ResourceSet } from "../../resources/resource.ts";
import { readAnnotations } from "./annotations/read.ts";
import { indexServices, readServiceBackend, type ServiceIndex } from "./backends.ts";
import { type CanaryRule, mergeCanaries } from "./canaries.ts";
import { type ClassFlags, selectByClass } from "./classes.ts";
import { reportUnclear } from "./dialect.ts";
import { EDGE } from "./owner.ts";
import { readRules, routeRule } from "./rules.ts";
import { readTls } from "./tls.ts";
import { readUnmatched, type ServedIngress } from "./unmatched.ts";

export interface IngressOptions extends ClassFlags {
  /** `--ingress-class`: names of the classes that this edge serves. */
  readonly ingressClass: readonly string[];
  /** `--controller`: the `spec.controller` of the classes that this edge serves. */
  readonly controller: readonly string[];
  /** `--default-backend`: takes what no rule of any Ingress takes. */
  readonly defaultBackend: {
    readonly namespace: string;
    readonly name: string;
    readonly port: number | string;
  } | null;
}

export interface IngressResult {
  readonly rules: readonly RouteRule[];
  readonly tls: readonly TlsHost[];
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Turns the Ingresses that this edge serves into rules. The result does not depend on the order of the input. Rules of
 * different Ingresses may contradict each other, and the rule of `--default-backend` (owner "Edge") stands for hostname
 * `*` alone: both are the merge's to settle.
 */
export function readIngresses(resources: ResourceSet, options: IngressOptions): IngressResult {
  const services = indexServices(sortResources(resources.services));
  const edge = readEdgeDefault(options, services);
  const selection = selectByClass(sortResources(resources.ingresses), sortResources(resources.ingressClasses), options);
  const rules: RouteRule[] = [...edge.rules];
  const tls: TlsHost[] = [];
  const diagnostics: Diagnostic[] = [...edge.diagnostics, ...selection.diagnostics];
  const served: ServedIngress[] = [];
  const canaries: CanaryRule[] = [];
  for (const ingress of selection.served) {
    const annotations = readAnnotations(ingress, resources);
    diagnostics.push(...annotations.diagnostics);
    const { canary: setting } = annotations;
    if (setting !== undefined) {
      const plain = { services, edgeDefault: null, timeouts: DEFAULT_TIMEOUTS, policies: [], filters: [] };
      const { rules: own, diagnostics: found } = readRules(ingress, plain);
      const written = own.filter(({ role }) => role === "rule");
      canaries.push(...written.flatMap((rule) => (setting === null ? [] : [{ rule, setting }])));
      diagnostics.push(...found);
      continue;
    }
    const timeouts = { ...DEFAULT_TIMEOUTS, ...annotations.effect.timeouts };
    const { policies, filters } = annotations;
    const reading = readRules(ingress, { services, edgeDefault: edge.backend, timeouts, policies, filters });
    const tlsReading = readTls(ingress);
    served.push({ ingress, timeouts, policies, filters });
    rules.push(...reading.rules);
    tls.push(...tlsReading.tls);
    diagnostics.push(...reading.diagnostics, ...tlsReading.diagnostics);
  }
  rules.push(...readUnmatched(served, edge.backend));
  const routed = served.map(({ ingress }) => ingress);
  diagnostics.push(...reportUnclear(routed, options.dialect ?? null));
  const merged = mergeCanaries(rules, canaries);
  return { rules: merged.rules, tls, diagnostics: [...diagnostics, ...merged.diagnostics] };
}

function readEdgeDefault(
  options: IngressOptions,
  services: ServiceIndex,
): { backend: BackendRef | null; rules: readonly RouteRule[]; diagnostics: readonly Diagnostic[] } {
  const written = options.defaultBackend;
  if (written === null) return { backend: null, rules: [], diagnostics: [] };
  const { ref, diagnostics } = readServiceBackend(written, EDGE.scope, services, null);
  const rule = routeRule(
    EDGE,
    "*",
    { type: "PathPrefix", value: "/" },
    "default-backend",
    ref,
    { timeouts: DEFAULT_TIMEOUTS, policies: [], filters: [] },
    null,
  );
  return { backend: ref, rules: [rule], diagnostics };
}
