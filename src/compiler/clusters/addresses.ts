import { byText } from "../by-text.ts";
import type { Position } from "../diagnostics/diagnostic.ts";
import type { ServiceRef } from "../ir/backend.ts";
import type { RouteRule, RuleOwner } from "../ir/rule.ts";
import { inScope, type Scope } from "../ir/scope.ts";
import type { ClusterBody, LoadBalancerAddress, Resource, ResourceSet, ServiceBody } from "../resources/resource.ts";
import { type EndpointDraft, endpointId } from "./endpoint-draft.ts";

/** The cluster that addresses of a status belong to when no Cluster resource was given. */
export const ONLY_CLUSTER = "default";

interface KnownCluster {
  readonly name: string;
  readonly weight: number;
  readonly host: ClusterBody["host"];
  readonly via: ClusterBody["via"];
  readonly resource: Resource<ClusterBody> | null;
  /** Its `spec.services` by `namespace/name`, each with its place in the list. */
  readonly entries: ReadonlyMap<string, readonly ServiceEntry[]>;
  /** The cluster's ingress. */
  readonly ingress: EndpointDraft | null;
}

interface ServiceEntry {
  readonly index: number;
  readonly entry: ClusterBody["services"][number];
}

/** Where one cluster answers for a Service; `port-unknown`: at a load balancer whose port is only named. */
export interface ClusterAddresses {
  readonly cluster: string;
  readonly weight: number;
  readonly endpoints: readonly EndpointDraft[];
  readonly portUnknown: boolean;
}

/**
 * Knows every address of the input. In one cluster the first of these that exists is used: the Service's entry in
 * `spec.services`, `spec.endpoint`, the status of the rule's Ingress, the status of the Service, the name of an
 * ExternalName Service. A status in a manifest that no Cluster claims counts only where there is a single cluster:
 * of several, nobody could tell whose address it is.
 */
export class AddressBook {
  readonly #clusters: readonly KnownCluster[];
  readonly #services: ReadonlyMap<string, readonly Resource<ServiceBody>[]>;
  readonly #ingresses: ResourceSet["ingresses"];
  /** The endpoints of all clusters, where each has one: that is where most Services are. */
  readonly #everywhere: readonly ClusterAddresses[] | null;
  /** The Services that some cluster gives an address of their own. */
  readonly #named: ReadonlySet<string>;

  constructor(resources: ResourceSet) {
    this.#services = Map.groupBy(resources.services, ({ metadata }) => `${metadata.namespace}/${metadata.name}`);
    this.#ingresses = resources.ingresses.filter(({ body }) => body.loadBalancer.length > 0);
    this.#clusters = resources.clusters
      .map((resource) => {
        const { host, via, weight, endpoint } = resource.body;
        const { name } = resource.metadata;
        const ingress: EndpointDraft | null =
          endpoint === null
            ? null
            : {
                cluster: name,
                mode: "ingress",
                url: endpoint,
                host,
                via,
                bypasses: null,
                isClusterEndpoint: true,
                at: resource.locate(["spec", "endpoint"]),
              };
        const entries = Map.groupBy(
          resource.body.services.map((entry, index) => ({ entry, index })),
          ({ entry }) => serviceKey(entry),
        );
        return { name, weight, host, via, resource, entries, ingress };
      })
      .sort((a, b) => byText(a.name, b.name));
    if (this.#clusters.length === 0) {
      const none = { host: "client", via: null, resource: null, entries: new Map(), ingress: null } as const;
      this.#clusters = [{ name: ONLY_CLUSTER, weight: 1, ...none }];
    }
    const hasAll = this.#clusters.every(({ ingress }) => ingress !== null);
    this.#everywhere = hasAll ? this.#clusters.map((each) => addressesIn(each, each.ingress && [each.ingress])) : null;
    this.#named = new Set(this.#clusters.flatMap(({ entries }) => [...entries.keys()]));
  }

