import type { LimitTerms } from "./gcra.ts";

/** Milliseconds after which permits that an isolate holds are void. */
export const LEASE_LIFE = 5_000;

/** An isolate asks for more when so much of its last lease is left. */
export const LOW_WATER = 1 / 4;

/**
 * Requests by which a leased limit may exceed an exact one in any window of time: the permits that isolates may hold at
 * a time, for those of before the window come on top of what the window grants. `overshoot` is in per cent of what an
 * exact limit admits in one period at the most.
 */
export function mostHeld({ requests, burst }: LimitTerms, overshoot: number): number {
  return Math.max(1, Math.floor(((requests + burst) * overshoot) / 100));
}

/** The share of `mostHeld` for one of so many isolates. */
export function shareOf(most: number, holders: number): number {
  return Math.floor(most / Math.max(1, holders));
}

/**
 * Permits that an isolate asks for: what it needs in half a lease's life, at its rate of late. `rate` in requests a
 * second.
 */
export function demandOf(rate: number): number {
  return Math.ceil((rate * LEASE_LIFE) / 2000);
}

/**
 * Requests of objects to expect per million requests, where so many isolates take the full rate of a leased limit in
 * equal parts.
 */
export function objectRequests(terms: LimitTerms, most: number, isolates: number): number {
  const rate = (terms.requests * 1000) / terms.period / isolates;
  const lease = Math.min(shareOf(most, isolates), demandOf(rate));
  return Math.round(1_000_000 / Math.max(1, lease * (1 - LOW_WATER)));
}
