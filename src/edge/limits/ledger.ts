import { charge, debtAt, leftOf } from "../../table/gcra.ts";
import { LEASE_LIFE } from "../../table/lease.ts";
import {
  adapt,
  type Entry,
  entryOf,
  isIdle,
  milliseconds,
  nameOf,
  type Row,
  resetAt,
  rowOf,
  startOf,
  usageOf,
} from "./bucket-entry.ts";
import { type LeaseTerms, leaseAnswer, lend, settle, voidAt, waitOf } from "./lending.ts";
import type { Answer, Ask, BucketRef, LeaseAnswer, Usage } from "./protocol.ts";

/** Microseconds. */
const SECOND = 1_000_000;

/**
 * An object sleeps after 10 s without requests at the earliest. A bucket that is full again by then loses nothing with
 * the object's memory, and is not written.
 */
const SLEEP = 10 * SECOND;

/** Buckets in memory; beyond, those from which nothing is taken go first. */
const MOST_BUCKETS = 50_000;

/** Microseconds of a window's beginning in which nothing is given back: it may have been charged before, to the last one. */
const CHARGED_BEFORE = 10 * SECOND;

export interface LedgerStore {
  load(name: string): Row | null;
  save(rows: readonly Row[]): void;
  drop(name: string): void;
}

/** What an object counts, in time that is handed in: microseconds since the epoch. */
export class Ledger {
  readonly #store: LedgerStore;
  readonly #entries = new Map<string, Entry>();
  readonly #dirty = new Set<Entry>();

  constructor(store: LedgerStore) {
    this.#store = store;
  }

  /** All pass, or none is charged. */
  take(asks: readonly Ask[], now: number): Answer[] {
    const known = asks.map((ask) => {
      const entry = this.#entry(ask, now);
      const terms = ask.lease === null ? null : settle(entry, ask.lease, now);
      return { ask, entry, terms };
    });
    const waits = known.map(({ ask, entry, terms }) => waitOf(ask, entry, terms, now));
    const passes = waits.every((wait) => wait === 0);
    return known.map(({ ask, entry, terms }, index) => {
      const wait = waits[index] as number;
      if (ask.cost > 0) {
        if (passes) {
          entry.admitted++;
          if (debtAt(entry.bucket, entry.limit, now) === 0) {
            entry.fullAt = now;
            entry.admittedSince = 0;
          }
          entry.admittedSince++;
          entry.lastAt = now;
        } else if (wait > 0) {
          entry.refused++;
          entry.refusedAt = now;
        }
      }
      if (passes) charge(entry.bucket, entry.limit, ask.cost, now);
      const lease = terms === null ? null : this.#grant(ask, entry, terms, now);
      if (passes || terms !== null) this.#dirty.add(entry);
      const debt = debtAt(entry.bucket, entry.limit, now);
      return {
        admitted: passes,
        left: leftOf(entry.limit, debt, ask.reserve),
        reset: milliseconds(resetAt(entry, now)),
        retryAfter: milliseconds(wait),
        lease,
      };
    });
  }

  giveBack(asks: readonly (BucketRef & { readonly cost: number })[], now: number): void {
    for (const ask of asks) {
      const entry = this.#entry(ask, now);
      if (ask.window !== undefined && now - startOf(ask.window, now) < CHARGED_BEFORE) continue;
      charge(entry.bucket, entry.limit, -ask.cost, now);
      entry.admitted--;
      this.#dirty.add(entry);
    }
  }

  usage(id: string, most: number, now: number): Usage[] {
    const ofLimit = [...this.#entries.values()].filter(({ ref }) => ref.id === id);
    const all = ofLimit.map((entry) => usageOf(entry, now));
    return all.sort((a, b) => a.left - b.left || b.refused - a.refused).slice(0, most);
  }

  look(ref: BucketRef, now: number): Usage {
    return usageOf(this.#entry(ref, now), now);
  }

  reset(ref: BucketRef, now: number): void {
    const entry = this.#entry(ref, now);
    entry.bucket.debt = 0;
    this.#dirty.delete(entry);
    this.#store.drop(nameOf(ref));
    if (entry.leasedUntil > now) this.#store.save([rowOf(entry, now)]);
  }

  /** True where memory has what is not written. */
  get isDirty(): boolean {
    return this.#dirty.size > 0;
  }

  /** Writes what outlives the memory, and forgets what is as if it had never been. */
  flush(now: number): void {
    const lasting = [...this.#dirty].filter(({ limit }) => limit.capacity / limit.scale > SLEEP);
    if (lasting.length > 0) this.#store.save(lasting.map((entry) => rowOf(entry, now)));
    this.#dirty.clear();
    if (this.#entries.size > MOST_BUCKETS / 2) this.#sweep(now);
  }

  #entry(ref: BucketRef, now: number): Entry {
    const name = nameOf(ref);
    const known = this.#entries.get(name);
    if (known !== undefined) {
      adapt(known, ref, now);
      return known;
    }
    if (this.#entries.size >= MOST_BUCKETS) this.#sweep(now);
    const entry = entryOf(ref, this.#store.load(name), now);
    this.#entries.set(name, entry);
    return entry;
  }

  #grant(ask: Ask, entry: Entry, terms: LeaseTerms, now: number): LeaseAnswer {
    if (lend(ask, entry, terms, now) > 0) this.#writeAhead(entry, now);
    return leaseAnswer(ask, entry, terms, now);
  }

  /** Before permits leave: a later life of this object must know until when some may be out. Once in a lease's life. */
  #writeAhead(entry: Entry, now: number): void {
    const until = voidAt(now);
    if (entry.leasedUntil >= until) return;
    entry.leasedUntil = until + LEASE_LIFE * 1000;
    this.#store.save([rowOf(entry, now)]);
  }

  /** Forgets buckets that are full; where these are not enough, the oldest too, which are written first. */
  #sweep(now: number): void {
    for (const [name, entry] of this.#entries) {
      if (isIdle(entry, now)) this.#entries.delete(name);
    }
    if (this.#entries.size < MOST_BUCKETS) return;
    const oldest = [...this.#entries].slice(0, MOST_BUCKETS / 10);
    this.#store.save(oldest.map(([, entry]) => rowOf(entry, now)));
    for (const [name, entry] of oldest) {
      this.#dirty.delete(entry);
      this.#entries.delete(name);
    }
  }
}
