import { within } from "../../health/patience.ts";
import { logUndecided } from "../../observe/refusals.ts";
import { FETCH_PATIENCE } from "./fetch-json.ts";

export type WaitUntil = (promise: Promise<unknown>) => void;

/** Milliseconds until what was fetched is fetched again, beside the requests. */
export const FRESH_FOR = 10 * 60_000;

/**
 * Milliseconds until what was fetched no longer counts. A key that its issuer takes back is believed for so long at most;
 * an issuer that can't be reached for so long shuts the route.
 */
export const USABLE_FOR = 60 * 60_000;

/** Milliseconds after a fetch in which tokens with unknown keys cause no other one: anybody can write a `kid`. */
export const UNKNOWN_KEY_INTERVAL = 30_000;

/** The same after a fetch that failed. */
export const RETRY_INTERVAL = 5_000;

/** What stands behind a URL: one fetch at a time in an isolate, and never one for each request. Times in milliseconds. */
export class Fetched<Value> {
  readonly #by: string;
  readonly #uri: string;
  readonly #fetch: (uri: string) => Promise<Value>;
  #value: Value | null = null;
  #fetchedAt = 0;
  #nextTry = 0;
  #pending: { readonly since: number; readonly ended: Promise<void> } | null = null;

  /** `by`: the check that asks, for the log. `fetch` rejects where what comes is not what it should be. */
  constructor(by: string, uri: string, fetch: (uri: string) => Promise<Value>) {
    this.#by = by;
    this.#uri = uri;
    this.#fetch = fetch;
  }

  /** Null where none can be had. */
  async current(waitUntil: WaitUntil): Promise<Value | null> {
    const age = Date.now() - this.#fetchedAt;
    if (this.#value !== null && age < USABLE_FOR) {
      if (age >= FRESH_FOR) this.#refresh(waitUntil);
      return this.#value;
    }
    this.#value = null;
    await this.#refresh(waitUntil);
    return this.#value;
  }

  /** A newer one than `current` gave; null where there is none for now. */
  async newer(waitUntil: WaitUntil): Promise<Value | null> {
    const before = this.#value;
    await this.#refresh(waitUntil);
    return this.#value === before ? null : this.#value;
  }

  /** Resolves when a fetch that was due or under way has ended, well or not; null where it is too soon for one. */
  #refresh(waitUntil: WaitUntil): Promise<void> | null {
    const now = Date.now();
    // One that is lost with the request that began it must not keep others waiting for ever.
    if (this.#pending !== null && now - this.#pending.since < 2 * FETCH_PATIENCE) {
      return within(FETCH_PATIENCE, this.#pending.ended).catch(() => undefined);
    }
    if (now < this.#nextTry) return null;
    this.#nextTry = now + RETRY_INTERVAL;
    const ended = this.#load();
    this.#pending = { since: now, ended };
    waitUntil(ended);
    return ended;
  }

  /** Never rejects. */
  async #load(): Promise<void> {
    try {
      this.#value = await this.#fetch(this.#uri);
      this.#fetchedAt = Date.now();
      this.#nextTry = this.#fetchedAt + UNKNOWN_KEY_INTERVAL;
    } catch (error) {
      logUndecided(this.#by, this.#uri, error instanceof Error ? error.message : String(error));
    } finally {
      this.#pending = null;
    }
  }
}
