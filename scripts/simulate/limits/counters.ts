/** The platform's counter of one limit at all locations: each for itself, in windows of the clock. */
export class LocationCounters {
  readonly #limit: number;
  readonly #period: number;
  readonly #windows = new Map<string, { number: number; count: number }>();

  constructor(limit: number, period: number) {
    this.#limit = limit;
    this.#period = period;
  }

  /** Better than the real one: all machines of a location know of each other at once. */
  count(colo: number, key: number | string, now: number): boolean {
    const name = `${colo} ${key}`;
    const number = Math.floor(now / this.#period);
    let window = this.#windows.get(name);
    if (window?.number !== number) {
      window = { number, count: 0 };
      this.#windows.set(name, window);
    }
    if (window.count >= this.#limit) return false;
    window.count++;
    return true;
  }
}

/** Milliseconds for which a location believes what it has read of KV. */
const STALE = 60_000;

/**
 * A counter of fixed windows in KV, as it is often written: read, refuse at the limit, else write one more. Better than
 * it would be: there is no limit of writes a second, each is in the store at once, and the location that wrote sees it at
 * once. What other locations wrote is seen when the copy here is `STALE`.
 */
export class KvCounter {
  readonly #limit: number;
  readonly #period: number;
  readonly #store = new Map<string, number>();
  readonly #copies = new Map<string, { count: number; until: number }>();

  constructor(limit: number, period: number) {
    this.#limit = limit;
    this.#period = period;
  }

  /** `asked`: called for each read and write. */
  count(colo: number, key: number, now: number, asked: () => void): boolean {
    const name = `${key} ${Math.floor(now / this.#period)}`;
    const copyName = `${colo} ${name}`;
    asked();
    const copy = this.#copies.get(copyName);
    const isFresh = copy !== undefined && now < copy.until;
    const count = isFresh ? copy.count : (this.#store.get(name) ?? 0);
    const until = isFresh ? copy.until : now + STALE;
    if (count >= this.#limit) {
      this.#copies.set(copyName, { count, until });
      return false;
    }
    asked();
    this.#copies.set(copyName, { count: count + 1, until });
    this.#store.set(name, count + 1);
    return true;
  }
}
