import type { ClusterRecord } from "../../table/policies/cluster-record.ts";
import type { HealthCheck } from "../../table/policies/health-check.ts";
import type { Position } from "../diagnostics/diagnostic.ts";
import type { PolicySetting } from "../ir/policy.ts";
import type { Scope } from "../ir/scope.ts";
import type { ValuePath } from "../sources/document.ts";
import type { SecretContent } from "./secret-content.ts";

/** The parts of ObjectMeta that the compiler uses. */
export interface Metadata {
  readonly namespace: string;
  readonly name: string;
  readonly annotations: Readonly<Record<string, string>>;
  /** `creationTimestamp` in milliseconds since the epoch; null where the manifest has none. */
  readonly createdAt: number | null;
}

/** One object of the input, parsed and valid in its shape. */
export interface Resource<Body> {
  readonly metadata: Metadata;
  readonly body: Body;
  readonly scope: Scope;
  /** Where a value of the object stands, by its path in the manifest (`["spec", "rules", 0, "host"]`). */
  locate(path: ValuePath, part?: "key" | "value"): Position;
}

/** An address of a load balancer as a status gives it. */
export interface LoadBalancerAddress {
  readonly ip: string | null;
  readonly hostname: string | null;
  /** The path of the address in its manifest, for `locate`. */
  readonly path: ValuePath;
}

/** `port` of an Ingress backend: exactly one of number and name. */
export interface ServicePortRef {
  readonly number: number | null;
  readonly name: string | null;
}

/** networking.k8s.io/v1 IngressBackend: exactly one of the two. */
export type IngressBackend =
  | { readonly type: "service"; readonly name: string; readonly port: ServicePortRef }
  | { readonly type: "resource"; readonly apiGroup: string; readonly kind: string; readonly name: string };

/** networking.k8s.io/v1 HTTPIngressPath. */
export interface IngressPath {
  /** As written; empty only with ImplementationSpecific. */
  readonly path: string;
  readonly pathType: "Exact" | "Prefix" | "ImplementationSpecific";
  readonly backend: IngressBackend;
}

/** networking.k8s.io/v1 Ingress, valid by the rules of the API server. Indices are those of the manifest. */
export interface IngressBody {
  readonly ingressClassName: string | null;
  readonly defaultBackend: IngressBackend | null;
  /** `host` is null for a rule of every host; `paths` is null for a rule without `http`. */
  readonly rules: readonly { readonly host: string | null; readonly paths: readonly IngressPath[] | null }[];
  readonly tls: readonly { readonly hosts: readonly string[]; readonly secretName: string | null }[];
  readonly loadBalancer: readonly LoadBalancerAddress[];
}

/** networking.k8s.io/v1 IngressClass. Cluster-wide: its namespace is empty. */
export interface IngressClassBody {
  readonly controller: string;
  readonly isDefault: boolean;
}

/** v1 Service, the parts that matter to routing. */
export interface ServiceBody {
  readonly type: "ClusterIP" | "NodePort" | "LoadBalancer" | "ExternalName";
  readonly externalName: string | null;
  readonly ports: readonly { readonly name: string | null; readonly port: number }[];
  readonly loadBalancer: readonly LoadBalancerAddress[];
}

/** v1 Secret. */
export interface SecretBody {
  readonly type: string;
  readonly content: SecretContent;
}

/** v1 ConfigMap, without its binary data. */
export interface ConfigMapBody {
  readonly data: Readonly<Record<string, string>>;
}

/** An http or https origin, without path: what an endpoint of a Cluster may be. */
export interface EndpointUrl {
  readonly scheme: "http" | "https";
  /** Lower case; IPv6 in brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** edge-ingress.dev/v1alpha1 Cluster. Cluster-wide: its namespace is empty. */
export interface ClusterBody {
  /** The load balancer of the cluster's own ingress; null for a cluster that has per-Service endpoints only. */
  readonly endpoint: EndpointUrl | null;
  readonly via: { readonly vpcService: string } | { readonly vpcNetwork: string } | null;
  /** Which Host the cluster sees: the client's, or the endpoint's own name (then with X-Forwarded-Host). */
  readonly host: "client" | "endpoint";
  /** 0 to 65535; 0 drains. */
  readonly weight: number;
  /** `port` is null where the manifest has none: every port of that Service. */
  readonly services: readonly {
    readonly namespace: string;
    readonly name: string;
    readonly port: number | string | null;
    readonly endpoint: EndpointUrl;
    readonly healthCheck: HealthCheck | null;
  }[];
  /** As written: paths and globs, relative to the Cluster's own file. */
  readonly manifests: readonly string[];
  /** How its endpoints are watched and preferred, defaults filled in. */
  readonly upstream: Omit<ClusterRecord, "name" | "serviceChecks">;
}

/** What an EdgePolicy is attached to: GEP-713's target reference. */
export type PolicyTargetRef =
  | { readonly kind: "Ingress"; readonly name: string }
  /** `path` is normalised; null for all rules of the host. */
  | { readonly kind: "Host"; readonly name: string; readonly path: string | null }
  | { readonly kind: "Edge" };

/** edge-ingress.dev/v1alpha1 EdgePolicy. */
export interface EdgePolicyBody {
  /** Where another kind says what an EdgePolicy could. */
  readonly writtenAs?: "ConfigMap";
  /** Indices are those of the manifest. */
  readonly targetRefs: readonly PolicyTargetRef[];
  readonly settings: readonly PolicySetting[];
}

/** Everything that was read, by kind, in an order that does not depend on file order. */
export interface ResourceSet {
  readonly ingresses: readonly Resource<IngressBody>[];
  readonly ingressClasses: readonly Resource<IngressClassBody>[];
  readonly services: readonly Resource<ServiceBody>[];
  readonly secrets: readonly Resource<SecretBody>[];
  readonly configMaps: readonly Resource<ConfigMapBody>[];
  readonly clusters: readonly Resource<ClusterBody>[];
  readonly edgePolicies: readonly Resource<EdgePolicyBody>[];
}
