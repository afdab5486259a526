import type { EventQueue } from "./queue.ts";

/** A timer that is set, between those of the same length that were set before and after it. */
export interface Timer {
  readonly time: number;
  readonly row: Row;
  run: (() => void) | null;
  before: Timer | null;
  after: Timer | null;
}

/** Timers of one length: they go off in the order in which they were set. */
interface Row {
  first: Timer | null;
  last: Timer | null;
  isPlanned: boolean;
}

/**
 * `setTimeout` by virtual time. Nearly all timers are cleared long before they would go off, so they stand in rows, and
 * for each row one place in the queue is enough.
 */
export class VirtualTimers {
  readonly #queue: EventQueue;
  readonly #rows = new Map<number, Row>();

  constructor(queue: EventQueue) {
    this.#queue = queue;
  }

  set(run: () => void, milliseconds: number): Timer {
    const row = this.#rows.get(milliseconds) ?? { first: null, last: null, isPlanned: false };
    this.#rows.set(milliseconds, row);
    const timer: Timer = { time: this.#queue.time + milliseconds, row, run, before: row.last, after: null };
    if (row.last === null) row.first = timer;
    else row.last.after = timer;
    row.last = timer;
    if (!row.isPlanned) this.#plan(row);
    return timer;
  }

  clear(timer: Timer | undefined): void {
    if (timer === undefined || timer.run === null) return;
    const { row, before, after } = timer;
    timer.run = null;
    if (before === null) row.first = after;
    else before.after = after;
    if (after === null) row.last = before;
    else after.before = before;
  }

  #plan(row: Row): void {
    const due = row.first?.time;
    row.isPlanned = due !== undefined;
    if (due === undefined) return;
    this.#queue.at(due, () => {
      // The one that this was planned for may be cleared by now, and the first one later.
      const { first } = row;
      const run = first !== null && first.time <= this.#queue.time ? first.run : null;
      if (run !== null && first !== null) this.clear(first);
      this.#plan(row);
      run?.();
    });
  }
}
