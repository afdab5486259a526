import type { Endpoint } from "../../table/model.ts";
import type { EjectionCause } from "../health/protocol.ts";
import { InFlight } from "./in-flight.ts";

/** The time constant of the measured latency, in milliseconds: what lies three times as far back counts for 5 %. */
const LATENCY_DECAY = 10_000;
/** The same for an endpoint that nobody asks, until it is asked again whether it still is slow. */
const LATENCY_MEMORY = 60_000;
/** An answer in no time at all, as a clock that stands still makes it, costs as much as this. */
const LEAST_LATENCY = 1;
/** Milliseconds that a request is taken to wait for an endpoint of which nothing has come back yet. */
const UNMEASURED = 60_000;

/** An endpoint that comes back begins with this part of its share (Envoy's `min_weight_percent`). */
const SLOW_START_FLOOR = 0.1;

/**
 * What one isolate knows of one endpoint. Fields are plain numbers, changed in place: they are read and written on
 * every request. Times are milliseconds since the epoch.
 */
export class EndpointState {
  readonly endpoint: Endpoint;
  /** By the health object: false while its probes say so. */
  activelyHealthy = true;
  /** By the health object's table, which may be newer than ours. */
  drained = false;
  /** Ejected by several isolates in agreement, as the health object tells. */
  sharedEjectedUntil = 0;

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
  /** Requests that wait for their answer's headers. */
  pending = 0;
  /** Answers whose body is under way; counted only where a circuit breaker asks for it. */
  streaming = 0;
  /** Milliseconds to an answer's headers, as a peak-sensitive moving average; 0: not measured yet. */
  latency = 0;
  #measuredAt = 0;

  /** Counts `pending` and `streaming`. */
  readonly waiting = new InFlight((by) => {
    this.pending += by;
  });
  readonly streams = new InFlight((by) => {
    this.streaming += by;
  });

  constructor(endpoint: Endpoint) {
    this.endpoint = endpoint;
    this.drained = endpoint.cluster.drain;
  }

  isEjected(now: number): boolean {
    return this.ejectedUntil > now || this.sharedEjectedUntil > now;
  }

  /** True while the circuit breaker lets another request through. */
  hasRoom(): boolean {
    const { maxPendingRequests, maxRequests } = this.endpoint.cluster.circuitBreaker;
    if (maxPendingRequests !== 0 && this.pending >= maxPendingRequests) return false;
    return maxRequests === 0 || this.pending + this.streaming < maxRequests;
  }

  /** The part of its weight that it takes: 1, but less in the time of its slow start. */
  share(now: number): number {
    const { slowStart } = this.endpoint.cluster;
    const elapsed = now - this.returnedAt;
    if (this.returnedAt === 0 || slowStart === 0 || elapsed >= slowStart) return 1;
    return Math.max(SLOW_START_FLOOR, elapsed / slowStart);
  }

  isInSlowStart(now: number): boolean {
    return this.returnedAt !== 0 && now - this.returnedAt < this.endpoint.cluster.slowStart;
  }

  /** A slower answer counts at once, faster ones little by little: peak EWMA, as Finagle's balancer measures. */
  measure(latency: number, now: number): void {
    if (this.#measuredAt === 0 || latency >= this.latency) this.latency = latency;
    else {
      const kept = Math.exp(-(now - this.#measuredAt) / LATENCY_DECAY);
      this.latency = this.latency * kept + latency * (1 - kept);
    }
    this.#measuredAt = now;
  }

  /**
   * What another request would likely wait for, for comparison: its latency times those before it. Of an endpoint that
   * was never measured one request at a time finds out. The latency of one that is not asked fades, so that one that was
   * slow once is asked again.
   */
  cost(now: number): number {
    if (this.#measuredAt === 0) return this.pending * UNMEASURED;
    const faded = this.latency * Math.exp((this.#measuredAt - now) / LATENCY_MEMORY);
    return Math.max(LEAST_LATENCY, faded) * (this.pending + 1);
  }
}
