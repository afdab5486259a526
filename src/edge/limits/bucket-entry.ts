import { type Bucket, debtAt, type Limit, leftOf, limitOf, resetOf } from "../../table/gcra.ts";
import { type QuotaWindow, windowAt } from "../../table/quota.ts";
import type { BucketRef, Usage } from "./protocol.ts";

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

/** What one isolate holds, as of its last ask. */
export interface Holder {
  number: number;
  used: number;
  permits: number;
  /** Microseconds since the epoch at which they are void. */
  until: number;
}

/** What an object has in memory of one bucket. Times are microseconds since the epoch. */
export interface Entry {
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

/** Of a bucket that is not in memory: as a life before wrote it, or with nothing taken. */
export function entryOf(ref: BucketRef, row: Row | null, now: number): Entry {
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
  return entry;
}

/** Another table has other terms for the same limit: what is owed stays as long as it was. */
export function adapt(entry: Entry, ref: BucketRef, now: number): void {
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

/** When the window of `now` began. */
export function startOf(window: QuotaWindow, now: number): number {
  return windowAt(window, now / 1000).start * 1000;
}

/** Begins the window of a quota anew where it has ended. A clock that goes back stays in the one that it was in. */
function roll(entry: Entry, now: number): void {
  if (entry.ref.window === undefined || now < entry.windowEnd) return;
  entry.windowEnd = windowAt(entry.ref.window, now / 1000).end * 1000;
  entry.bucket.debt = 0;
}

/** Microseconds until the whole burst may pass again, or the window of a quota ends. */
export function resetAt(entry: Entry, now: number): number {
  if (entry.ref.window !== undefined) return Math.max(0, entry.windowEnd - now);
  return resetOf(entry.limit, debtAt(entry.bucket, entry.limit, now));
}

/** Whether nothing is lost with it. */
export function isIdle({ bucket, limit, windowEnd, holders, leasedUntil }: Entry, now: number): boolean {
  if (windowEnd <= now) return true;
  return (
    debtAt(bucket, limit, now) === 0 && leasedUntil <= now && ![...holders.values()].some((one) => one.until > now)
  );
}

export function rowOf(entry: Entry, now: number): Row {
  const { ref, limit, bucket, windowEnd, leasedUntil } = entry;
  if (ref.window !== undefined) {
    const count = { used: bucket.debt, most: limit.capacity };
    return { name: nameOf(ref), until: windowEnd, leasedUntil, count };
  }
  return { name: nameOf(ref), until: now + resetAt(entry, now), leasedUntil };
}

export function usageOf(entry: Entry, now: number): Usage {
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

export function milliseconds(microseconds: number): number {
  return microseconds / 1000;
}
