import * as z from "zod";

/**
 * The answer of `/.edge-ingress/status`. The edge may be of another version than this command: what it has besides is
 * let pass. Times are milliseconds since the epoch by the edge's clock; 0, as null, is never.
 */
const time = z.number().nonnegative();
const count = z.number().nonnegative();
const state = z.enum(["healthy", "unhealthy", "unknown"]);

const probe = z.object({ at: time, took: count, ok: z.boolean(), cause: z.string(), location: z.string() });

const endpoint = z.object({
  id: z.string(),
  address: z.string(),
  mode: z.string(),
  state,
  since: time.nullable(),
  cause: z.string(),
  /** Takes no new request, by the edge's table or a newer one. */
  drained: z.boolean(),
  /** By this isolate alone. */
  ejectedUntil: time.nullable(),
  ejectionCause: z.string().nullable(),
  ejections: count,
  /** Backends whose requests this isolate keeps away from it; an edge of an older version tells of none. */
  backendEjections: z.array(z.object({ backend: z.string(), cause: z.string(), until: time })).default([]),
  /** By agreement of several isolates. */
  sharedEjectedUntil: time.nullable(),
  /** The part of its share that it takes after a return, 0 to 1; null: all of it. */
  slowStart: count.nullable(),
  /** Requests that wait for their answer's headers. */
  pending: count,
  latency: count.nullable(),
  lastProbes: z.array(probe),
});

const cluster = z.object({
  name: z.string(),
  region: z.string().nullable(),
  priority: z.number(),
  drain: z.boolean(),
  endpoints: z.array(endpoint),
});

/** The published tables that the edge follows. */
const published = z.object({
  /** Null: the table beside the worker serves. */
  version: z.number().nullable(),
  hash: z.string(),
  publishedAt: z.string().nullable(),
  checkedAt: time,
  problem: z.string().nullable(),
  /** The fingerprint of the tables that it reads. */
  format: z.number(),
  bindings: z.array(z.string()),
  /** The newest format of publications that it reads. An edge of an older version does not say, and reads none in shards. */
  publicationFormat: z.number().default(2),
  /** Of a table in shards, how many there are, and which of them this isolate has in memory; null: the table is whole. */
  shards: z.object({ count, kept: count, bytes: count }).nullable().default(null),
});

export const statusSchema = z.object({
  table: z.string(),
  /** An edge of an older version follows none. */
  published: published.nullable().default(null),
  now: time,
  isolate: z.object({
    id: z.string(),
    colo: z.string(),
    snapshotAge: count.nullable(),
    retryBudget: z.object({ active: count, allowed: count, used: count }),
  }),
  clusters: z.array(cluster),
  events: z.array(z.object({ at: time, endpoint: z.string(), from: state, to: state, cause: z.string() })),
  /** Why the health object was not asked; a sentence. */
  problem: z.string().nullable(),
});

export type EdgeStatus = z.infer<typeof statusSchema>;
export type EndpointStatus = EdgeStatus["clusters"][number]["endpoints"][number];
export type Probe = z.infer<typeof probe>;

/** How an endpoint stands in one word, the worst first. */
export type Standing = "unhealthy" | "ejected" | "unknown" | "healthy";

export function standingOf(endpoint: EndpointStatus, now: number): Standing {
  if (endpoint.state === "unhealthy") return "unhealthy";
  return ejectedFor(endpoint, now) > 0 ? "ejected" : endpoint.state;
}

/** Milliseconds until its ejections are over; 0: it is not ejected. */
export function ejectedFor({ ejectedUntil, sharedEjectedUntil }: EndpointStatus, now: number): number {
  return Math.max(0, (ejectedUntil ?? 0) - now, (sharedEjectedUntil ?? 0) - now);
}

/** Its backends whose requests go elsewhere now. */
export function backendsEjected({ backendEjections }: EndpointStatus, now: number): EndpointStatus["backendEjections"] {
  return backendEjections.filter(({ until }) => until > now);
}

/**
 * True where the edge uses every endpoint for every backend, knows what it says, and serves what is published. `unknown` is used as if it were
 * healthy.
 */
export function isAllWell({ clusters, now, problem, published }: EdgeStatus): boolean {
  const isWell = (endpoint: EndpointStatus) => {
    const standing = standingOf(endpoint, now);
    return (standing === "healthy" || standing === "unknown") && backendsEjected(endpoint, now).length === 0;
  };
  return (
    problem === null &&
    (published?.problem ?? null) === null &&
    clusters.every(({ endpoints }) => endpoints.every(isWell))
  );
}
