import type { Row } from "../../../src/edge/limits/bucket-entry.ts";
import type { Claim } from "../../../src/edge/limits/claim.ts";
import type { Decision } from "../../../src/edge/limits/decision.ts";
import { Ledger, type LedgerStore } from "../../../src/edge/limits/ledger.ts";
import { Limiter } from "../../../src/edge/limits/limiter.ts";
import type { Answer, Ask } from "../../../src/edge/limits/protocol.ts";
import type { Surroundings } from "../../../src/edge/limits/surroundings.ts";
import { charge, debtAt, limitOf, waitFor } from "../../../src/table/gcra.ts";
import type { RateLimitTerms } from "../../../src/table/policies/rate-limit.ts";
import { VirtualTime } from "./virtual-time.ts";

export interface WorldOptions {
  readonly isolates: number;
  /** Milliseconds of one way, drawn for each message. */
  readonly latency: () => number;
  /** Whether a message is lost. */
  readonly loses?: () => boolean;
}

/** Isolates in front of one object, in virtual time. */
export class World {
  readonly time = new VirtualTime();
  readonly rows = new Map<string, Row>();
  asked = 0;
  ledger: Ledger;
  readonly #options: WorldOptions;
  readonly #isolates: { limiter: Limiter; readonly clock: number }[];
  #made = 0;

  constructor(options: WorldOptions) {
    this.#options = options;
    this.ledger = this.#newLedger();
    // Clocks differ: nothing may depend on what time they show.
    this.#isolates = Array.from({ length: options.isolates }, (_, number) => ({
      limiter: this.#newLimiter(),
      clock: (number % 2 === 0 ? 1 : -1) * number * 7_001,
    }));
  }

  /** Ends an isolate with all that it holds, and starts another one in its place. */
  replace(isolate: number): void {
    const known = this.#isolates[isolate];
    if (known !== undefined) known.limiter = this.#newLimiter();
  }

  /** Ends the object and starts it again: of its memory only what was written is left. */
  restart(): void {
    this.ledger = this.#newLedger();
  }

  async ask(isolate: number, claims: readonly Claim[]): Promise<Decision> {
    const { limiter, clock } = this.#isolates[isolate] as { limiter: Limiter; clock: number };
    return limiter.decide(claims, this.#surroundings(clock));
  }

  #surroundings(clock: number): Surroundings {
    const { time } = this;
    return {
      now: () => time.now + clock,
      take: (_, asks) => this.#send(() => this.ledger.take(asks, time.now * 1000), asks),
      giveBack: async (_, asks) => {
        await this.#send(() => {
          this.ledger.giveBack(asks, time.now * 1000);
          return [];
        }, asks);
      },
      countHere: async () => true,
      wait: (milliseconds) => time.wait(milliseconds),
      after: () => undefined,
      undecided: () => undefined,
    };
  }

  /** A message that is lost is never answered. */
  #send(deliver: () => Answer[], _asks: readonly unknown[]): Promise<readonly Answer[]> {
    this.asked++;
    const { latency, loses = () => false } = this.#options;
    return new Promise((resolve) => {
      if (loses()) return;
      this.time.at(this.time.now + latency(), () => {
        const answers = deliver();
        if (!loses()) this.time.at(this.time.now + latency(), () => resolve(answers));
      });
    });
  }

  #newLimiter(): Limiter {
    this.#made++;
    return new Limiter(`isolate-${this.#made}`);
  }

  #newLedger(): Ledger {
    const store: LedgerStore = {
      load: (name) => this.rows.get(name) ?? null,
      save: (rows) => {
        for (const row of rows) this.rows.set(row.name, row);
      },
      drop: (name) => void this.rows.delete(name),
    };
    return new Ledger(store);
  }
}

export type { Ask };

/** How far a series of admissions ever is above a limit: requests by which its burst would have to be larger. */
export class Overshoot {
  readonly #terms: RateLimitTerms;
  readonly #allowed: {
    readonly limit: NonNullable<ReturnType<typeof limitOf>>;
    readonly bucket: { at: number; debt: number };
  };
  admitted = 0;

  /** `more`: requests beyond the burst that are allowed. */
  constructor(terms: RateLimitTerms, more: number) {
    this.#terms = terms;
    const limit = limitOf({ ...terms, burst: terms.burst + more });
    if (limit === null) throw new Error("no limit");
    this.#allowed = { limit, bucket: { at: 0, debt: 0 } };
  }

  /** Counts an admission; false where it is one too many for some window of time. */
  admit(now: number): boolean {
    const { limit, bucket } = this.#allowed;
    this.admitted++;
    const isAllowed = waitFor(limit, debtAt(bucket, limit, now * 1000), this.#terms.cost) === 0;
    charge(bucket, limit, this.#terms.cost, now * 1000);
    return isAllowed;
  }
}
