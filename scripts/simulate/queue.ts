/** Something that is to happen; `run` is null once it was called off. */
export interface Scheduled {
  readonly time: number;
  run: (() => void) | null;
}

/**
 * Virtual time: a binary heap of what is to happen, the earliest first, and in the order of its planning where times are
 * equal. Times are milliseconds since the epoch, with fractions.
 */
export class EventQueue {
  readonly #heap: Scheduled[] = [];
  /** Of the same places in the heap, beside it: comparing must not look into each object. */
  readonly #times: number[] = [];
  readonly #orders: number[] = [];
  #planned = 0;
  #time: number;

  constructor(start: number) {
    this.#time = start;
  }

  get time(): number {
    return this.#time;
  }

  /** As `Date.now` tells it. */
  get now(): number {
    return Math.floor(this.#time);
  }

  /** When something happens next; infinite: nothing does. */
  get next(): number {
    return this.#times[0] ?? Number.POSITIVE_INFINITY;
  }

  /** What lies in the past happens now. */
  at(time: number, run: () => void): Scheduled {
    const scheduled = { time: Math.max(time, this.#time), run };
    this.#rise(this.#heap.length, scheduled, this.#planned++);
    return scheduled;
  }

  after(milliseconds: number, run: () => void): Scheduled {
    return this.at(this.#time + milliseconds, run);
  }

  /** Lets the next thing happen. */
  step(): void {
    const [first] = this.#heap;
    if (first === undefined) return;
    const order = this.#orders.pop() as number;
    this.#times.pop();
    const last = this.#heap.pop() as Scheduled;
    if (last !== first) this.#sink(last, order);
    this.#time = first.time;
    first.run?.();
  }

  #rise(from: number, moved: Scheduled, order: number): void {
    let at = from;
    while (at > 0) {
      const above = (at - 1) >> 1;
      // What is new has the last place among equals.
      if ((this.#times[above] as number) <= moved.time) break;
      this.#move(above, at);
      at = above;
    }
    this.#put(at, moved, order);
  }

  #sink(moved: Scheduled, order: number): void {
    const length = this.#heap.length;
    const { time } = moved;
    let at = 0;
    for (;;) {
      let below = 2 * at + 1;
      if (below >= length) break;
      if (
        below + 1 < length &&
        this.#isBefore(below + 1, this.#times[below] as number, this.#orders[below] as number)
      ) {
        below++;
      }
      if (!this.#isBefore(below, time, order)) break;
      this.#move(below, at);
      at = below;
    }
    this.#put(at, moved, order);
  }

  #isBefore(at: number, time: number, order: number): boolean {
    const its = this.#times[at] as number;
    return its < time || (its === time && (this.#orders[at] as number) < order);
  }

  #move(from: number, to: number): void {
    this.#heap[to] = this.#heap[from] as Scheduled;
    this.#times[to] = this.#times[from] as number;
    this.#orders[to] = this.#orders[from] as number;
  }

  #put(at: number, scheduled: Scheduled, order: number): void {
    this.#heap[at] = scheduled;
    this.#times[at] = scheduled.time;
    this.#orders[at] = order;
  }
}
