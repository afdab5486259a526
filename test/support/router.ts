import { byText } from "../../src/compiler/by-text.ts";
import type { Endpoint, Transport } from "../../src/compiler/ir/cluster.ts";
import type { HttpMatch, PathMatch } from "../../src/compiler/ir/match.ts";
import { pathOnly } from "../../src/compiler/ir/match.ts";
import { byPrecedence } from "../../src/compiler/ir/order.ts";
import type { Backend, ResolvedRule, Router } from "../../src/compiler/ir/router.ts";
import { DEFAULT_TIMEOUTS, type RouteRule } from "../../src/compiler/ir/rule.ts";
import { EVERY_CLUSTER } from "../../src/compiler/ir/scope.ts";
import { DEFAULT_NGINX_HEADERS, type NginxHeaders } from "../../src/table/nginx-headers.ts";
import { type ClusterRecord, DEFAULT_CLUSTER } from "../../src/table/policies/cluster-record.ts";
import { DEFAULT_RULE_POLICIES, type RulePolicies } from "../../src/table/policies/rule-policies.ts";
import { pathMatch } from "./paths.ts";

/** A rule in short: the Service's name tells in tests which rule took a request. */
export interface RuleSketch {
  readonly hostname: string;
  readonly path: string;
  readonly service: string;
  readonly type?: PathMatch["type"];
  readonly wildcard?: RouteRule["wildcard"];
  readonly dialect?: RouteRule["owner"]["dialect"];
  readonly conditions?: Partial<Omit<HttpMatch, "path">>;
  readonly timeouts?: Partial<RouteRule["timeouts"]>;
  /** Endpoint names with their weights; `{ only: 1 }` when absent. */
  readonly targets?: Readonly<Record<string, number>>;
  readonly served?: boolean;
  readonly policies?: Partial<RulePolicies>;
  /** Of the backend above, where there is a second one. */
  readonly weight?: number;
  /** A second backend. */
  readonly other?: {
    readonly service: string;
    readonly weight: number;
    readonly targets: Readonly<Record<string, number>>;
  };
}

export interface RouterSketch {
  readonly rules: readonly RuleSketch[];
  readonly trustedProxies?: readonly string[];
  readonly nginxHeaders?: Partial<NginxHeaders>;
  /** Clusters that differ from the default one, by name. */
  readonly clusters?: Readonly<Record<string, Partial<ClusterRecord>>>;
  /** Endpoints that differ from the usual one: `http://NAME.test:80`, client's Host, service binding `NAME`. */
  readonly endpoints?: Readonly<Record<string, Partial<Omit<Endpoint, "id">>>>;
}

/** A whole router from a sketch, as the compiler would hand it to the encoder. */
export function routerOf({
  rules,
  trustedProxies = [],
  nginxHeaders = {},
  endpoints = {},
  clusters = {},
}: RouterSketch): Router {
  const known = new Map<string, Endpoint>();
  const endpointOf = (name: string): Endpoint => {
    const transport: Transport = { name: "service-binding", binding: name };
    const url = { scheme: "http", hostname: `${name}.test`, port: 80 } as const;
    const usual = { cluster: name, mode: "ingress", url, host: "client", transport, at: null } as const;
    const endpoint = known.get(name) ?? { ...usual, ...endpoints[name], id: name };
    known.set(name, endpoint);
    return endpoint;
  };
  const hosts = [...Map.groupBy(rules, ({ hostname }) => hostname)].sort(([a], [b]) => byText(a, b));
  const resolved = hosts.map(([hostname, ofHost]) => ({
    hostname,
    wildcard: ofHost[0]?.wildcard ?? ("one-label" as const),
    rules: ofHost.map((sketch) => ruleOf(sketch, endpointOf)).sort((a, b) => byPrecedence(a.rule.match, b.rule.match)),
  }));
  return {
    hosts: resolved,
    clusters: clusterRecordsOf(new Set([...known.values()].map(({ cluster }) => cluster)), clusters),
    endpoints: [...known.values()].sort((a, b) => byText(a.id, b.id)),
    services: [],
    tls: [],
    settings: { trustedProxies, nginxHeaders: { ...DEFAULT_NGINX_HEADERS, ...nginxHeaders } },
  };
}

function clusterRecordsOf(names: Set<string>, written: NonNullable<RouterSketch["clusters"]>): ClusterRecord[] {
  return [...names].sort(byText).map((name) => ({ name, ...DEFAULT_CLUSTER, ...written[name] }));
}

function ruleOf(sketch: RuleSketch, endpointOf: (name: string) => Endpoint): ResolvedRule {
  const { service, targets = { only: 1 }, type = "PathPrefix", served = true } = sketch;
  const service80 = { kind: "Service", namespace: "test", name: service, port: 80 } as const;
  const resource = {
    kind: "Resource",
    apiGroup: "",
    resourceKind: "Bucket",
    namespace: "test",
    name: service,
  } as const;
  const backend: Backend = {
    ref: served ? service80 : resource,
    weight: sketch.weight ?? 1,
    targets: served ? Object.entries(targets).map(([name, weight]) => ({ endpoint: endpointOf(name), weight })) : [],
  };
  const rule: RouteRule = {
    owner: {
      kind: "Ingress",
      namespace: "test",
      name: service,
      createdAt: null,
      scope: EVERY_CLUSTER,
      dialect: sketch.dialect ?? "kubernetes",
    },
    hostname: sketch.hostname,
    wildcard: sketch.wildcard ?? "one-label",
    match: { ...pathOnly(pathMatch(type, sketch.path)), ...sketch.conditions },
    filters: [],
    policies: [],
    timeouts: { ...DEFAULT_TIMEOUTS, ...sketch.timeouts },
    backendRefs: [{ ref: backend.ref, weight: 1, at: null }],
    role: "rule",
    at: null,
  };
  const others = [sketch.other ?? []].flat().map(
    (other): Backend => ({
      ref: { ...service80, name: other.service },
      weight: other.weight,
      targets: Object.entries(other.targets).map(([name, weight]) => ({ endpoint: endpointOf(name), weight })),
    }),
  );
  return {
    rule,
    backends: [backend, ...others],
    policies: { ...DEFAULT_RULE_POLICIES, ...sketch.policies },
    mergedFrom: [],
  };
}
