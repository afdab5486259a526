/**
 * When an endpoint is probed: places on a fixed grid, each a little late by its jitter, computed and not remembered.
 * An object that was evicted between two probes knows so where it stands without having written it down.
 */
export class Rhythm {
  readonly #interval: number;
  readonly #jitter: number;
  readonly #offset: number;
  readonly #seed: number;

  /** Milliseconds, and per cent of the interval. `offset`: where on the grid, 0 to 1. `seed`: of the jitter. */
  constructor(interval: number, jitterPercent: number, offset: number, seed: number) {
    this.#interval = interval;
    this.#jitter = (interval * Math.min(jitterPercent, 100)) / 100;
    this.#offset = offset * interval;
    this.#seed = seed;
  }

  /** The first place after `time`. */
  after(time: number): number {
    let round = this.#roundOf(time) - 1;
    while (this.#at(round) <= time) round++;
    return this.#at(round);
  }

  /** The last place at or before `time`. */
  before(time: number): number {
    let round = this.#roundOf(time) + 1;
    while (this.#at(round) > time) round--;
    return this.#at(round);
  }

  #roundOf(time: number): number {
    return Math.floor((time - this.#offset) / this.#interval);
  }

  #at(round: number): number {
    return Math.round(this.#offset + round * this.#interval + this.#jitter * scatter(this.#seed, round));
  }
}

/** A number from 0 to 1 that looks random, the same for the same arguments (the finaliser of MurmurHash3). */
export function scatter(seed: number, round: number): number {
  let bits = Math.imul(seed ^ Math.imul(round, 0x9e3779b1), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return ((bits ^ (bits >>> 16)) >>> 0) / 2 ** 32;
}
