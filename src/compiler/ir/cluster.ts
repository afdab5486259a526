import type { Position } from "../diagnostics/diagnostic.ts";
import type { EndpointUrl } from "../resources/resource.ts";

/** How requests reach an endpoint (docs/architecture.md, "How the edge reaches a cluster"). */
export type Transport =
  | { readonly name: "service-binding"; readonly binding: string }
  | { readonly name: "network-binding"; readonly binding: string }
  | { readonly name: "zone-name"; readonly zone: string }
  | { readonly name: "public-name" };

/**
 * Who answers behind an endpoint. `ingress`: the cluster's own ingress, which reads the same manifest again, so the
 * edge must not apply it twice. `service`: the load balancer of one Service; the edge does everything.
 */
export type TargetMode = "ingress" | "service";

/** A place that answers requests, and how it is reached. */
export interface Endpoint {
  /** Unique among the endpoints of a router: mode, cluster, URL. */
  readonly id: string;
  readonly cluster: string;
  readonly mode: TargetMode;
  readonly url: EndpointUrl;
  /** Which Host the endpoint sees. */
  readonly host: "client" | "endpoint";
  readonly transport: Transport;
  /** Where the address is written; null for an address given by an option. */
  readonly at: Position | null;
}

/** A service outside of the clusters that the edge itself asks, by a service binding. */
export interface BoundService {
  readonly binding: string;
  readonly url: EndpointUrl;
}

/** An endpoint with its share of a backend's requests: whole numbers, relative within the backend. */
export interface Target {
  readonly endpoint: Endpoint;
  readonly weight: number;
}
