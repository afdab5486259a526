import type { Cluster } from "../../table/model.ts";
import type { EjectionCause } from "../health/protocol.ts";

/** What comes back begins with this part of its share (Envoy's `min_weight_percent`). */
const SLOW_START_FLOOR = 0.1;

/**
 * What one isolate counted against an endpoint, or against a backend at one of its endpoints, and the ejection that came
 * of it. Fields are plain numbers, changed in place: they are read and written on every request. Times are milliseconds
 * since the epoch.
 */
export class OutlierState {
  /** The one whose limits hold. */
  readonly cluster: Cluster;

  ejectedAt = 0;
  ejectedUntil = 0;
  ejectionCause: EjectionCause | null = null;
  /** Ejections in a row; each makes the next one longer. */
  ejections = 0;
  consecutive5xx = 0;
  consecutiveGatewayFailures = 0;
  windowEnd = 0;
  windowRequests = 0;
  windowFailures = 0;
  /** Requests of the window before, where it ended just before this one began. */
  lastWindowRequests = 0;

  /** When it last came back from being unhealthy or ejected; 0: it never was. */
  returnedAt = 0;

  constructor(cluster: Cluster) {
    this.cluster = cluster;
  }

  /** What was counted for the same endpoint under another table goes on. */
  takeOver(was: OutlierState): void {
    this.ejectedAt = was.ejectedAt;
    this.ejectedUntil = was.ejectedUntil;
    this.ejectionCause = was.ejectionCause;
    this.ejections = was.ejections;
    this.consecutive5xx = was.consecutive5xx;
    this.consecutiveGatewayFailures = was.consecutiveGatewayFailures;
    this.windowEnd = was.windowEnd;
    this.windowRequests = was.windowRequests;
    this.windowFailures = was.windowFailures;
    this.lastWindowRequests = was.lastWindowRequests;
    this.returnedAt = was.returnedAt;
  }

  isEjected(now: number): boolean {
    return this.ejectedUntil > now;
  }

  /** The part of its weight that it takes: 1, but less in the time of its slow start. */
  share(now: number): number {
    const { slowStart } = this.cluster;
    const elapsed = now - this.returnedAt;
    if (this.returnedAt === 0 || slowStart === 0 || elapsed >= slowStart) return 1;
    return Math.max(SLOW_START_FLOOR, elapsed / slowStart);
  }

  isInSlowStart(now: number): boolean {
    return this.returnedAt !== 0 && now - this.returnedAt < this.cluster.slowStart;
  }

  /** Lets it return where its ejection is over. To be called before its health is read. */
  settleIfOver(now: number): void {
    if (this.ejectedUntil !== 0 && this.ejectedUntil <= now) this.endEjection(this.ejectedUntil);
  }

  endEjection(at: number): void {
    this.ejectedUntil = 0;
    this.ejectionCause = null;
    this.beginAnew(at);
  }

  /** After an ejection: what was counted before is forgotten, and requests come slowly. */
  beginAnew(at: number): void {
    this.returnedAt = at;
    this.consecutive5xx = 0;
    this.consecutiveGatewayFailures = 0;
    this.windowEnd = 0;
  }
}
