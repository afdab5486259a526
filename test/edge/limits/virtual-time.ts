/** Time that only passes when all is done: milliseconds, whole ones. */
export class VirtualTime {
  now = 1_795_878_000_000;
  readonly #events = new Map<number, (() => void)[]>();
  readonly #times: number[] = [];

  at(time: number, run: () => void): void {
    const known = this.#events.get(time);
    if (known !== undefined) {
      known.push(run);
      return;
    }
    this.#events.set(time, [run]);
    const index = this.#times.findLastIndex((other) => other <= time);
    this.#times.splice(index + 1, 0, time);
  }

  wait(milliseconds: number): Promise<void> {
    return new Promise((resolve) => this.at(this.now + Math.max(0, Math.ceil(milliseconds)), resolve));
  }

  /** Runs until nothing is left to happen, or until that time. */
  async run(until = Number.POSITIVE_INFINITY): Promise<void> {
    await settled();
    for (;;) {
      const next = this.#times[0];
      if (next === undefined || next > until) return;
      this.#times.shift();
      this.now = Math.max(this.now, next);
      const events = this.#events.get(next) ?? [];
      this.#events.delete(next);
      for (const run of events) run();
      await settled();
    }
  }
}

/** Lets everything happen that waits for no time. */
async function settled(): Promise<void> {
  for (let turn = 0; turn < 40; turn++) await Promise.resolve();
}
