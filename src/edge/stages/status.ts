import type { Endpoint } from "../../table/model.ts";
import type { Table } from "../../table/reader.ts";
import { type Env, textOf } from "../env.ts";
import type { HealthStatus } from "../health/protocol.ts";
import type { EndpointState } from "../upstream/endpoint-state.ts";
import type { EndpointStates } from "../upstream/endpoint-states.ts";
import type { RetryUsage } from "../upstream/retry-budget.ts";

export const STATUS_PATH = "/.edge-ingress/status";

/** Secret that opens the status; without it the path is a path like any other. */
export const STATUS_TOKEN = "EDGE_INGRESS_STATUS_TOKEN";

/** What the status tells besides what the states hold. */
export interface StatusSources {
  readonly table: Table;
  readonly states: EndpointStates;
  readonly isolate: { readonly id: string; readonly colo: string; readonly snapshotAge: number | null };
  readonly retryBudget: RetryUsage;
  /** What the health object says now; null where it could not be asked, and then `problem` says why. */
  readonly health: HealthStatus | null;
  readonly problem: string | null;
}

/**
 * Whether a request asks for the status, and may: `no`: it is a request like any other. `refused`: the token is missing
 * or wrong. Compared by digest, so that time tells nothing of it.
 */
export async function asksForStatus(path: string, headers: Headers, env: Env): Promise<"no" | "refused" | "granted"> {
  if (path !== STATUS_PATH) return "no";
  const token = textOf(env, STATUS_TOKEN);
  if (token === null || token === "") return "no";
  const sent = /^Bearer (.+)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? "";
  const [expected, actual] = await Promise.all([token, sent].map(digest));
  return crypto.subtle.timingSafeEqual(expected as ArrayBuffer, actual as ArrayBuffer) ? "granted" : "refused";
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}

/** The status as JSON: plain data, made for `edge-ingress status` and for monitoring. */
export function statusResponse(sources: StatusSources, now: number): Response {
  const { table, states, isolate, retryBudget, health, problem } = sources;
  const byCluster = Map.groupBy(states.all(), ({ endpoint }) => endpoint.cluster);
  const clusters = table.clusters.map((cluster) => ({
    name: cluster.name,
    region: cluster.region,
    priority: cluster.priority,
    drain: cluster.drain,
    endpoints: (byCluster.get(cluster) ?? []).map((state) => describe(state, health, now)),
  }));
  const events = health?.events ?? [];
  const body = { table: table.contentHash, now, isolate: { ...isolate, retryBudget }, clusters, events, problem };
  return Response.json(body, { headers: { "cache-control": "no-store" } });
}

/** 401 for who has no token, or a wrong one. */
export function statusRefused(): Response {
  return Response.json(
    { title: "Unauthorized", status: 401, detail: `The status asks for the token of ${STATUS_TOKEN}.` },
    {
      status: 401,
      headers: {
        "content-type": "application/problem+json",
        "www-authenticate": 'Bearer realm="edge-ingress"',
        "cache-control": "no-store",
      },
    },
  );
}

function describe(state: EndpointState, health: HealthStatus | null, now: number) {
  const { endpoint } = state;
  const probed = health?.endpoints[endpoint.id];
  return {
    id: endpoint.id,
    address: addressOf(endpoint),
    mode: endpoint.mode,
    state: probed?.state ?? (state.activelyHealthy ? "unknown" : "unhealthy"),
    since: probed?.since ?? null,
    cause: probed?.cause ?? "no health check",
    drained: state.drained,
    ejectedUntil: state.ejectedUntil > now ? state.ejectedUntil : null,
    ejectionCause: state.ejectedUntil > now ? state.ejectionCause : null,
    ejections: state.ejections,
    sharedEjectedUntil: state.sharedEjectedUntil > now ? state.sharedEjectedUntil : null,
    slowStart: state.isInSlowStart(now) ? state.share(now) : null,
    pending: state.pending,
    latency: state.latency === 0 ? null : Math.round(state.latency),
    lastProbes: health?.probes[endpoint.id] ?? [],
    reportedEjections: health?.ejections[endpoint.id] ?? [],
  };
}

function addressOf({ scheme, hostname, port }: Endpoint): string {
  return `${scheme}://${hostname}:${port}`;
}
