import type { Cluster } from "../../table/model.ts";
import type { Ejection, EndpointHealth, OutlierReport } from "./protocol.ts";

/** An isolate's ejection as it was reported. */
export interface ReportedEjection extends Ejection {
  readonly isolate: string;
  readonly colo: string;
}

/** So many isolates have to report an endpoint before the others believe it. */
const AGREEMENT = 2;

/** Milliseconds in which their reports have to come: as long as Envoy's first ejection. */
export const AGREEMENT_WINDOW = 30_000;

/** Isolates remembered for each endpoint, the newest. */
const REPORTERS = 16;

/** What is read of one report; an isolate has at most one ejection for each endpoint. */
const LONGEST_REPORT = 1_000;

/** Characters of an isolate's name, and of a colo's: neither is ours to believe. */
const LONGEST_NAME = 64;

type Probed = Pick<EndpointHealth, "state" | "since" | "lastGoodProbe">;

interface OfEndpoint {
  /** By isolate. */
  readonly reports: Map<string, ReportedEjection & { readonly receivedAt: number }>;
  /** Until when the endpoint is ejected for all; 0: it never was. */
  sharedUntil: number;
}

/**
 * What isolates ejected, and what they agree on. One isolate alone may have a bad way to a cluster; two that ejected
 * the same endpoint in AGREEMENT_WINDOW speak for the others, for as long as both would.
 */
export class Ejections {
  readonly #byEndpoint = new Map<string, OfEndpoint>();

  /** Takes in what holds; the endpoints that are reported anew. `clusterOf`: null for what the table does not name. */
  take(report: OutlierReport, clusterOf: (endpoint: string) => Cluster | null, now: number): Ejection[] {
    const isolate = report.isolate.slice(0, LONGEST_NAME);
    const colo = report.colo.slice(0, LONGEST_NAME);
    return report.ejections.slice(0, LONGEST_REPORT).filter(({ endpoint, at, until, cause }) => {
      const cluster = clusterOf(endpoint);
      if (cluster === null || !(until > now) || !(at <= until)) return false;
      const longest = now + cluster.outlierDetection.maxEjectionTime;
      this.#add({ endpoint, at, until: Math.min(until, longest), cause, isolate, colo, receivedAt: now }, now);
      return true;
    });
  }

  /** Until when the endpoint is ejected by agreement; 0: it is not. */
  sharedUntil(endpoint: string, now: number): number {
    const until = this.#byEndpoint.get(endpoint)?.sharedUntil ?? 0;
    return until > now ? until : 0;
  }

  /**
   * What probes found refutes ejections, as in the isolates: a good one those before it for failures of the gateway; a
   * recovery since all of them. That the health path answers says nothing about an application's other 500s.
   */
  refute(endpoint: string, { state, since, lastGoodProbe }: Probed): void {
    const known = this.#byEndpoint.get(endpoint);
    if (known === undefined) return;
    for (const [isolate, { cause, at }] of known.reports) {
      const isReachable = cause === "consecutive-gateway-failure" && at < lastGoodProbe;
      if (isReachable || (state === "healthy" && at < since)) known.reports.delete(isolate);
    }
    if (known.reports.size < AGREEMENT) known.sharedUntil = 0;
    if (known.reports.size === 0) this.#byEndpoint.delete(endpoint);
  }

  /** The ejections that are not over. */
  running(endpoint: string, now: number): ReportedEjection[] {
    const reports = [...(this.#byEndpoint.get(endpoint)?.reports.values() ?? [])];
    return reports.filter(({ until }) => until > now).map(({ receivedAt: _, ...ejection }) => ejection);
  }

  /** Endpoints with ejections that are not over. */
  endpoints(now: number): string[] {
    return [...this.#byEndpoint.keys()].filter((endpoint) => this.running(endpoint, now).length > 0);
  }

  #add(reported: ReportedEjection & { readonly receivedAt: number }, now: number): void {
    const known = this.#byEndpoint.get(reported.endpoint) ?? { reports: new Map(), sharedUntil: 0 };
    this.#byEndpoint.set(reported.endpoint, known);
    const { reports } = known;
    reports.delete(reported.isolate);
    for (const [isolate, { until }] of reports) if (until <= now) reports.delete(isolate);
    const oldest = reports.keys().next();
    if (reports.size >= REPORTERS && !oldest.done) reports.delete(oldest.value);
    reports.set(reported.isolate, reported);
    const ends = [...reports.values()]
      .filter(({ receivedAt }) => now - receivedAt <= AGREEMENT_WINDOW)
      .map(({ until }) => until)
      .sort((a, b) => b - a);
    known.sharedUntil = Math.max(known.sharedUntil, ends[AGREEMENT - 1] ?? 0);
  }
}
