import type { Position } from "../diagnostics/diagnostic.ts";

/** A Kubernetes Service and one of its ports. */
export interface ServiceRef {
  readonly kind: "Service";
  readonly namespace: string;
  readonly name: string;
  /** The number where it is written or a Service manifest gives it, else the port's name. */
  readonly port: number | string;
}

/** A backend that is no Service (Ingress `resource`): kept for the report, never served. */
export interface ResourceRef {
  readonly kind: "Resource";
  readonly apiGroup: string;
  readonly resourceKind: string;
  readonly namespace: string;
  readonly name: string;
}

/** Gateway API's HTTPBackendRef: what a rule sends requests to, before clusters and addresses are known. */
export interface BackendRef {
  readonly ref: ServiceRef | ResourceRef;
  /** Share of this rule's requests among its backends; 0 takes none. Ingress has one backend of weight 1. */
  readonly weight: number;
  /** True: it is asked at its own addresses alone, never through a cluster's ingress. */
  readonly direct?: boolean;
  /** Where it is written; null for one that an option gave. */
  readonly at: Position | null;
}

/** `namespace/name:port`, or the same with the kind for what is no Service. */
export function backendName(ref: ServiceRef | ResourceRef): string {
  if (ref.kind === "Service") return `${ref.namespace}/${ref.name}:${ref.port}`;
  return `${ref.apiGroup === "" ? "" : `${ref.apiGroup}/`}${ref.resourceKind}/${ref.namespace}/${ref.name}`;
}
