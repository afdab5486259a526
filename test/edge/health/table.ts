import { encodeTable } from "../../../src/compiler/table/encode.ts";
import type { ClusterRecord } from "../../../src/table/policies/cluster-record.ts";
import { DEFAULT_HEALTH_CHECK, type HealthCheck } from "../../../src/table/policies/health-check.ts";
import { openTable, type Table } from "../../../src/table/reader.ts";
import { type RouterSketch, routerOf } from "../../support/router.ts";

/** What differs from a cluster with the default health check, by name; null: one without a check. */
export type ClusterSketches = Readonly<
  Record<string, { readonly check?: Partial<HealthCheck> | null } & Partial<Omit<ClusterRecord, "healthCheck">>>
>;

/** One endpoint in each cluster, behind one rule; without jitter, which tests of it ask for. */
export function sketchOf(clusters: ClusterSketches): RouterSketch {
  const entries = Object.entries(clusters);
  return {
    rules: [
      {
        hostname: "shop.test",
        path: "/",
        service: "shop",
        targets: Object.fromEntries(entries.map(([name]) => [name, 1])),
      },
    ],
    clusters: Object.fromEntries(
      entries.map(([name, { check = {}, ...rest }]) => [
        name,
        { ...rest, healthCheck: check === null ? null : { ...DEFAULT_HEALTH_CHECK, jitterPercent: 0, ...check } },
      ]),
    ),
  };
}

export function tableOf(clusters: ClusterSketches): Table {
  const opened = openTable(encodeTable(routerOf(sketchOf(clusters))).buffer);
  if (!opened.ok) throw new Error(opened.reason);
  return opened.table;
}

/** The id of the endpoint in the cluster of that name. */
export function idOf(cluster: string): string {
  return `ingress ${cluster} http://${cluster}.test:80`;
}
