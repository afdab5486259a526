import { FINGERPRINT } from "../../table/fingerprint.ts";
import type { Endpoint } from "../../table/model.ts";
import { PARTS_FORMAT } from "../../table/publication.ts";
import type { Table } from "../../table/reader.ts";
import { type Env, textOf } from "../env.ts";
import { healthObjectOf } from "../health/binding.ts";
import type { IsolateHealth } from "../health/isolate.ts";
import { HEALTH_BINDING, type HealthStatus, isSnapshot } from "../health/protocol.ts";
import type { FollowedTables } from "../tables/followed-tables.ts";
import type { EndpointState } from "../upstream/endpoint-state.ts";
import type { Forwarder } from "../upstream/forward.ts";

export const STATUS_PATH = "/.edge-ingress/status";

/** Secret that opens the status; without it the path is a path like any other. */
export const STATUS_TOKEN = "EDGE_INGRESS_STATUS_TOKEN";

/** Milliseconds that the health object has for its answer; without it the status tells what this isolate knows. */
const PATIENCE = 3_000;

/** What the status tells of. */
export interface StatusSources {
  readonly table: Table;
  readonly tables: FollowedTables;
  readonly health: IsolateHealth;
  readonly forwarder: Pick<Forwarder, "retryUsage">;
}

/**
 * The status, for who brings the token; null where the request asks for something else, or the edge has no token. The
 * token is compared by digest, so that time tells nothing of it.
 */
export function serveStatus(
  path: string,
  headers: Headers,
  env: Env,
  sources: StatusSources,
): Promise<Response> | null {
  if (path !== STATUS_PATH) return null;
  const refusal = tokenRefusal(headers, env);
  return refusal === null ? null : answer(refusal, env, sources);
}

/** The answer to who does not bring the token, null for who does; null at once where the edge has none. */
export function tokenRefusal(headers: Headers, env: Env): Promise<Response | null> | null {
  const sent = /^Bearer (.+)$/i.exec(headers.get("authorization") ?? "")?.[1] ?? "";
  return isStatusToken(sent, env)?.then((is) => (is ? null : unauthorized())) ?? null;
}

/** Whether a text is the token, compared by digest; null where the edge has none. */
export function isStatusToken(sent: string, env: Env): Promise<boolean> | null {
  const token = textOf(env, STATUS_TOKEN);
  if (token === null || token === "") return null;
  return Promise.all([digest(token), digest(sent)]).then(([expected, actual]) =>
    crypto.subtle.timingSafeEqual(expected, actual),
  );
}

async function answer(refusal: Promise<Response | null>, env: Env, sources: StatusSources): Promise<Response> {
  const refused = await refusal;
  if (refused !== null) return refused;
  const isChecked = sources.health.states.all().some(({ endpoint }) => endpoint.healthCheck !== null);
  const asked = await askObject(env, isChecked);
  return describe(sources, asked.status, asked.problem, Object.keys(env), Date.now());
}

async function askObject(
  env: Env,
  isChecked: boolean,
): Promise<{ readonly status: HealthStatus | null; readonly problem: string | null }> {
  const object = healthObjectOf(env);
  if (object === null) {
    const problem = isChecked ? `no binding ${HEALTH_BINDING}: the health checks are not made` : null;
    return { status: null, problem };
  }
  const late = scheduler.wait(PATIENCE).then((): null => null);
  try {
    const status = await Promise.race([object.status(), late]);
    if (status === null) return { status, problem: "the health object did not answer in time" };
    const isStatus = isSnapshot(status) && "probes" in status && "ejections" in status;
    return isStatus ? { status, problem: null } : { status: null, problem: "the health object's answer is no status" };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    return { status: null, problem: `the health object could not be asked: ${why}` };
  }
}

function digest(text: string): Promise<ArrayBuffer> {
  return crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
}

/** Plain data, made for `edge-ingress status` and for monitoring. Times are milliseconds since the epoch, 0: never. */
function describe(
  { table, tables, health, forwarder }: StatusSources,
  asked: HealthStatus | null,
  problem: string | null,
  bindings: readonly string[],
  now: number,
): Response {
  const byCluster = Map.groupBy(health.states.all(), ({ endpoint }) => endpoint.cluster);
  const clusters = table.clusters.map((cluster) => ({
    name: cluster.name,
    region: cluster.region,
    priority: cluster.priority,
    drain: cluster.drain,
    endpoints: (byCluster.get(cluster) ?? []).map((state) => describeEndpoint(state, health, asked, now)),
  }));
  const { id, colo, view } = health;
  const isolate = { id, colo, snapshotAge: view.age(now), retryBudget: forwarder.retryUsage(now) };
  const published = { ...tables.status, format: FINGERPRINT, publicationFormat: PARTS_FORMAT, bindings };
  const body = { table: table.contentHash, published, now, isolate, clusters, events: asked?.events ?? [], problem };
  return Response.json(body, { headers: { "cache-control": "no-store" } });
}

function unauthorized(): Response {
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

function describeEndpoint(state: EndpointState, { states }: IsolateHealth, asked: HealthStatus | null, now: number) {
  const { endpoint } = state;
  const probed = asked?.endpoints[endpoint.id];
  return {
    id: endpoint.id,
    address: addressOf(endpoint),
    mode: endpoint.mode,
    state: probed?.state ?? (state.activelyHealthy ? "unknown" : "unhealthy"),
    since: probed?.since ?? 0,
    cause: probed?.cause ?? "no health check",
    drained: state.drained,
    ejectedUntil: state.ejectedUntil > now ? state.ejectedUntil : 0,
    ejectionCause: state.ejectedUntil > now ? state.ejectionCause : null,
    ejections: state.ejections,
    backendEjections: states.backendEjections(state, now),
    sharedEjectedUntil: state.sharedEjectedUntil > now ? state.sharedEjectedUntil : 0,
    slowStart: state.isInSlowStart(now) ? state.share(now) : null,
    pending: state.pending,
    latency: state.latency === 0 ? null : Math.round(state.latency),
    lastProbes: asked?.probes[endpoint.id] ?? [],
    reportedEjections: asked?.ejections[endpoint.id] ?? [],
  };
}

function addressOf({ scheme, hostname, port }: Endpoint): string {
  return `${scheme}://${hostname}:${port}`;
}
