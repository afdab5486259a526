import { stringify } from "yaml";
import { formatText } from "../../src/compiler/index.ts";
import type { Backend, Rule } from "../../src/table/model.ts";
import type { Region } from "../../src/table/policies/health-check.ts";
import { openTable, type Table } from "../../src/table/reader.ts";
import { normaliseTarget, type RequestTarget } from "../../src/table/target.ts";
import { compiled } from "../../test/support/compiled.ts";

/** What a user would write for the clusters of a simulation. */
export interface Written {
  /** One cluster in each. */
  readonly regions: readonly Region[];
  /** Milliseconds between the probes of a cluster. */
  readonly interval: number;
  readonly locations: readonly Region[];
  /** Milliseconds; 0: not written. */
  readonly perTryTimeout: number;
}

/** The one route of a simulation, and the table that it was compiled to. */
export interface SimulatedRoute {
  readonly table: Table;
  readonly rule: Rule;
  readonly backend: Backend;
  /** What all requests ask for. */
  readonly target: RequestTarget;
}

const HOST = "shop.example.com";
const OURS = "edge-ingress.dev/v1alpha1";

/** Everything that is not in `written` has the defaults of the field. */
export function compileRoute(written: Written): SimulatedRoute {
  const { output, diagnostics, files } = compiled(manifestsOf(written));
  if (output === null) throw new Error(formatText(diagnostics, files));
  const opened = openTable(output.table.buffer);
  if (!opened.ok) throw new Error(opened.reason);
  const { table } = opened;
  const rule = table.routerFor(HOST)?.rules[0];
  const backend = rule?.backends[0];
  const normalised = normaliseTarget(`https://${HOST}/`);
  if (rule === undefined || backend === undefined || !normalised.ok) throw new Error(`there is no route for ${HOST}`);
  return { table, rule, backend, target: normalised.target };
}

function manifestsOf({ regions, interval, locations, perTryTimeout }: Written): string {
  const clusters = regions.map((region) => ({
    apiVersion: OURS,
    kind: "Cluster",
    metadata: { name: region },
    spec: {
      endpoint: `https://${region}.example.net`,
      region,
      healthCheck: { path: "/healthz", interval: `${interval}ms`, locations },
    },
  }));
  const policy = {
    apiVersion: OURS,
    kind: "EdgePolicy",
    metadata: { name: "retries" },
    spec: { targetRefs: [{ kind: "Edge" }], retry: { perTryTimeout: `${perTryTimeout}ms` } },
  };
  const documents = [INGRESS, ...clusters, ...(perTryTimeout === 0 ? [] : [policy])];
  return documents.map((document) => stringify(document)).join("---\n");
}

const INGRESS = {
  apiVersion: "networking.k8s.io/v1",
  kind: "Ingress",
  metadata: { name: "shop" },
  spec: {
    rules: [
      {
        host: HOST,
        http: {
          paths: [{ path: "/", pathType: "Prefix", backend: { service: { name: "shop", port: { number: 80 } } } }],
        },
      },
    ],
  },
};
