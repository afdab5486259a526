import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { eachOnce } from "../../diagnostics/order.ts";
import type { BackendRef, ServiceRef } from "../../ir/backend.ts";
import { DEFAULT_TIMEOUTS, type RouteRule } from "../../ir/rule.ts";
import type { TlsHost } from "../../ir/tls.ts";
import { sortResources } from "../../resources/order.ts";
import type { ResourceSet } from "../../resources/resource.ts";
import { type LenientReading, readLeniently } from "./annotations/lenient.ts";
import { type AnnotationsReading, readAnnotations } from "./annotations/read.ts";
import { indexServices, readServiceBackend, type ServiceIndex } from "./backends.ts";
import { type CanaryRule, mergeCanaries } from "./canaries.ts";
import { catchAllsOf } from "./catch-all.ts";
import { type ClassFlags, selectByClass } from "./classes.ts";
import { readControllerHeaders } from "./controller-headers.ts";
import { reportUnclear, type ServedResource } from "./dialect.ts";
import { type IngressRules, trailingSlashRedirects, wwwRedirects } from "./host-redirects.ts";
import { HostHabits } from "./https.ts";
import { EDGE } from "./owner.ts";
import { type PathHabits, PatternHosts } from "./pattern-hosts.ts";
import { reportPatternHosts } from "./patterns.ts";
import { type RuleReading, readRules, routeRule } from "./rules.ts";
import { aliasRules } from "./server-alias.ts";
import { onServer, readServerPolicies } from "./server-policies.ts";
import { readTls } from "./tls.ts";
import { byNamedHost, readUnmatched, ruledHosts, type ServedIngress } from "./unmatched.ts";

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
  /** `--lenient`: values of annotations that ingress-nginx does not take have its own outcome, in place of an error. */
  readonly lenient?: boolean;
  /** `--external-secrets`: a Secret that is not among the manifests is missing nowhere. */
  readonly externalSecrets?: boolean;
}

export interface IngressResult {
  readonly rules: readonly RouteRule[];
  readonly tls: readonly TlsHost[];
  /** Those whose class this edge serves. */
  readonly served: readonly ServedResource[];
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
  const served: (ServedIngress & { readonly paths: PathHabits })[] = [];
  const all = selection.served.map((ingress) => ({
    ingress,
    annotations: readAs(options, ingress, resources, edge.service),
  }));
  diagnostics.push(...eachOnce(all.flatMap(({ annotations }) => annotations.diagnostics)));
  const readings = all.filter(({ annotations }) => !annotations.dropped);
  const headers = readControllerHeaders(resources);
  diagnostics.push(...headers.diagnostics);
  const main = readings
    .filter(({ annotations }) => annotations.canary === undefined)
    .map((reading) => ({ ...reading, habits: habitsOf(reading.annotations) }));
  const patternHosts = new PatternHosts(main);
  diagnostics.push(...reportPatternHosts(main, patternHosts));
  const naming = new Map(
    [...byNamedHost(main)].map(([hostname, all]) => [hostname, all.map(({ ingress }) => ingress)]),
  );
  const catchAlls = catchAllsOf(main.map(({ ingress }) => ingress));
  const canaries: CanaryRule[] = [];
  for (const { ingress, annotations } of readings) {
    const { canary: setting } = annotations;
    if (setting === undefined) continue;
    const context = { services, edgeDefault: null, timeouts: DEFAULT_TIMEOUTS, policies: [], filters: [] };
    const { rules: own, diagnostics: found } = readRules(ingress, {
      ...context,
      habits: OF_CANARIES,
      patternHosts,
      naming,
      catchAlls: [],
    });
    const written = own.filter(({ role }) => role === "rule");
    canaries.push(...written.flatMap((rule) => (setting === null ? [] : [{ rule, setting }])));
    diagnostics.push(...found);
  }
  for (const { ingress, annotations, habits: paths } of main) {
    const timeouts = { ...DEFAULT_TIMEOUTS, ...annotations.effect.timeouts };
    const { policies } = annotations;
    const isNginx = ingress.dialect === "ingress-nginx";
    const filters = isNginx ? [...headers.filters, ...annotations.filters] : annotations.filters;
    served.push({ ingress, timeouts, policies, filters, paths });
  }
  const habits = new HostHabits(served, resources);
  const read: IngressRules[] = [];
  for (const each of served) {
    const reading = readRules(each.ingress, {
      ...each,
      habits: each.paths,
      services,
      edgeDefault: edge.backend,
      patternHosts,
      naming,
      catchAlls,
    });
    const tlsReading = readTls(each.ingress);
    read.push(withFilters(each.ingress, reading, (rule) => habits.filtersOf(each.ingress, rule)));
    tls.push(...tlsReading.tls);
    diagnostics.push(...reading.diagnostics, ...tlsReading.diagnostics);
  }
  const servers = readServerPolicies(served);
  const www = wwwRedirects(read, (ingress) => habits.statusFor(ingress));
  rules.push(
    ...read.flatMap((each) => each.rules),
    ...trailingSlashRedirects(read, (ingress) => habits.isRelative(ingress)),
    ...www.rules,
  );
  const mayGain = resources.edgePolicies.length > 0;
  rules.push(...readUnmatched(served, habits, servers, edge.backend, ruledHosts(rules), mayGain));
  const merged = mergeCanaries(
    rules.map((rule) => onServer(rule, servers)),
    canaries,
  );
  const routed = served.map(({ ingress }) => ingress);
  const aliases = aliasRules(routed, merged.rules);
  diagnostics.push(...habits.diagnostics, ...servers.diagnostics, ...www.diagnostics);
  diagnostics.push(...reportUnclear(routed, options.dialect ?? null), ...merged.diagnostics, ...aliases.diagnostics);
  return {
    rules: [...merged.rules, ...aliases.rules].map(withErrorPages),
    tls,
    served: selection.served,
    diagnostics,
  };
}

