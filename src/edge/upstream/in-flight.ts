/** Milliseconds of one generation. */
const GENERATION = 300_000;

/**
 * Counts what is under way, and forgets what never ends: the platform stops a request whose client went away without a
 * word to its code, and a count that only grew would shut a circuit breaker for good. What began more than one or two
 * generations ago (5 to 10 minutes) counts no more.
 */
export class InFlight {
  readonly #change: (by: number) => void;
  #generation = 0;
  #current = 0;
  #previous = 0;

  /** `change`: takes every change of the count. */
  constructor(change: (by: number) => void) {
    this.#change = change;
  }

  /** Counts one more; the answer ends it, once. */
  begin(now: number): () => void {
    const generation = this.#at(now);
    this.#current++;
    this.#change(1);
    let hasEnded = false;
    return () => {
      if (hasEnded) return;
      hasEnded = true;
      if (generation === this.#generation) this.#current--;
      else if (generation === this.#generation - 1) this.#previous--;
      else return;
      this.#change(-1);
    };
  }

  #at(now: number): number {
    const generation = Math.floor(now / GENERATION);
    if (generation <= this.#generation) return this.#generation;
    const isNext = generation === this.#generation + 1;
    this.#change(-(isNext ? this.#previous : this.#previous + this.#current));
    this.#previous = isNext ? this.#current : 0;
    this.#current = 0;
    this.#generation = generation;
    return generation;
  }
}
