import type { ClusterRecord } from "../table/policies/cluster-record.ts";
import type { AskedService } from "../table/policies/external-auth.ts";
import type { Allowed } from "./diagnostics/allowances.ts";
import type { Diagnostic, Position } from "./diagnostics/diagnostic.ts";
import { backendName } from "./ir/backend.ts";
import type { Endpoint, Target } from "./ir/cluster.ts";
import { describeFilter, type Filter, movesOf } from "./ir/filter.ts";
import { ownerName } from "./ir/merge.ts";
import type { Policy } from "./ir/policy.ts";
import type { Backend, ResolvedRule, Router, VirtualHost } from "./ir/router.ts";
import { differencesOf } from "./policies/differences.ts";
import { limitPromises } from "./policies/rate-limits.ts";
import { healthCheckText } from "./resources/health-check.ts";
import { placeText } from "./resources/places.ts";
import type { EndpointUrl } from "./resources/resource.ts";
import type { UsedSecret } from "./secrets/resolve.ts";

/** `report.json`: what the table holds, in words, and where each part was written. Plain data, stable in its order. */
export type Report = ReturnType<typeof buildReport>;

/** Describes a compiled router; positions are `file:line:column`. */
export function buildReport(
  router: Router,
  table: { readonly contentHash: string; readonly bytes: number },
  secrets: readonly UsedSecret[],
  diagnostics: readonly Diagnostic[],
  allowed: readonly Allowed[] = [],
) {
  const clusters = new Map(router.clusters.map((cluster) => [cluster.name, cluster]));
  const count = (severity: Diagnostic["severity"]) => diagnostics.filter((one) => one.severity === severity).length;
  return {
    // A resource of its own, so that it is recognised where it lies among the manifests.
    apiVersion: "edge-ingress.dev/v1alpha1",
    kind: "CompileReport",
    contentHash: table.contentHash,
    tableBytes: table.bytes,
    totals: {
      hosts: router.hosts.length,
      rules: router.hosts.reduce((sum, { rules }) => sum + rules.length, 0),
      endpoints: router.endpoints.length,
      errors: count("error"),
      warnings: count("warning"),
      infos: count("info"),
    },
    settings: router.settings,
    clusters: router.clusters.map(describeCluster),
    endpoints: router.endpoints.map(describeEndpoint),
    services: router.services.map(({ binding, url }) => ({ binding, address: addressOf(url) })),
    secrets: secrets.map(describeSecret),
    limits: limitPromises(router.hosts),
    hosts: router.hosts.map((host) => describeHost(host, clusters, router.endpoints)),
    tls: router.tls.map(({ hostname, secret, owner, at }) => ({
      hostname,
      secret: secret === null ? null : `${secret.namespace}/${secret.name}`,
      from: ownerName(owner),
      at: positionText(at),
    })),
    diagnostics,
    ...(allowed.length > 0 && {
      allowed: allowed.map(({ diagnostic, reason, at }) => ({ diagnostic, reason, at: positionText(at) })),
    }),
  };
}

/**
 * The report as JSON for people and tools: indented, but one line for each rule, endpoint and diagnostic, so that
 * a fleet of 10,000 Ingresses stays readable with line tools and a diff shows the rules that changed.
 */
export function formatReport(report: Report): string {
  const list = (items: readonly unknown[], indent: string) =>
    items.length === 0
      ? "[]"
      : `[\n${items.map((item) => `${indent}  ${JSON.stringify(item)}`).join(",\n")}\n${indent}]`;
  const hosts = report.hosts.map(
    ({ hostname, rules }) =>
      `    {\n      "hostname": ${JSON.stringify(hostname)},\n      "rules": ${list(rules, "      ")}\n    }`,
  );
  const fields = Object.entries(report).map(([name, value]) => {
    if (name === "hosts") return `  "hosts": [${hosts.length === 0 ? "" : `\n${hosts.join(",\n")}\n  `}]`;
    return `  ${JSON.stringify(name)}: ${Array.isArray(value) ? list(value, "  ") : JSON.stringify(value)}`;
  });
  return `{\n${fields.join(",\n")}\n}\n`;
}

/**
 * The report in a text that `formatReport` made; null for any other. What stands in it is believed: it lies beside the
 * table, whose hash it names.
 */
export function readReport(text: string): Report | null {
  try {
    const parsed = JSON.parse(text) as Partial<Report> | null;
    return parsed?.kind === "CompileReport" && Array.isArray(parsed.hosts) ? (parsed as Report) : null;
  } catch {
    return null;
  }
}

