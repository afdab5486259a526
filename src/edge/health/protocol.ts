/**
 * What isolates and the health object say to each other. Both sides may be of different versions for a while (a
 * deployment reaches them at different times): fields are added, never changed, and endpoints go by their id.
 * All times are milliseconds since the epoch.
 */

/** What the health object knows of one endpoint. */
export interface EndpointHealth {
  /** `unknown`: not probed yet, or without a health check: counts as healthy. */
  readonly state: "healthy" | "unhealthy" | "unknown";
  readonly since: number;
  /** Why it is in this state, in a few words. */
  readonly cause: string;
  /** When the last good probe was sent; 0: never. Ends an ejection that a probe can refute. */
  readonly lastGoodProbe: number;
  /** Until when it is ejected by agreement of several isolates; 0: it is not. */
  readonly ejectedUntil: number;
  /** Its cluster is to take no new request, by the newest table. */
  readonly drain: boolean;
}

/** Everything an isolate needs, in one answer. */
export interface HealthSnapshot {
  /** When the object made it. */
  readonly at: number;
  readonly endpoints: Readonly<Record<string, EndpointHealth>>;
}

/** Whether a value from outside is a snapshot, as far as a reader depends on it: it may be of another version. */
export function isSnapshot(value: unknown): value is HealthSnapshot {
  if (typeof value !== "object" || value === null || !("at" in value) || !("endpoints" in value)) return false;
  return typeof value.at === "number" && typeof value.endpoints === "object" && value.endpoints !== null;
}

/** Why an isolate ejected an endpoint, named as Envoy's detectors. */
export type EjectionCause = "consecutive-5xx" | "consecutive-gateway-failure" | "failure-percentage";

/**
 * Of an endpoint that does not answer. How backends answer there is not shared: it says nothing of the others behind the
 * same endpoint. Isolates of an older version report that too.
 */
export interface Ejection {
  readonly endpoint: string;
  readonly at: number;
  readonly until: number;
  readonly cause: EjectionCause;
}

/** What an isolate has seen since it last reported; sent with its refresh, at most once in 5 s. */
export interface OutlierReport {
  /** Tells isolates apart; random, made at its first report. */
  readonly isolate: string;
  /** The colo it runs in; empty where the platform does not tell. */
  readonly colo: string;
  readonly ejections: readonly Ejection[];
}

/** One probe, as the status shows it. */
export interface ProbeResult {
  readonly at: number;
  /** Milliseconds until the verdict. */
  readonly took: number;
  readonly ok: boolean;
  /** `200`, `timeout`, `Network connection lost.` … */
  readonly cause: string;
  /** Where it was sent from; empty: the health object's own place. */
  readonly location: string;
  /** False where the prober at that place was not to be heard: it has no vote, and nothing is known of the endpoint. */
  readonly answered: boolean;
}

/** A change of an endpoint's state. */
export interface HealthEvent {
  readonly at: number;
  readonly endpoint: string;
  readonly from: EndpointHealth["state"];
  readonly to: EndpointHealth["state"];
  readonly cause: string;
}

/** What the health object tells an operator. */
export interface HealthStatus extends HealthSnapshot {
  /** The newest first, at most 20 of each endpoint. */
  readonly probes: Readonly<Record<string, readonly ProbeResult[]>>;
  /** The newest first, at most 100. */
  readonly events: readonly HealthEvent[];
  /** Ejections that isolates reported and that are not over, by endpoint. */
  readonly ejections: Readonly<
    Record<string, readonly (Ejection & { readonly isolate: string; readonly colo: string })[]>
  >;
}

/** The health object's methods, as isolates call them. Each call is one billed request. */
export interface HealthApi {
  /** Takes a report, where there is one, and answers with the snapshot. */
  sync(report: OutlierReport | null): Promise<HealthSnapshot>;
  status(): Promise<HealthStatus>;
}

/** Name of the Durable Object binding; without it the edge has passive health alone. */
export const HEALTH_BINDING = "EDGE_INGRESS_HEALTH";

/** How long an isolate, and a colo's cache, goes on with a snapshot before it asks for another, in milliseconds. */
export const SNAPSHOT_INTERVAL = 5_000;
