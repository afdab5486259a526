import type { Retry } from "../../table/policies/retry.ts";

/** Parts into which the interval is divided; the oldest is forgotten as a whole. */
const SLOTS = 10;

/** What a budget, or all of them, stand at in their interval. */
export interface RetryUsage {
  /** Requests of clients. */
  readonly active: number;
  /** Retries that they allow. */
  readonly allowed: number;
  /** Retries made. */
  readonly used: number;
}

/**
 * Keeps retries to a share of the requests of the last interval, so that they never multiply the load on clusters that
 * fail (Gateway API's GEP-3388; Finagle's RetryBudget). For one backend in one isolate; without timers.
 */
export class RetryBudget {
  readonly #limits: Retry["budget"];
  readonly #requests = new Uint32Array(SLOTS);
  readonly #retries = new Uint32Array(SLOTS);
  #slot = 0;
  #requestsInAll = 0;
  #retriesInAll = 0;

  constructor(limits: Retry["budget"]) {
    this.#limits = limits;
  }

  /** Counts a request of a client. */
  request(now: number): void {
    const at = this.#at(now);
    this.#requests[at] = (this.#requests[at] as number) + 1;
    this.#requestsInAll++;
  }

  /** Takes one retry out of the budget; false where it is spent. */
  tryTake(now: number): boolean {
    this.#at(now);
    if (this.#retriesInAll >= this.allowed) return false;
    this.take(now);
    return true;
  }

  /** Takes one retry that may be made in any case, so that others are fewer. */
  take(now: number): void {
    const at = this.#at(now);
    this.#retries[at] = (this.#retries[at] as number) + 1;
    this.#retriesInAll++;
  }

  /** Retries that the requests of the interval allow. */
  get allowed(): number {
    const { percent, minRetries } = this.#limits;
    return Math.max(minRetries, Math.floor((this.#requestsInAll * percent) / 100));
  }

  /** What it stands at, for the status. */
  usage(now: number): RetryUsage {
    this.#at(now);
    return { active: this.#requestsInAll, allowed: this.allowed, used: this.#retriesInAll };
  }

  #at(now: number): number {
    const slot = Math.floor((now * SLOTS) / this.#limits.interval);
    const passed = Math.min(SLOTS, slot - this.#slot);
    for (let step = 1; step <= passed; step++) {
      const at = (this.#slot + step) % SLOTS;
      this.#requestsInAll -= this.#requests[at] as number;
      this.#retriesInAll -= this.#retries[at] as number;
      this.#requests[at] = 0;
      this.#retries[at] = 0;
    }
    if (passed > 0) this.#slot = slot;
    return this.#slot % SLOTS;
  }
}
