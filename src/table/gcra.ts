/**
 * A limit in the whole numbers in which it is counted, so that nothing is ever rounded: a tick is a microsecond divided
 * by `scale`.
 */
export interface Limit {
  /** Ticks that one request takes: the emission interval. */
  readonly interval: number;
  /** Ticks that pass in a microsecond. */
  readonly scale: number;
  /** Ticks that a full burst takes. */
  readonly capacity: number;
}

/** What has been taken of a limit. */
export interface Bucket {
  /** Microseconds since the epoch. */
  at: number;
  /** Ticks that were not paid off yet at that time: the theoretical arrival time, less that time. */
  debt: number;
}

/** A limit as it is written. `period` in milliseconds; `burst`: requests that may pass at once. */
export interface LimitTerms {
  readonly requests: number;
  readonly period: number;
  readonly burst: number;
}

/** Twice as much is still a whole number without gaps. */
const MOST_TICKS = 2 ** 52;

/** The limit of these terms, or null where no whole numbers hold it: terms with large common factors fit best. */
export function limitOf({ requests, period, burst }: LimitTerms): Limit | null {
  const microseconds = period * 1000;
  const common = greatestCommonDivisor(microseconds, requests);
  const interval = microseconds / common;
  const capacity = burst * interval;
  return capacity > MOST_TICKS ? null : { interval, scale: requests / common, capacity };
}

function greatestCommonDivisor(a: number, b: number): number {
  return b === 0 ? a : greatestCommonDivisor(b, a % b);
}

/**
 * The generic cell rate algorithm (ITU-T I.371, virtual scheduling): a request passes where the theoretical arrival time
 * is no further ahead than the burst allows. Kept as a debt that time pays off, so that the numbers stay small. A clock
 * that goes back stands still here.
 */
export function debtAt({ at, debt }: Bucket, { scale }: Limit, now: number): number {
  const elapsed = now - at;
  if (elapsed <= 0) return debt;
  const paid = elapsed * scale;
  return paid >= debt ? 0 : debt - paid;
}

/**
 * Microseconds until a request of this cost passes; 0: it passes now. `reserve`: requests of the burst that are left to
 * others. Infinity where it never will.
 */
export function waitFor(limit: Limit, debt: number, cost: number, reserve = 0): number {
  const { interval, capacity, scale } = limit;
  const most = capacity - reserve * interval;
  const ahead = debt + cost * interval - most;
  if (ahead <= 0) return 0;
  return cost * interval > most ? Number.POSITIVE_INFINITY : Math.ceil(ahead / scale);
}

/** Requests of cost 1 that would pass at once. */
export function leftOf({ interval, capacity }: Limit, debt: number, reserve = 0): number {
  return Math.max(0, Math.floor((capacity - reserve * interval - debt) / interval));
}

/** Takes a request, which must pass; a negative cost gives one back that was taken and not used. */
export function charge(bucket: Bucket, limit: Limit, cost: number, now: number): void {
  bucket.debt = Math.max(0, debtAt(bucket, limit, now) + cost * limit.interval);
  bucket.at = Math.max(bucket.at, now);
}

/** Microseconds until all of the burst may pass again. */
export function resetOf({ scale }: Limit, debt: number): number {
  return Math.ceil(debt / scale);
}
