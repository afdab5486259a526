import type { Cluster } from "../../table/model.ts";
import type { Table } from "../../table/reader.ts";
import type { Settings } from "../../table/settings.ts";
import type { Diff } from "./change.ts";

/**
 * What differs between two tables that no single request shows: settings of the edge and of clusters, in words; and what of
 * it guards go by. Who is a client's proxy decides which address a guard sees, to either side.
 */
export function settingsDifferences(old: Table, young: Table): Pick<Diff, "settings" | "guardSettings"> {
  const [was, is] = [clustersOf(old), clustersOf(young)];
  const names = [...new Set([...was.keys(), ...is.keys()])].sort();
  const clusters = names.flatMap((name) => clusterDifference(name, was.get(name), is.get(name)));
  const isSeen = JSON.stringify(old.settings.trustedProxies) !== JSON.stringify(young.settings.trustedProxies);
  return {
    settings: [...settingsDifference(old, young), ...clusters],
    guardSettings: isSeen ? ["trusted proxies"] : [],
  };
}

/** The settings of the edge, as people call them. */
const SETTINGS = [
  ["trustedProxies", "trusted proxies"],
  ["nginxHeaders", "headers as ingress-nginx treats them"],
] as const satisfies readonly (readonly [keyof Settings, string])[];

function settingsDifference({ settings: was }: Table, { settings: is }: Table): string[] {
  const found = SETTINGS.filter(([field]) => JSON.stringify(was[field]) !== JSON.stringify(is[field]));
  return found.length === 0 ? [] : [`settings of the edge differ: ${found.map(([, name]) => name).join(", ")}`];
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
