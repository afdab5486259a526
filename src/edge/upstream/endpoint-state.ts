import type { Endpoint } from "../../table/model.ts";
import { InFlight } from "./in-flight.ts";
import { OutlierState } from "./outlier-state.ts";

/** The time constant of the measured latency, in milliseconds: what lies three times as far back counts for 5 %. */
const LATENCY_DECAY = 10_000;
/** The same for an endpoint that nobody asks, until it is asked again whether it still is slow. */
const LATENCY_MEMORY = 60_000;
/** An answer in no time at all, as a clock that stands still makes it, costs as much as this. */
const LEAST_LATENCY = 1;
/** Milliseconds that a request is taken to wait for an endpoint of which nothing has come back yet. */
const UNMEASURED = 60_000;

/** What one isolate knows of one endpoint, whatever the backend. What counts against it is that it does not answer. */
export class EndpointState extends OutlierState {
  readonly endpoint: Endpoint;
  /** By the health object: false while its probes say so. */
  activelyHealthy = true;
  /** By the health object's table, which may be newer than ours. */
  drained = false;
  /** Ejected by several isolates in agreement, as the health object tells. */
  sharedEjectedUntil = 0;

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
    super(endpoint.cluster);
    this.endpoint = endpoint;
    this.drained = endpoint.cluster.drain;
  }

  /** But for the requests that are under way there: those end with the other one. */
  override takeOver(was: EndpointState): void {
    super.takeOver(was);
    this.activelyHealthy = was.activelyHealthy;
    this.sharedEjectedUntil = was.sharedEjectedUntil;
    this.latency = was.latency;
    this.#measuredAt = was.#measuredAt;
  }

  override isEjected(now: number): boolean {
    return super.isEjected(now) || this.sharedEjectedUntil > now;
  }

  override settleIfOver(now: number): void {
    super.settleIfOver(now);
    if (this.sharedEjectedUntil === 0 || this.sharedEjectedUntil > now) return;
    this.beginAnew(Math.max(this.returnedAt, this.sharedEjectedUntil));
    this.sharedEjectedUntil = 0;
  }

  /** True while the circuit breaker lets another request through. */
  hasRoom(): boolean {
    const { maxPendingRequests, maxRequests } = this.endpoint.cluster.circuitBreaker;
    if (maxPendingRequests !== 0 && this.pending >= maxPendingRequests) return false;
    return maxRequests === 0 || this.pending + this.streaming < maxRequests;
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
