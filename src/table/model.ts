import type { PathType, TransportName } from "./layout.ts";
import type { ClusterRecord } from "./policies/cluster-record.ts";
import type { HealthCheck } from "./policies/health-check.ts";
import type { RulePolicies } from "./policies/rule-policies.ts";

/** A cluster, and how its endpoints are watched. */
export interface Cluster extends ClusterRecord {
  /** Position in the table, stable for its lifetime. */
  readonly index: number;
}

/** A place that answers requests: the ingress of a cluster, or the load balancer of one Service in it. */
export interface Endpoint {
  /** Position in the table, stable for its lifetime. */
  readonly index: number;
  /** The same in every table: cluster, mode and address. What is remembered of an endpoint goes by it. */
  readonly id: string;
  readonly cluster: Cluster;
  /** How it is probed; null: not at all. */
  readonly healthCheck: HealthCheck | null;
  readonly mode: "ingress" | "service";
  readonly scheme: "http" | "https";
  readonly hostname: string;
  readonly port: number;
  /** Which Host the endpoint sees. */
  readonly host: "client" | "endpoint";
  readonly transport: TransportName;
  /** Name of the binding, for the two binding transports; else empty. */
  readonly binding: string;
  /** The zone that holds both the client's hosts and the endpoint's name, for `zone-name`; else empty. */
  readonly zone: string;
}

/** One endpoint of a backend with its share; 0 takes no request. Weights are relative within the backend. */
export interface Target {
  readonly endpoint: Endpoint;
  readonly weight: number;
}

/** A Service and the endpoints that lead to it. */
export interface Backend {
  /** `namespace/name:port`. */
  readonly name: string;
  readonly weight: number;
  /** False for a backend that is no Service: it has no targets and answers 503. */
  readonly served: boolean;
  readonly targets: readonly Target[];
}

/** A header or query match of a rule. */
export interface ValueCondition {
  readonly type: "Exact" | "RegularExpression";
  readonly name: string;
  readonly value: string;
}

/** What a rule asks beyond host and path; all must hold. */
export interface Conditions {
  /** Null: any method. */
  readonly method: string | null;
  readonly headers: readonly ValueCondition[];
  readonly queryParams: readonly ValueCondition[];
}

/** One rule of a host as the edge uses it. */
export interface Rule {
  /** What it was written as: `Ingress shop/cart`. */
  readonly name: string;
  readonly pathType: PathType;
  readonly path: string;
  readonly conditions: Conditions | null;
  readonly backends: readonly Backend[];
  /** Milliseconds until the answer's headers must have reached the client; 0: no limit. */
  readonly requestTimeout: number;
  /** Milliseconds that one endpoint has for its answer's headers; 0: no limit. */
  readonly backendRequestTimeout: number;
  /** One object for all rules of the same policies. */
  readonly policies: RulePolicies;
}