  /** The addresses of a Service, cluster by cluster in the order of their names; `owners` wrote the rule. */
  of(ref: ServiceRef, owners: readonly RouteRule["owner"][], scope: Scope): readonly ClusterAddresses[] {
    if (this.#everywhere !== null && scope.kind === "every-cluster" && !this.#named.has(serviceKey(ref))) {
      return this.#everywhere;
    }
    return this.#clusters
      .filter(({ name }) => inScope(scope, name))
      .map((cluster) => addressesIn(cluster, this.#inCluster(cluster, ref, owners)));
  }

  /** The Service's own addresses alone: a cluster's ingress leads to it by a rule only. */
  ofService(ref: ServiceRef, scope: Scope): readonly ClusterAddresses[] {
    return this.#clusters
      .filter(({ name }) => inScope(scope, name))
      .map((cluster) => {
        const entry = this.#serviceEntry(cluster, ref);
        return addressesIn(cluster, entry === null ? this.#ofService(cluster, ref) : [entry]);
      });
  }

  #inCluster(cluster: KnownCluster, ref: ServiceRef, owners: readonly RuleOwner[]): EndpointDraft[] | null {
    const entry = this.#serviceEntry(cluster, ref);
    if (entry !== null) return [entry];
    if (cluster.ingress !== null) return [cluster.ingress];
    const ofIngress = this.#ingressStatus(cluster, owners);
    if (ofIngress.length > 0) return ofIngress;
    return this.#ofService(cluster, ref);
  }

  #serviceEntry({ resource, entries }: KnownCluster, ref: ServiceRef): EndpointDraft | null {
    if (resource === null) return null;
    const { metadata, body, locate } = resource;
    const port = (wanted: number | string) =>
      typeof wanted === "string" ? (this.#portNumber(metadata.name, ref, wanted) ?? wanted) : wanted;
    const found = entries
      .get(serviceKey(ref))
      ?.find(({ entry }) => entry.port === null || port(entry.port) === port(ref.port));
    if (found === undefined) return null;
    const { entry, index } = found;
    const at = locate(["spec", "services", index, "endpoint"]);
    const way = besideTheEndpoint(body.via);
    return {
      cluster: metadata.name,
      mode: "service",
      url: entry.endpoint,
      host: body.host,
      isClusterEndpoint: false,
      ...way,
      at,
    };
  }

  #ingressStatus(cluster: KnownCluster, owners: readonly RuleOwner[]): EndpointDraft[] {
    const written = this.#ingresses.filter(
      ({ metadata, scope }) =>
        this.#belongs(scope, cluster) &&
        owners.some(({ namespace, name }) => namespace === metadata.namespace && name === metadata.name),
    );
    return written.flatMap(({ body, locate }) =>
      body.loadBalancer.flatMap((address) => draft(cluster, "ingress", address, 80, locate(address.path))),
    );
  }

  #ofService(cluster: KnownCluster, ref: ServiceRef): EndpointDraft[] | null {
    const service = this.#service(cluster.name, ref);
    if (service === undefined) return [];
    const { type, externalName, loadBalancer } = service.body;
    const external = type === "ExternalName" && externalName !== null;
    if (!external && (type !== "LoadBalancer" || loadBalancer.length === 0)) return [];
    if (!external && !this.#belongs(service.scope, cluster)) return [];
    const port = typeof ref.port === "number" ? ref.port : this.#portNumber(cluster.name, ref, ref.port);
    if (port === null) return null;
    if (external) {
      const address = { ip: null, hostname: externalName, path: ["spec", "externalName"] };
      return draft(cluster, "service", address, port, service.locate(address.path));
    }
    return loadBalancer.flatMap((address) => draft(cluster, "service", address, port, service.locate(address.path)));
  }

  #service(cluster: string, { namespace, name }: ServiceRef): Resource<ServiceBody> | undefined {
    return this.#services.get(`${namespace}/${name}`)?.find(({ scope }) => inScope(scope, cluster));
  }

  #portNumber(cluster: string, ref: ServiceRef, name: string): number | null {
    return this.#service(cluster, ref)?.body.ports.find((port) => port.name === name)?.port ?? null;
  }

  /** Whose status a manifest's is: that of the clusters that claim it, or of the only one. */
  #belongs(scope: Scope, cluster: KnownCluster): boolean {
    return scope.kind === "every-cluster" ? this.#clusters.length === 1 : inScope(scope, cluster.name);
  }
}

function serviceKey({ namespace, name }: Pick<ServiceRef, "namespace" | "name">): string {
  return `${namespace}/${name}`;
}

/** Each address once; `endpoints` is null where the number of a port is not known. */
function addressesIn({ name, weight }: KnownCluster, endpoints: readonly EndpointDraft[] | null): ClusterAddresses {
  const known = [...new Map((endpoints ?? []).map((each) => [endpointId(each), each])).values()];
  return { cluster: name, weight, endpoints: known, portUnknown: endpoints === null };
}

function draft(
  cluster: KnownCluster,
  mode: EndpointDraft["mode"],
  address: LoadBalancerAddress,
  port: number,
  at: Position,
): EndpointDraft[] {
  const hostname = address.hostname ?? (address.ip === null ? null : canonicalIp(address.ip));
  if (hostname === null) return [];
  const url = { scheme: port === 443 ? "https" : "http", hostname: hostname.toLowerCase(), port } as const;
  return [
    {
      cluster: cluster.name,
      mode,
      url,
      host: cluster.host,
      isClusterEndpoint: false,
      ...besideTheEndpoint(cluster.via),
      at,
    },
  ];
}

/** As a URL has it. Kubernetes reads leading zeros of IPv4 as decimal, where a URL would read them as octal. */
function canonicalIp(ip: string): string {
  return ip.includes(":") ? new URL(`http://[${ip}]`).hostname : ip.split(".").map(Number).join(".");
}

/** A vpcService binding leads to one address, the cluster's endpoint; a network binding leads to any. */
function besideTheEndpoint(via: ClusterBody["via"]): Pick<EndpointDraft, "via" | "bypasses"> {
  if (via === null || "vpcNetwork" in via) return { via, bypasses: null };
  return { via: null, bypasses: via.vpcService };
}
