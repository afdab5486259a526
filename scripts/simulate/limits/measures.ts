import type { LimitTerms } from "../../../src/table/gcra.ts";
import type { Fairness } from "./figures.ts";

/** How far the admissions of many keys go beyond a limit of so many requests a second and a burst. */
class Overshoot {
  readonly #rate: number;
  readonly #burst: number;
  /** Of each key: requests that are not paid off yet, and since when. */
  readonly #debt: Float64Array;
  readonly #at: Float64Array;
  /** Requests beyond the limit in the worst window of any length, of the worst key. */
  worst = 0;

  constructor(keys: number, rate: number, burst: number) {
    this.#rate = rate;
    this.#burst = burst;
    this.#debt = new Float64Array(keys);
    this.#at = new Float64Array(keys);
  }

  /** `now` in milliseconds. By how much its burst would have to be larger, an admission is one too many. */
  admit(key: number, now: number): void {
    const paid = ((now - (this.#at[key] as number)) * this.#rate) / 1000;
    const debt = Math.max(0, (this.#debt[key] as number) - paid) + 1;
    this.#debt[key] = debt;
    this.#at[key] = now;
    // Sums of fractions are not quite whole.
    this.worst = Math.max(this.worst, Math.ceil(debt - this.#burst - 1e-6));
  }
}

/** Most popular keys of which it is known where their requests came from. */
const WATCHED = 64;

/** Admissions below which a location says more of chance than of a limiter. */
const FEW = 20;

/** What one run showed. */
export class Measures {
  readonly offered: Uint32Array;
  readonly admitted: Uint32Array;
  /** Requests of objects, or of KV, by key. */
  readonly asked: Uint32Array;
  /** Where the limit counts: at the object if it is asked, else in the isolate. */
  readonly #counted: Overshoot;
  /** As they leave the edge: answers of objects are on their way for different times. */
  readonly #seen: Overshoot;
  /** Requests that the limit could not judge in time. */
  undecided = 0;
  rowsWritten = 0;
  /** Requests of one object in one second, at the most. */
  busiestObject = 0;
  readonly #rate: number;
  readonly #burst: number;
  readonly #start: number;
  /** When the last admission was counted: answers are on their way when no more requests come. */
  #last: number;
  readonly #colos: number;
  readonly #offeredBefore: Uint32Array;
  readonly #offeredAt: Uint32Array;
  readonly #admittedAt: Uint32Array;

  constructor({ keys, colos }: { readonly keys: number; readonly colos: number }, limit: LimitTerms, start: number) {
    const rate = (limit.requests * 1000) / limit.period;
    [this.#rate, this.#burst, this.#start, this.#last] = [rate, limit.burst, start, start];
    this.#colos = colos;
    [this.offered, this.admitted, this.asked] = [new Uint32Array(keys), new Uint32Array(keys), new Uint32Array(keys)];
    this.#counted = new Overshoot(keys, rate, limit.burst);
    this.#seen = new Overshoot(keys, rate, limit.burst);
    this.#offeredBefore = new Uint32Array(keys);
    this.#offeredAt = new Uint32Array(WATCHED * colos);
    this.#admittedAt = new Uint32Array(WATCHED * colos);
  }

  offer(key: number, colo: number): void {
    this.offered[key] = (this.offered[key] as number) + 1;
    if (key < WATCHED) add(this.#offeredAt, key * this.#colos + colo);
  }

  admit(key: number, colo: number, now: number): void {
    this.admitted[key] = (this.admitted[key] as number) + 1;
    this.#seen.admit(key, now);
    if (key < WATCHED) add(this.#admittedAt, key * this.#colos + colo);
  }

  /** `now` in milliseconds. */
  count(key: number, now: number): void {
    this.#counted.admit(key, now);
    this.#last = Math.max(this.#last, now);
  }

  /** Requests beyond the limit, in the worst window of the worst key. */
  get overshoot(): { readonly counted: number; readonly seen: number } {
    return { counted: this.#counted.worst, seen: this.#seen.worst };
  }

  /** From now on asks are told beside what comes from now on: what it takes to begin is past. */
  warmedUp(): void {
    this.asked.fill(0);
    this.#offeredBefore.set(this.offered);
  }

  ask(key: number): void {
    add(this.asked, key);
  }

  get #allowed(): number {
    return (this.#rate * (this.#last - this.#start)) / 1000 + this.#burst;
  }

  /** Keys of which more came than the limit admits, the most popular first. */
  get overLimit(): number[] {
    const allowed = this.#allowed;
    return [...this.offered.keys()].filter((key) => (this.offered[key] as number) > allowed);
  }

  /** What was admitted of these keys, by what the limit admits of them in that time. */
  admittedOfAllowed(keys: readonly number[]): number | null {
    return keys.length === 0 ? null : sumOf(this.admitted, keys) / (keys.length * this.#allowed);
  }

  /** Requests of objects per million requests of these keys. */
  askedPerMillion(keys: readonly number[] = [...this.offered.keys()]): number {
    const offered = sumOf(this.offered, keys) - sumOf(this.#offeredBefore, keys);
    return Math.round((sumOf(this.asked, keys) * 1e6) / Math.max(1, offered));
  }

  /** Of the keys over their limit; null where there are too few requests to tell, or only one location. */
  fairness(): Fairness | null {
    const expected = new Float64Array(this.#colos);
    const got = new Float64Array(this.#colos);
    for (const key of this.overLimit.filter((one) => one < WATCHED)) {
      const share = (this.admitted[key] as number) / (this.offered[key] as number);
      for (let colo = 0; colo < this.#colos; colo++) {
        expected[colo] = (expected[colo] as number) + share * (this.#offeredAt[key * this.#colos + colo] as number);
        got[colo] = (got[colo] as number) + (this.#admittedAt[key * this.#colos + colo] as number);
      }
    }
    const parts = [...expected.entries()]
      .filter(([, least]) => least >= FEW)
      .map(([colo, all]) => (got[colo] as number) / all)
      .sort((a, b) => a - b);
    if (parts.length < 2) return null;
    const sum = parts.reduce((all, part) => all + part, 0);
    const squares = parts.reduce((all, part) => all + part * part, 0);
    const at = (share: number) => parts[Math.floor((parts.length - 1) * share)] as number;
    return { jain: sum ** 2 / (parts.length * squares), low: at(0.1), high: at(0.9) };
  }
}

function add(counts: Uint32Array, index: number): void {
  counts[index] = (counts[index] as number) + 1;
}

function sumOf(counts: Uint32Array, keys: readonly number[]): number {
  return keys.reduce((sum, key) => sum + (counts[key] as number), 0);
}
