import { demandOf, LEASE_LIFE, LOW_WATER } from "../../table/lease.ts";
import type { Answer, LeaseAsk } from "./protocol.ts";

/** How many times more an isolate asks for than the last time. */
const GROWTH = 4;

/**
 * The permits of one bucket that an isolate holds. Time is handed in, in milliseconds. Of each lease it uses no more than
 * the object knows of, and no longer: a lease's life begins when the isolate asks, before the object's does.
 */
export class Lease {
  #refusedUntil = 0;
  #pending: PromiseWithResolvers<void> | null = null;
  #lends = false;
  /** Answers so far that brought too little. */
  #refusals = 0;
  #retryAfter = 0;
  #permits = 0;
  #total = 0;
  #until = 0;
  #used = 0;
  #number = 0;
  #want = 0;
  #quietUntil = 0;
  #askedAt = Number.NEGATIVE_INFINITY;
  #permitsThen = 0;
  /** Requests since the last ask. */
  #arrived = 0;
  /** When somebody looks whether it lies idle. */
  #watchedUntil = 0;

  /** To be told of every request once: how many come decides how much is asked for. */
  arrive(cost: number): void {
    this.#arrived += cost;
  }

  /** Whether a request may pass by what is held. */
  take(cost: number, now: number): boolean {
    if (now >= this.#until) this.#permits = 0;
    if (this.#permits < cost) return false;
    this.#permits -= cost;
    this.#used += cost;
    return true;
  }

  /** Which ask came last. */
  get number(): number {
    return this.#number;
  }

  /**
   * Takes back what was given when `number` was that: another limit refused the request. What an ask has reported as
   * used since stays so.
   */
  restore(cost: number, number: number): void {
    if (number !== this.#number) return;
    this.#used -= cost;
    this.#permits += cost;
  }

  /** Resolves with the ask that is under way; after a lease's life it counts as lost. */
  pendingAt(now: number): Promise<void> | null {
    if (this.#pending !== null && now - this.#askedAt > LEASE_LIFE) this.fail(this.#number);
    return this.#pending?.promise ?? null;
  }

  /** Milliseconds for which requests without a permit are refused: there are too few left to ask for them. */
  refusedFor(now: number): number {
    return Math.max(0, this.#refusedUntil - now, this.#quietUntil - now);
  }

  /** Counts answers that brought too little, so that who waited for one knows. */
  get refusals(): number {
    return this.#refusals;
  }

  /** Milliseconds that the last of them said to wait. */
  get retryAfter(): number {
    return this.#retryAfter;
  }

  /** Whether an ask brings permits for others too, so that they had better wait for it. */
  get lends(): boolean {
    return this.#lends;
  }

  /** Whether it is time to ask for more, beside requests. */
  isLow(now: number): boolean {
    return (
      this.#total > 0 &&
      this.#permits <= this.#total * LOW_WATER &&
      this.refusedFor(now) === 0 &&
      this.pendingAt(now) === null
    );
  }

  /** Whether most of it lies idle, so that it is better given back. */
  isIdle(now: number): boolean {
    const rested = now - this.#askedAt >= LEASE_LIFE / 4;
    return rested && this.#permits > 0 && this.#permits >= (this.#total * 3) / 4 && this.pendingAt(now) === null;
  }

  /** Whether nobody looks after it yet; then the caller is to. */
  watch(now: number, milliseconds: number): boolean {
    if (now < this.#watchedUntil) return false;
    this.#watchedUntil = now + milliseconds;
    return true;
  }

  /** Whether nothing is lost with it. */
  isOver(now: number): boolean {
    return now >= this.#until && this.refusedFor(now) === 0 && now - this.#askedAt > LEASE_LIFE;
  }

  /** Begins an ask, of which there is one at a time: `settle` or `fail` ends it. */
  ask(holder: string, most: number, now: number): LeaseAsk {
    this.#pending = Promise.withResolvers();
    if (now >= this.#until) this.#permits = 0;
    const elapsed = now - this.#askedAt;
    const isFirst = elapsed > LEASE_LIFE;
    const rate = (this.#arrived * 1000) / Math.max(1, elapsed);
    if (isFirst) this.#want = 0;
    else if (this.#arrived > 0) this.#want = Math.min(demandOf(rate), GROWTH * this.#want + GROWTH);
    this.#askedAt = now;
    this.#permitsThen = this.#permits;
    this.#arrived = 0;
    this.#number++;
    return { holder, number: this.#number, held: this.#permits, used: this.#used, want: this.#want, most };
  }

  /** Gives everything back. */
  surrender(holder: string, most: number): LeaseAsk {
    this.#permits = 0;
    this.#total = 0;
    this.#number++;
    return { holder, number: this.#number, held: 0, used: this.#used, want: 0, most };
  }

  /** The answer to an ask; `number` is the ask's, `askedAt` its time. What came after it makes it void. */
  settle(number: number, askedAt: number, { admitted, retryAfter, lease }: Answer, longest: number): void {
    if (number !== this.#number) return;
    this.#end();
    const wait = Math.max(admitted ? 0 : retryAfter, lease?.notBefore ?? 0);
    if (wait > 0) {
      this.#refusals++;
      this.#retryAfter = wait;
    }
    if (!admitted && retryAfter > 0) this.#refusedUntil = askedAt + Math.min(retryAfter, longest);
    if (lease === null) return;
    const usedMeanwhile = this.#permitsThen - this.#permits;
    this.#permits = Math.max(0, lease.total - usedMeanwhile);
    this.#total = lease.total;
    this.#lends = lease.lends;
    this.#until = askedAt + LEASE_LIFE;
    this.#quietUntil = askedAt + Math.min(lease.notBefore, longest);
  }

  /** There was no answer; one that comes later counts for nothing. */
  fail(number: number): void {
    if (number !== this.#number) return;
    this.#number++;
    this.#end();
  }

  #end(): void {
    this.#pending?.resolve();
    this.#pending = null;
  }
}
