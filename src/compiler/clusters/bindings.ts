import { bindingName } from "../binding-name.ts";
import type { EndpointUrl } from "../resources/resource.ts";
import { type EndpointDraft, endpointId } from "./endpoint-draft.ts";

/**
 * The service binding of an endpoint. A function of that endpoint alone: no change of other clusters or addresses may
 * move a name that stands in a wrangler configuration to another endpoint.
 */
export function serviceBinding(draft: EndpointDraft): string {
  const { cluster, mode, url, isClusterEndpoint } = draft;
  if (isClusterEndpoint) return bindingName("CLUSTER", [cluster], cluster);
  const kind = mode === "ingress" ? "CLUSTER" : "SERVICE";
  return bindingName(kind, [cluster, url.hostname, `${url.port}`], endpointId(draft));
}

/** The service binding of a service outside of the clusters. */
export function askedBinding({ scheme, hostname, port }: EndpointUrl): string {
  return bindingName("ASKED", [hostname, `${port}`], `${scheme}://${hostname}:${port}`);
}

/** The network binding of a cluster: one for all addresses behind its tunnel. */
export function networkBinding(cluster: string): string {
  return bindingName("NETWORK", [cluster], cluster);
}
