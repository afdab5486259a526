import type { Position } from "../diagnostics/diagnostic.ts";
import type { TargetMode } from "../ir/cluster.ts";
import type { ClusterBody, EndpointUrl } from "../resources/resource.ts";

/** An endpoint before it is settled how it is reached. */
export interface EndpointDraft {
  readonly cluster: string;
  readonly mode: TargetMode;
  readonly url: EndpointUrl;
  readonly host: ClusterBody["host"];
  /** True for `spec.endpoint` of the Cluster, which is one; false for addresses of a status and of single Services. */
  readonly isClusterEndpoint: boolean;
  /** Of the Cluster, where it applies to this address. */
  readonly via: ClusterBody["via"];
  /** The VPC service of the Cluster where it leads elsewhere, so that this address is reached publicly. */
  readonly bypasses: string | null;
  readonly at: Position | null;
}

/** Drafts of one id are one endpoint. */
export { endpointId } from "../../table/endpoint-id.ts";
