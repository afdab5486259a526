import { type ClusterRecord, DEFAULT_CLUSTER } from "../../table/policies/cluster-record.ts";
import { byText } from "../by-text.ts";
import type { Endpoint } from "../ir/cluster.ts";
import type { ResourceSet } from "../resources/resource.ts";

/** What the table holds of each cluster that has an endpoint, sorted by name. */
export function clusterRecords(endpoints: readonly Endpoint[], { clusters }: ResourceSet): ClusterRecord[] {
  const written = new Map(clusters.map(({ metadata, body }) => [metadata.name, body.upstream]));
  const names = new Set(endpoints.map(({ cluster }) => cluster));
  return [...names].sort(byText).map((name) => ({ name, ...(written.get(name) ?? DEFAULT_CLUSTER) }));
}
