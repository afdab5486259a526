import type { JwtProvider } from "../../../../table/policies/jwt.ts";
import { within } from "../../../health/patience.ts";
import { logUndecided } from "../../../observe/refusals.ts";
import { FETCH_PATIENCE, fetchKeySet, type KeySet, keySetOf } from "./key-set.ts";

type WaitUntil = (promise: Promise<unknown>) => void;

/** The public keys of an issuer. */
export interface Keys {
  /** Null where none can be had. */
  current(waitUntil: WaitUntil): Promise<KeySet | null>;
  /** Newer ones than `current` gave, for a token whose key is not among those; null where there are none for now. */
  newer(waitUntil: WaitUntil): Promise<KeySet | null>;
}

/** Milliseconds until fetched keys are fetched again, beside the requests. */
export const FRESH_FOR = 10 * 60_000;

/**
 * Milliseconds until fetched keys no longer count. A key that its issuer takes back is believed for so long at most;
 * an issuer that can't be reached for so long shuts the route.
 */
export const USABLE_FOR = 60 * 60_000;

/** Milliseconds after a fetch in which tokens with unknown keys cause no other one: anybody can write a `kid`. */
export const UNKNOWN_KEY_INTERVAL = 30_000;

/** The same after a fetch that failed. */
export const RETRY_INTERVAL = 5_000;

const remote = new Map<string, RemoteKeys>();

/** Fetched keys are shared by all rules that name the URL. */
export function keysOf({ jwks }: Pick<JwtProvider, "jwks">): Keys {
  if (jwks.uri === "") return new WrittenKeys(jwks.keys);
  const known = remote.get(jwks.uri) ?? new RemoteKeys(jwks.uri);
  remote.set(jwks.uri, known);
  return known;
}

class WrittenKeys implements Keys {
  readonly #set: KeySet;

  constructor(keys: readonly string[]) {
    this.#set = keySetOf(keys);
  }

  async current(): Promise<KeySet> {
    return this.#set;
  }

  async newer(): Promise<null> {
    return null;
  }
}

/** Keys behind a URL: one fetch at a time in an isolate, and never one for each request. Times in milliseconds. */
export class RemoteKeys implements Keys {
  readonly #uri: string;
  #set: KeySet | null = null;
  #fetchedAt = 0;
  #nextTry = 0;
  #pending: { readonly since: number; readonly ended: Promise<void> } | null = null;

  constructor(uri: string) {
    this.#uri = uri;
  }

  async current(waitUntil: WaitUntil): Promise<KeySet | null> {
    const age = Date.now() - this.#fetchedAt;
    if (this.#set !== null && age < USABLE_FOR) {
      if (age >= FRESH_FOR) this.#fetch(waitUntil);
      return this.#set;
    }
    this.#set = null;
    await this.#fetch(waitUntil);
    return this.#set;
  }

  async newer(waitUntil: WaitUntil): Promise<KeySet | null> {
    const before = this.#set;
    await this.#fetch(waitUntil);
    return this.#set === before ? null : this.#set;
  }

  /** Resolves when a fetch that was due or under way has ended, well or not; null where it is too soon for one. */
  #fetch(waitUntil: WaitUntil): Promise<void> | null {
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
      this.#set = await fetchKeySet(this.#uri);
      this.#fetchedAt = Date.now();
      this.#nextTry = this.#fetchedAt + UNKNOWN_KEY_INTERVAL;
    } catch (error) {
      logUndecided("jwt", this.#uri, error instanceof Error ? error.message : String(error));
    } finally {
      this.#pending = null;
    }
  }
}
