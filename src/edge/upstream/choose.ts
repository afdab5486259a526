/** 2^32 divided by the golden ratio: the step that spreads multiples most evenly over a circle. */
const STEP = 0x9e3779b9;

/**
 * Draws items by weight, more evenly than chance: the points of a Weyl sequence never cluster, so that shares hold
 * within a few requests instead of a few thousand. The start is random, so that isolates do not march in step.
 * Measured over 10,000 draws: off by less than 0.1 % (test/edge/upstream/choose.test.ts).
 */
export class WeightedDraw<Item> {
  readonly #items: readonly Item[];
  readonly #weights: readonly number[];
  readonly #total: number;
  #position: number;

  /** Weights are at least 0; an item of weight 0 is never drawn. `seed` is in [0, 1). */
  constructor(items: readonly Item[], weightOf: (item: Item) => number, seed: number) {
    this.#items = items.filter((item) => weightOf(item) > 0);
    this.#weights = this.#items.map(weightOf);
    this.#total = this.#weights.reduce((sum, weight) => sum + weight, 0);
    this.#position = Math.floor(seed * 2 ** 32);
  }

  /** The next item; null when none has weight. */
  next(): Item | null {
    if (this.#items.length <= 1) return this.#items[0] ?? null;
    this.#position = (this.#position + STEP) >>> 0;
    return this.#at((this.#position / 2 ** 32) * this.#total, null);
  }

  /** An item that was not tried yet, by the weights of those left; null when all were. */
  nextExcept(tried: ReadonlySet<Item>): Item | null {
    const left = this.#items.reduce(
      (sum, item, index) => (tried.has(item) ? sum : sum + (this.#weights[index] as number)),
      0,
    );
    if (left === 0) return null;
    this.#position = (this.#position + STEP) >>> 0;
    return this.#at((this.#position / 2 ** 32) * left, tried);
  }

  #at(point: number, tried: ReadonlySet<Item> | null): Item | null {
    let rest = point;
    let last: Item | null = null;
    for (const [index, item] of this.#items.entries()) {
      if (tried?.has(item)) continue;
      last = item;
      rest -= this.#weights[index] as number;
      if (rest < 0) return item;
    }
    return last;
  }
}
