import type { Cluster } from "../../table/model.ts";
import type { Table } from "../../table/reader.ts";

/** What differs between two tables that no single request shows: settings of the edge and of clusters, in words. */
export function settingsDifferences(old: Table, young: Table): string[] {
  const [was, is] = [clustersOf(old), clustersOf(young)];
  const names = [...new Set([...was.keys(), ...is.keys()])].sort();
  return [
    ...(JSON.stringify(old.settings) === JSON.stringify(young.settings)
      ? []
      : ["settings of the edge differ: trusted proxies"]),
    ...names.flatMap((name) => clusterDifference(name, was.get(name), is.get(name))),
  ];
}

function clustersOf({ clusters }: Table): Map<string, Cluster> {
  return new Map(clusters.map((cluster) => [cluster.name, cluster]));
}

function clusterDifference(name: string, was?: Cluster, is?: Cluster): string[] {
  if (was === undefined) return [`cluster ${name} is new`];
  if (is === undefined) return [`cluster ${name} is gone`];
  const before = new Map<string, unknown>(Object.entries(was));
  const fields = Object.entries(is)
    .filter(([field, value]) => field !== "index" && JSON.stringify(value) !== JSON.stringify(before.get(field)))
    .map(([field]) => field);
  return fields.length === 0 ? [] : [`cluster ${name}: ${fields.join(", ")} differ`];
}
