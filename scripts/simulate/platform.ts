import { PlainHeaders, PlainRequest, PlainResponse } from "./http.ts";
import { EventQueue } from "./queue.ts";
import { Random } from "./random.ts";
import { type Timer, VirtualTimers } from "./timers.ts";

/** When all simulations begin: any time but 0, which means "never" to the edge. */
export const EPOCH = Date.UTC(2027, 0, 1);

/** Milliseconds that a colo's cache takes to answer, and until what is put into it is found. */
const CACHE_TIME = 3;

/**
 * Milliseconds that promises may have to wait until they go on. To let them run takes longer than all else that happens
 * in that time.
 */
const GRAIN = 2;

interface Cached {
  readonly response: Response;
  readonly until: number;
}

/**
 * Stands in for what the edge's code asks of its platform: clock, timers, chance, HTTP, the cache. All of it goes by the
 * virtual time of `queue`. Promises go on for real, so after whatever may have woken one, `settle` lets them run before
 * time does.
 */
export class VirtualPlatform {
  readonly queue = new EventQueue(EPOCH);
  /** False: nothing is ever found in it. */
  readonly #hasCache: boolean;
  readonly #timers = new VirtualTimers(this.queue);
  readonly #chance: Random;
  readonly #cached = new Map<string, Cached>();
  /** Since when promises may be waiting to go on; infinite: none are. */
  #stirredAt = Number.POSITIVE_INFINITY;

  constructor(seed: number, hasCache: boolean) {
    this.#chance = new Random(seed);
    this.#hasCache = hasCache;
  }

  /** True where promises may have waited to go on for as long as they may. */
  get mustSettle(): boolean {
    return this.queue.next > this.#stirredAt + GRAIN;
  }

  /** Something was called that may wait for promises. */
  stir(): void {
    if (this.#stirredAt > this.queue.time) this.#stirredAt = this.queue.time;
  }

  /** Lets all promises go on as far as they can at this time. */
  async settle(): Promise<void> {
    this.#stirredAt = Number.POSITIVE_INFINITY;
    await new Promise(setImmediate);
  }

  /** Resolves so many milliseconds later. */
  pause(milliseconds: number): Promise<void> {
    return new Promise((resolve) => {
      this.#wakeAfter(milliseconds, resolve);
    });
  }

  /** A call to somewhere else: half the round trip there, the work, half of it back. */
  async call<Answer>(roundTrip: number, work: () => Promise<Answer>): Promise<Answer> {
    await this.pause(roundTrip / 2);
    try {
      return await work();
    } finally {
      await this.pause(roundTrip / 2);
    }
  }

  /** Puts itself in the place of the process's globals; the function it gives undoes that. */
  install(): () => void {
    const standIns = {
      Headers: PlainHeaders,
      Request: PlainRequest,
      Response: PlainResponse,
      setTimeout: (run: () => void, milliseconds: number) => this.#timers.set(this.#waking(run), milliseconds),
      clearTimeout: (timer: Timer | undefined) => this.#timers.clear(timer),
      scheduler: { wait: (milliseconds: number) => this.pause(milliseconds) },
      caches: { open: async () => this.#cache },
    };
    const { now } = Date;
    const { random } = Math;
    const { warn } = console;
    const replaced = new Map(Object.keys(standIns).map((name) => [name, Reflect.get(globalThis, name)]));
    Object.assign(globalThis, standIns);
    Date.now = () => this.queue.now;
    Math.random = () => this.#chance.next();
    // What the edge writes in its log is no part of the result; bugs go to console.error.
    console.warn = () => {};
    return () => {
      for (const [name, value] of replaced) {
        if (value === undefined) Reflect.deleteProperty(globalThis, name);
        else Reflect.set(globalThis, name, value);
      }
      Date.now = now;
      Math.random = random;
      console.warn = warn;
    };
  }

  /** The caches of all colos in one: the keys tell them apart, see `SimulatedIsolate`. */
  readonly #cache = {
    match: (url: string) =>
      new Promise((resolve) => {
        this.#wakeAfter(CACHE_TIME, () => resolve(this.#find(url)));
      }),
    put: async (url: string, response: Response) => {
      const seconds = /max-age=(\d+)/.exec(response.headers.get("cache-control") ?? "")?.[1] ?? "0";
      await this.pause(CACHE_TIME);
      this.#cached.set(url, { response, until: this.queue.now + Number(seconds) * 1000 });
    },
  };

  #find(url: string): Response | undefined {
    const cached = this.#hasCache ? this.#cached.get(url) : undefined;
    return cached === undefined || cached.until <= this.queue.now ? undefined : cached.response;
  }

  #wakeAfter(milliseconds: number, run: () => void): void {
    this.queue.after(milliseconds, this.#waking(run));
  }

  #waking(run: () => void): () => void {
    return () => {
      this.stir();
      run();
    };
  }
}
