import type { ClusterRecord } from "../../table/policies/cluster-record.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import type { Endpoint } from "../ir/cluster.ts";
import type { ResourceSet } from "../resources/resource.ts";
import { inZone } from "./transport.ts";

/** Reports health checks whose Host can't be sent through the zone of an endpoint: every probe of it would fail. */
export function reportProbeHosts(
  records: readonly ClusterRecord[],
  endpoints: readonly Endpoint[],
  { clusters }: ResourceSet,
): Diagnostic[] {
  return records.flatMap(({ name, healthCheck }) => {
    const host = healthCheck?.host ?? "";
    const resource = clusters.find(({ metadata }) => metadata.name === name);
    if (host === "" || resource === undefined) return [];
    const zones = endpoints.flatMap(({ cluster, transport }) =>
      cluster === name && transport.name === "zone-name" ? [transport.zone] : [],
    );
    const outside = [...new Set(zones)].filter((zone) => !inZone(host, zone));
    const at = () => resource.locate(["spec", "healthCheck", "host"]);
    const message = (zone: string) =>
      `the health check's host ${host} is not in the zone ${zone}, by which cluster ${name} is reached`;
    return outside.map((zone) => diagnose("EI3006", at(), message(zone)));
  });
}
