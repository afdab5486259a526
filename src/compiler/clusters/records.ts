import { endpointId } from "../../table/endpoint-id.ts";
import { type ClusterRecord, DEFAULT_CLUSTER } from "../../table/policies/cluster-record.ts";
import type { HealthCheck } from "../../table/policies/health-check.ts";
import { byText } from "../by-text.ts";
import type { Endpoint } from "../ir/cluster.ts";
import type { ClusterBody, ResourceSet } from "../resources/resource.ts";

/** What the table holds of each cluster that has an endpoint, sorted by name. */
export function clusterRecords(endpoints: readonly Endpoint[], { clusters }: ResourceSet): ClusterRecord[] {
  const bodies = new Map(clusters.map(({ metadata, body }) => [metadata.name, body]));
  const names = new Set(endpoints.map(({ cluster }) => cluster));
  return [...names].sort(byText).map((name) => {
    const body = bodies.get(name);
    return body === undefined
      ? { name, ...DEFAULT_CLUSTER }
      : { name, ...body.upstream, serviceChecks: serviceChecks(name, body) };
  });
}

/** Two Services behind one load balancer share its check: the first one written. */
function serviceChecks(cluster: string, { services }: ClusterBody): ClusterRecord["serviceChecks"] {
  const checks = new Map<string, HealthCheck>();
  for (const { endpoint: url, healthCheck } of services) {
    const endpoint = endpointId({ cluster, mode: "service", url });
    if (healthCheck !== null && !checks.has(endpoint)) checks.set(endpoint, healthCheck);
  }
  return [...checks.keys()].sort(byText).map((endpoint) => ({
    endpoint,
    healthCheck: checks.get(endpoint) as HealthCheck,
  }));
}
