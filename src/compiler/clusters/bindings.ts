import { createHash } from "node:crypto";
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

/** The network binding of a cluster: one for all addresses behind its tunnel. */
export function networkBinding(cluster: string): string {
  return bindingName("NETWORK", [cluster], cluster);
}

/** Names that stay apart when every other character becomes `_`. */
const PLAIN = /^[a-z0-9]+(?:-[a-z0-9]+)*$/;

function bindingName(kind: string, parts: readonly string[], identity: string): string {
  const name = [kind, ...parts]
    .join("_")
    .toUpperCase()
    .replace(/[^A-Z0-9]+/g, "_");
  const [first = "", ...rest] = parts;
  if (rest.length === 0 && PLAIN.test(first)) return name;
  return `${name}_${createHash("sha256").update(identity).digest("hex").slice(0, 8).toUpperCase()}`;
}
