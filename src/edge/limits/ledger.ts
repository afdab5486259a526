import { type Bucket, charge, debtAt, type Limit, leftOf, limitOf, resetOf, waitFor } from "../../table/gcra.ts";
import { LEASE_LIFE, shareOf } from "../../table/lease.ts";
import { type QuotaWindow, windowAt } from "../../table/quota.ts";
import type { Answer, Ask, BucketRef, LeaseAsk, Usage } from "./protocol.ts";

/** Microseconds. */
const SECOND = 1_000_000;

/**
 * An object sleeps after 10 s without requests at the earliest. A bucket that is full again by then loses nothing with
 * the object's memory, and is not written.
 */
const SLEEP = 10 * SECOND;

/** Microseconds by which a holder's permits are void here later than there: of a clock that stood still for a request. */
const GUARD = 250_000;

/** Microseconds in which a batch of permits comes together at most. */
const BATCH_TIME = 250_000;

/** Buckets in memory; beyond, those from which nothing is taken go first. */
const MOST_BUCKETS = 50_000;

/** Microseconds of a window's beginning in which nothing is given back: it may have been charged before, to the last one. */
const CHARGED_BEFORE = 10 * SECOND;

/** What of a bucket outlives the object's memory. Times are microseconds since the epoch. */
export interface Row {
  /** `id`, a line feed, `key`. */
  readonly name: string;
  /** When the whole burst may pass again. */
  readonly until: number;
  /** No isolate holds permits after this. */
  readonly leasedUntil: number;
  /** Of a quota: what passed in the window that ends at `until`, and what that may be at most. */
  readonly count?: { readonly used: number; readonly most: number };
}

export interface LedgerStore {
  load(name: string): Row | null;
  save(rows: readonly Row[]): void;
  drop(name: string): void;
}

interface Holder {
  number: number;
  used: number;
  permits: number;
  /** Microseconds since the epoch at which they are void. */
  until: number;
}

interface Entry {
  ref: BucketRef;
  limit: Limit;
  readonly bucket: Bucket;
  /** Of a quota: when its window ends; nothing is paid off before. */
  windowEnd: number;
  readonly holders: Map<string, Holder>;
  /** Of a life before: until then isolates may hold permits that nobody here knows of. */
  unknownUntil: number;
  /** As it is written. */
  leasedUntil: number;
  admitted: number;
  refused: number;
  fullAt: number;
  admittedSince: number;
  lastAt: number;
  refusedAt: number;
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
    const row = this.#store.load(name);
    const owed = row === null ? 0 : Math.max(0, row.until - now);
    const limit = limitFor(ref.requests === 0 ? { ...ref, requests: row?.count?.most ?? 0 } : ref);
    const isQuota = ref.window !== undefined;
    const debt = isQuota && owed > 0 ? (row?.count?.used ?? 0) : Math.min(limit.capacity, owed * limit.scale);
    const leasedUntil = row?.leasedUntil ?? 0;
    const entry: Entry = {
      ref,
      limit,
      bucket: { at: now, debt },
      windowEnd: isQuota ? (row?.until ?? 0) : Number.POSITIVE_INFINITY,
      holders: new Map(),
      unknownUntil: leasedUntil,
      leasedUntil,
      admitted: 0,
      refused: 0,
      fullAt: 0,
      admittedSince: 0,
      lastAt: 0,
      refusedAt: 0,
    };
    roll(entry, now);
    this.#entries.set(name, entry);
    return entry;
  }

  #grant(ask: Ask, entry: Entry, terms: LeaseTerms, now: number): Answer["lease"] {
    const { holder, batch, room } = terms;
    const debt = debtAt(entry.bucket, entry.limit, now);
    const available = leftOf(entry.limit, debt, ask.reserve);
    const isEnough = available + ask.cost >= batch;
    const granted = isEnough ? Math.max(0, Math.min(room, available)) : 0;
    if (granted > 0) {
      charge(entry.bucket, entry.limit, granted, now);
      holder.permits += granted;
      this.#writeAhead(entry, now);
    }
    // Batches of one are no batches: where no more is to be had, each request may ask.
    const owed = debtAt(entry.bucket, entry.limit, now);
    const wait = batch === 1 ? 0 : waitFor(entry.limit, owed, batch, ask.reserve);
    return { total: holder.permits, notBefore: milliseconds(wait), lends: room > 0 };
  }

  /** Before permits leave: a later life of this object must know until when some may be out. Once in a lease's life. */
  #writeAhead(entry: Entry, now: number): void {
    const until = now + LEASE_LIFE * 1000 + GUARD;
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

/** What a lease may come to, once the request that asks is judged. */
interface LeaseTerms {
  readonly holder: Holder;
  /** Fewer are not worth an ask: what is left is kept until there are so many. */
  readonly batch: number;
  /** Permits that there is room for. */
  readonly room: number;
  readonly active: number;
}

