import { parseAddress } from "../../../../table/address.ts";

/** Tries that may fail one after the other, and how many more each second. */
interface Allowance {
  readonly burst: number;
  readonly perSecond: number;
}

/** Of one client, and of all clients of a Secret together in one isolate. */
const OF_CLIENT: Allowance = { burst: 20, perSecond: 1 };
const OF_ALL: Allowance = { burst: 200, perSecond: 10 };

/** Clients that are remembered; the oldest goes first. */
const MOST_CLIENTS = 10_000;

/** What is left of an allowance. */
class Bucket {
  readonly #allowance: Allowance;
  #left: number;
  #at: number;

  constructor(allowance: Allowance, now: number) {
    this.#allowance = allowance;
    this.#left = allowance.burst;
    this.#at = now;
  }

  hasSome(now: number): boolean {
    const { burst, perSecond } = this.#allowance;
    const regained = (Math.max(0, now - this.#at) / 1000) * perSecond;
    this.#left = Math.min(burst, this.#left + regained);
    this.#at = now;
    return this.#left >= 1;
  }

  take(tries: number): void {
    this.#left -= tries;
  }
}

/** Bounds how often passwords may be tried in vain: each try costs the CPU of a hash, which is made to be slow. */
export class FailedAttempts {
  readonly #clients = new Map<string, Bucket>();
  readonly #all = new Bucket(OF_ALL, 0);

  /** Whether a client may try again. `address`: null where the platform does not tell. */
  mayTry(address: string | null, now: number): boolean {
    return (this.#clients.get(networkOf(address))?.hasSome(now) ?? true) && this.#all.hasSome(now);
  }

  /**
   * Counts a try as one in vain, before it is made: else all that are made at once would pass. `tries`: as how many it
   * counts, for a hash that costs more than others.
   */
  take(address: string | null, now: number, tries: number): void {
    this.#all.take(tries);
    const network = networkOf(address);
    let bucket = this.#clients.get(network);
    if (bucket === undefined) {
      const [oldest] = this.#clients.keys();
      if (this.#clients.size >= MOST_CLIENTS && oldest !== undefined) this.#clients.delete(oldest);
      bucket = new Bucket(OF_CLIENT, now);
      this.#clients.set(network, bucket);
    }
    bucket.take(tries);
  }

  /** For one that was not in vain. */
  giveBack(address: string | null, tries: number): void {
    this.#all.take(-tries);
    this.#clients.get(networkOf(address))?.take(-tries);
  }
}

/** An IPv6 client has a /64 to itself. */
const NETWORK_BYTES = 8;

function networkOf(address: string | null): string {
  const bytes = parseAddress(address ?? "") ?? [];
  return bytes.slice(0, bytes.length === 16 ? NETWORK_BYTES : bytes.length).join(".");
}
