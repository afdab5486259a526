import { HostFlag } from "../../table/layout.ts";
import type { Backend, Endpoint, Rule, Target } from "../../table/model.ts";
import type { ClusterRecord } from "../../table/policies/cluster-record.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import type { Table } from "../../table/reader.ts";
import type { Settings } from "../../table/settings.ts";
import { backendName } from "../ir/backend.ts";
import type { Endpoint as ResolvedEndpoint } from "../ir/cluster.ts";
import { hasConditions, type PathMatch } from "../ir/match.ts";
import { ownerName } from "../ir/merge.ts";
import type { Backend as ResolvedBackend, ResolvedRule, Router, VirtualHost } from "../ir/router.ts";

/** What stands in a table, as its reader gives it: endpoints by their number. */
export interface TableContent {
  readonly settings: Settings;
  readonly clusters: readonly ClusterRecord[];
  readonly endpoints: readonly EndpointContent[];
  /** Sorted by hostname, by code unit. */
  readonly hosts: readonly HostContent[];
  /** Policies that stand there without a rule. */
  readonly policies?: readonly RulePolicies[];
}

export interface EndpointContent
  extends Pick<Endpoint, "hostname" | "port" | "scheme" | "mode" | "host" | "transport" | "binding" | "zone"> {
  readonly cluster: { readonly index: number };
}

export interface HostContent {
  readonly hostname: string;
  /** Bits of `HostFlag`. */
  readonly flags: number;
  readonly rules: readonly RuleContent[];
}

export interface RuleContent extends Omit<Rule, "backends"> {
  readonly backends: readonly BackendContent[];
}

export interface BackendContent extends Omit<Backend, "targets"> {
  readonly targets: readonly (Pick<Target, "weight"> & { readonly endpoint: { readonly index: number } })[];
}

/** What a router's table holds. */
export function contentOfRouter({ settings, clusters, endpoints, hosts }: Router): TableContent {
  const clusterNumbers = new Map(clusters.map(({ name }, index) => [name, { index }]));
  const endpointNumbers = new Map(endpoints.map(({ id }, index) => [id, { index }]));
  const endpointOf = ({ cluster, url, mode, host, transport }: ResolvedEndpoint): EndpointContent => ({
    cluster: clusterNumbers.get(cluster) as { index: number },
    ...url,
    ...{ mode, host },
    transport: transport.name,
    binding: "binding" in transport ? transport.binding : "",
    zone: "zone" in transport ? transport.zone : "",
  });
  const backendOf = ({ ref, weight, targets }: ResolvedBackend): BackendContent => ({
    name: backendName(ref),
    weight,
    served: ref.kind === "Service",
    targets: targets.map((target) => ({
      endpoint: endpointNumbers.get(target.endpoint.id) as { index: number },
      weight: target.weight,
    })),
  });
  const ruleOf = ({ rule, backends, policies }: ResolvedRule): RuleContent => ({
    name: ownerName(rule.owner),
    pathType: rule.match.path.type,
    path: pathText(rule.match.path),
    conditions: hasConditions(rule.match) ? rule.match : null,
    backends: backends.map(backendOf),
    requestTimeout: rule.timeouts.request,
    backendRequestTimeout: rule.timeouts.backendRequest,
    policies,
  });
  return {
    settings,
    clusters,
    endpoints: endpoints.map(endpointOf),
    hosts: hosts.map((host) => ({
      hostname: host.hostname,
      flags: hostFlags(host),
      rules: host.rules.map(ruleOf),
    })),
  };
}

/** What stands in a table beside its hosts. */
export function commonContent(table: Table): Omit<TableContent, "hosts"> {
  const { settings, clusters, endpointCount } = table;
  const endpoints = Array.from({ length: endpointCount }, (_, index) => table.endpoint(index));
  return { settings, clusters, endpoints };
}

function hostFlags({ wildcard, rules }: VirtualHost): number {
  const written = rules.filter(({ rule }) => rule.owner.kind !== "Edge");
  const isNginx = written.length > 0 && written.every(({ rule }) => rule.owner.dialect === "ingress-nginx");
  return (wildcard === "any-depth" ? HostFlag.anyDepth : 0) | (isNginx ? HostFlag.mergesSlashes : 0);
}

function pathText(path: PathMatch): string {
  return path.type === "RegularExpression" ? path.source : path.value;
}