function readAs(
  { lenient, externalSecrets = false }: IngressOptions,
  ingress: ServedResource,
  resources: ResourceSet,
  defaultService: ServiceRef | null,
): LenientReading {
  return lenient === true
    ? readLeniently(ingress, resources, { defaultService, externalSecrets })
    : { ...readAnnotations(ingress, resources, defaultService), dropped: false };
}

/** The Service that answers in the place of errors comes last among a rule's backends, and takes no request by lot. */
function withErrorPages(rule: RouteRule): RouteRule {
  const filter = rule.filters.find((each) => each.type === "ErrorPages");
  if (filter === undefined) return rule;
  if (rule.backendRefs.length === 0) return { ...rule, filters: rule.filters.filter((each) => each !== filter) };
  const page = { ref: filter.service, weight: 0, at: filter.at, direct: true };
  return { ...rule, backendRefs: [...rule.backendRefs, page] };
}

/** A canary has the path of another Ingress as that one wrote it. */
const OF_CANARIES: PathHabits = { useRegex: true, rewriteTarget: null };

function habitsOf({ effect, filters }: AnnotationsReading): PathHabits {
  const rewrite = filters.find((filter) => filter.type === "PathRewrite");
  return { useRegex: effect.useRegex === true, rewriteTarget: rewrite?.template ?? null };
}

const NONE_SLASHED: IngressRules["slashed"] = new Map();

function withFilters(
  ingress: ServedResource,
  { rules, slashed }: RuleReading,
  filtersOf: (rule: RouteRule) => RouteRule["filters"],
): IngressRules {
  const filtered = rules.map((rule) => ({ ...rule, filters: filtersOf(rule) }));
  if (slashed === undefined) return { ingress, rules: filtered, slashed: NONE_SLASHED };
  const written = filtered.flatMap((rule, index) => {
    const path = slashed.get(rules[index] as RouteRule);
    return path === undefined ? [] : [[rule, path] as const];
  });
  return { ingress, rules: filtered, slashed: new Map(written) };
}

function readEdgeDefault(
  options: IngressOptions,
  services: ServiceIndex,
): {
  backend: BackendRef | null;
  service: ServiceRef | null;
  rules: readonly RouteRule[];
  diagnostics: readonly Diagnostic[];
} {
  const written = options.defaultBackend;
  if (written === null) return { backend: null, service: null, rules: [], diagnostics: [] };
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
  const service = ref?.ref.kind === "Service" ? ref.ref : null;
  return { backend: ref, service, rules: [rule], diagnostics };
}
