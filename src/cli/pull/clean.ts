import { isMapping } from "../../compiler/resources/schema.ts";
import type { KubeObject } from "./api.ts";

/** Annotations that tools write for themselves: a copy of the object, or what changes without a change of its meaning. */
const NOISE = new Set([
  "kubectl.kubernetes.io/last-applied-configuration",
  "field.cattle.io/publicEndpoints",
  "control-plane.alpha.kubernetes.io/leader",
]);

/** What is kept of metadata. `creationTimestamp` decides between Ingresses that say the same. */
const METADATA = ["name", "namespace", "annotations", "labels", "creationTimestamp"];

/** What is kept of a Service's spec and ports: all that routing reads. Addresses within the cluster come and go. */
const SERVICE_SPEC = ["type", "externalName", "ports"];
const SERVICE_PORT = ["name", "port", "protocol", "appProtocol", "targetPort"];

/** An object without what the API server and tools add: two pulls of the same state give the same. */
export function cleaned(object: KubeObject): KubeObject {
  const { apiVersion, kind, metadata, spec, status } = object;
  const balancer = isMapping(status) && isMapping(status.loadBalancer) ? status.loadBalancer : {};
  const hasAddress = Array.isArray(balancer.ingress) && balancer.ingress.length > 0;
  return {
    apiVersion,
    kind,
    metadata: cleanedMetadata(metadata),
    ...("spec" in object && { spec: kind === "Service" ? serviceSpec(spec) : spec }),
    ...(kind === "ConfigMap" && { data: object.data ?? {} }),
    ...(hasAddress && { status: { loadBalancer: { ingress: balancer.ingress } } }),
  };
}

function cleanedMetadata(metadata: unknown): KubeObject {
  const kept = picked(metadata, METADATA);
  const annotations = isMapping(kept.annotations) ? Object.entries(kept.annotations) : [];
  const spoken = annotations.filter(([name]) => !NOISE.has(name));
  const { annotations: _, ...rest } = kept;
  return spoken.length === 0 ? rest : { ...rest, annotations: Object.fromEntries(spoken) };
}

function serviceSpec(spec: unknown): KubeObject {
  const kept = picked(spec, SERVICE_SPEC);
  const ports = Array.isArray(kept.ports) ? kept.ports.map((port) => picked(port, SERVICE_PORT)) : null;
  return ports === null ? kept : { ...kept, ports };
}

function picked(value: unknown, keys: readonly string[]): KubeObject {
  if (!isMapping(value)) return {};
  return Object.fromEntries(keys.filter((key) => key in value).map((key) => [key, value[key]]));
}
