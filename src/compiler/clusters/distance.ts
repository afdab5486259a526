import type { ClusterRecord } from "../../table/policies/cluster-record.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import type { VirtualHost } from "../ir/router.ts";
import type { ResourceSet } from "../resources/resource.ts";

/** Reports clusters that come last where the nearest is preferred, for they do not say where they are. */
export function reportUnplaced(
  records: readonly ClusterRecord[],
  hosts: readonly VirtualHost[],
  { clusters }: ResourceSet,
): Diagnostic[] {
  const isNearest = hosts.some(({ rules }) => rules.some(({ policies }) => policies.loadBalancing.type === "Nearest"));
  if (!isNearest) return [];
  const serving = records.filter(({ drain }) => !drain);
  return serving.flatMap(({ name, region, near, priority }) => {
    if (region !== null || near.length > 0) return [];
    const placed = serving.filter(
      (other) => other.priority === priority && (other.region ?? other.near[0]) !== undefined,
    );
    const resource = clusters.find(({ metadata }) => metadata.name === name);
    if (placed.length === 0 || resource === undefined) return [];
    const others = placed.map((other) => other.name).join(", ");
    const message = `cluster ${name} has neither region nor near, so it comes after ${others} for every client`;
    return [diagnose("EI3010", resource.locate(["metadata", "name"]), message)];
  });
}