/** `file:line:column`, or null for what no manifest holds. */
export function positionText(at: Position | null): string | null {
  return at === null ? null : `${at.file}:${at.line}:${at.column}`;
}

/** What such a text names. */
export function placeOf(at: string | null): Pick<Position, "file" | "line" | "column"> | null {
  const [, file, line, column] = at === null ? [] : (/^(.*):(\d+):(\d+)$/s.exec(at) ?? []);
  return file === undefined ? null : { file, line: Number(line), column: Number(column) };
}

type Clusters = ReadonlyMap<string, ClusterRecord>;

function describeCluster({ name, region, near, priority, drain, healthCheck }: ClusterRecord) {
  const check = healthCheck === null ? null : healthCheckText(healthCheck);
  return { name, region, near: near.map(placeText), priority, drain, healthCheck: check };
}

function describeSecret({ name, binding, keys, neededBy, isGiven }: UsedSecret) {
  return { name, binding, keys, neededBy, given: isGiven };
}

function describeEndpoint({ id, cluster, mode, url, host, transport, at }: Endpoint) {
  return { id, cluster, mode, address: addressOf(url), host, transport, at: positionText(at) };
}

function addressOf({ scheme, hostname, port }: EndpointUrl): string {
  return `${scheme}://${hostname}:${port}`;
}

/** Rules are described when somebody asks for those of the host: a comparison does for the few that differ. */
function describeHost({ hostname, rules }: VirtualHost, clusters: Clusters, endpoints: readonly Endpoint[]) {
  let described: ReturnType<typeof describeRule>[] | null = null;
  return {
    hostname,
    get rules() {
      described ??= rules.map((rule) => describeRule(rule, clusters, endpoints));
      return described;
    },
  };
}

function describeRule(resolved: ResolvedRule, clusters: Clusters, endpoints: readonly Endpoint[]) {
  const { rule, backends, mergedFrom } = resolved;
  const { match, role, timeouts, owner, at, policies, filters } = rule;
  const asked = resolved.policies.externalAuth?.service;
  return {
    match,
    role,
    from: ownerName(owner),
    at: positionText(at),
    ...(owner.kind === "Ingress" && { dialect: owner.dialect }),
    alsoFrom: mergedFrom.map((other) => ({ from: ownerName(other.owner), at: positionText(other.at) })),
    timeouts,
    policies: policies.map(describePolicy),
    ...(filters.length > 0 && { filters: filters.map(filterText) }),
    ...(asked !== undefined && { asks: describeAsked(asked, endpoints) }),
    backends: backends.map((backend) => describeBackend(backend, clusters)),
  };
}

function describePolicy(policy: Policy) {
  return { field: policy.field, from: policy.from, at: positionText(policy.at), sets: differencesOf(policy) };
}

function filterText(filter: Filter) {
  const moves = movesOf(filter);
  return {
    ...{ type: filter.type, from: filter.from, at: positionText(filter.at), sets: describeFilter(filter) },
    ...(moves.length > 0 && { moves }),
  };
}

/** How the service that decides about requests is reached. */
function describeAsked({ via, binding, targets }: AskedService, endpoints: readonly Endpoint[]) {
  return { via, ...(binding !== "" && { binding }), endpoints: targets.map(({ endpoint }) => endpoints[endpoint]?.id) };
}

/** The share of a target is its part of what its priority takes; a drained one takes nothing. */
function describeBackend({ ref, weight, targets }: Backend, clusters: Clusters) {
  const taken = ({ endpoint, weight: own }: Target) => (clusters.get(endpoint.cluster)?.drain ? 0 : own);
  const priorityOf = ({ endpoint }: Target) => clusters.get(endpoint.cluster)?.priority ?? 0;
  const totals = new Map<number, number>();
  for (const target of targets) {
    totals.set(priorityOf(target), (totals.get(priorityOf(target)) ?? 0) + taken(target));
  }
  return {
    service: backendName(ref),
    weight,
    targets: targets.map((target) => describeTarget(target, taken(target), totals.get(priorityOf(target)) ?? 0)),
  };
}

function describeTarget({ endpoint }: Target, weight: number, total: number) {
  const share = total === 0 ? 0 : Math.round((weight / total) * 10_000) / 10_000;
  return { endpoint: endpoint.id, cluster: endpoint.cluster, mode: endpoint.mode, share };
}