/** Takes note of what an isolate says it holds; null for an ask that a newer one has overtaken. */
function settle(entry: Entry, ask: LeaseAsk, now: number): LeaseTerms | null {
  const { holders, bucket, limit } = entry;
  let held = 0;
  for (const [name, holder] of holders) {
    if (holder.until <= now) holders.delete(name);
    else if (name !== ask.holder) held += holder.permits;
  }
  const before = holders.get(ask.holder);
  if (before !== undefined && ask.number <= before.number) return null;
  const kept = Math.min(ask.held, before?.permits ?? 0);
  // Neither used nor held: given back, or the answer that granted them was lost, and the isolate no longer waits for it.
  const unused = before === undefined ? 0 : before.permits - kept - (ask.used - before.used);
  if (unused > 0) charge(bucket, limit, -unused, now);
  const holder = { number: ask.number, used: ask.used, permits: kept, until: now + LEASE_LIFE * 1000 + GUARD };
  if (kept > 0 || ask.want > 0) holders.set(ask.holder, holder);
  else holders.delete(ask.holder);
  const active = Math.max(1, holders.size);
  const share = shareOf(ask.most, active);
  const room = now < entry.unknownUntil ? 0 : Math.min(ask.want, share - kept, ask.most - held - kept);
  const inTime = Math.floor((BATCH_TIME * limit.scale) / limit.interval);
  const batch = Math.min(Math.floor((room * 2) / 3), Math.floor(entry.ref.burst / (2 * active)), inTime);
  return { holder, room, batch: Math.max(1, batch), active };
}

/**
 * Microseconds until the ask passes. Where batches are worth it, isolates wait in turn until there is one for each:
 * otherwise all of them would ask for every single permit of a limit that is used up.
 */
function waitOf({ cost, reserve }: Ask, entry: Entry, terms: LeaseTerms | null, now: number): number {
  if (cost === 0) return 0;
  const { limit, bucket } = entry;
  const debt = debtAt(bucket, limit, now);
  const batch = Math.max(cost, terms?.batch ?? 0);
  if (entry.ref.window !== undefined) return leftOf(limit, debt) >= cost ? 0 : entry.windowEnd - now;
  if (terms === null || leftOf(limit, debt, reserve) >= batch) return waitFor(limit, debt, cost, reserve);
  return waitFor(limit, debt, batch, reserve) + Math.ceil(((terms.active - 1) * batch * limit.interval) / limit.scale);
}

/** Another table has other terms for the same limit: what is owed stays as long as it was. */
function adapt(entry: Entry, ref: BucketRef, now: number): void {
  if (ref.window !== undefined) {
    roll(entry, now);
    if (ref.requests > 0) entry.limit = limitFor(ref);
    return;
  }
  const { requests, period, burst } = entry.ref;
  if (requests === ref.requests && period === ref.period && burst === ref.burst) return;
  const limit = limitFor(ref);
  const owed = resetOf(entry.limit, debtAt(entry.bucket, entry.limit, now));
  entry.ref = ref;
  entry.limit = limit;
  entry.bucket.at = now;
  entry.bucket.debt = Math.min(limit.capacity, owed * limit.scale);
}

/** A quota pays nothing off: its window ends. */
function limitFor(ref: BucketRef): Limit {
  if (ref.window !== undefined) return { interval: 1, scale: 0, capacity: ref.requests };
  const limit = limitOf(ref);
  if (limit === null) throw new RangeError("no such limit");
  return limit;
}

function startOf(window: QuotaWindow, now: number): number {
  return windowAt(window, now / 1000).start * 1000;
}

/** Begins the window of a quota anew where it has ended. A clock that goes back stays in the one that it was in. */
function roll(entry: Entry, now: number): void {
  if (entry.ref.window === undefined || now < entry.windowEnd) return;
  entry.windowEnd = windowAt(entry.ref.window, now / 1000).end * 1000;
  entry.bucket.debt = 0;
}

function resetAt(entry: Entry, now: number): number {
  if (entry.ref.window !== undefined) return Math.max(0, entry.windowEnd - now);
  return resetOf(entry.limit, debtAt(entry.bucket, entry.limit, now));
}

function isIdle({ bucket, limit, windowEnd, holders, leasedUntil }: Entry, now: number): boolean {
  if (windowEnd <= now) return true;
  return (
    debtAt(bucket, limit, now) === 0 && leasedUntil <= now && ![...holders.values()].some((one) => one.until > now)
  );
}

function rowOf(entry: Entry, now: number): Row {
  const { ref, limit, bucket, windowEnd, leasedUntil } = entry;
  if (ref.window !== undefined) {
    const count = { used: bucket.debt, most: limit.capacity };
    return { name: nameOf(ref), until: windowEnd, leasedUntil, count };
  }
  return { name: nameOf(ref), until: now + resetAt(entry, now), leasedUntil };
}

function usageOf(entry: Entry, now: number): Usage {
  roll(entry, now);
  const { ref, limit, bucket, holders, admitted, refused, fullAt, admittedSince, lastAt, refusedAt } = entry;
  const debt = debtAt(bucket, limit, now);
  const live = [...holders.values()].filter(({ until }) => until > now);
  return {
    id: ref.id,
    key: ref.key,
    left: leftOf(limit, debt),
    burst: ref.window === undefined ? ref.burst : limit.capacity,
    reset: milliseconds(resetAt(entry, now)),
    held: live.reduce((sum, { permits }) => sum + permits, 0),
    admitted,
    refused,
    fullAt: milliseconds(fullAt),
    admittedSince,
    lastAt: milliseconds(lastAt),
    refusedAt: milliseconds(refusedAt),
    used: ref.window === undefined ? null : debt,
  };
}

export function nameOf({ id, key }: Pick<BucketRef, "id" | "key">): string {
  return `${id}\n${key}`;
}

function milliseconds(microseconds: number): number {
  return microseconds / 1000;
}
