import type { EdgeStatus, EndpointStatus } from "../../src/cli/status/schema.ts";

/** When the statuses below were made. */
export const NOW = 1_800_000_000_000;

export function endpointOf(cluster: string, differences: Partial<EndpointStatus> = {}): EndpointStatus {
  return {
    id: `ingress ${cluster} https://${cluster}.test:443`,
    address: `https://${cluster}.test:443`,
    mode: "ingress",
    state: "healthy",
    since: NOW - 192_000,
    cause: "2 good probes",
    drained: false,
    ejectedUntil: null,
    ejectionCause: null,
    ejections: 0,
    backendEjections: [],
    sharedEjectedUntil: null,
    slowStart: null,
    pending: 1,
    latency: 12,
    lastProbes: [{ at: NOW - 1000, took: 9, ok: true, cause: "200", location: "" }],
    ...differences,
  };
}

export function clusterOf(name: string, differences: Partial<EndpointStatus> = {}): EdgeStatus["clusters"][number] {
  return { name, region: "weur", priority: 0, drain: false, endpoints: [endpointOf(name, differences)] };
}

export function statusOf(clusters: EdgeStatus["clusters"], differences: Partial<EdgeStatus> = {}): EdgeStatus {
  return {
    table: "0312ac15bed4aa",
    published: null,
    now: NOW,
    isolate: { id: "4f2a", colo: "AMS", snapshotAge: 1900, retryBudget: { active: 50, allowed: 10, used: 3 } },
    clusters,
    events: [],
    problem: null,
    ...differences,
  };
}

export const WELL = statusOf([clusterOf("eu-west"), clusterOf("us-east")]);
export const SICK = statusOf([clusterOf("eu-west"), clusterOf("us-east", { state: "unhealthy", cause: "timeout" })]);
