import { charge, debtAt, leftOf, waitFor } from "../../table/gcra.ts";
import { LEASE_LIFE, shareOf } from "../../table/lease.ts";
import { type Entry, type Holder, milliseconds } from "./bucket-entry.ts";
import type { Ask, LeaseAnswer, LeaseAsk } from "./protocol.ts";

/** Microseconds by which a holder's permits are void here later than there: of a clock that stood still for a request. */
const GUARD = 250_000;

/** Microseconds in which a batch of permits comes together at most. */
const BATCH_TIME = 250_000;

/** What a lease may come to, once the request that asks is judged. */
export interface LeaseTerms {
  readonly holder: Holder;
  /** Fewer are not worth an ask: what is left is kept until there are so many. */
  readonly batch: number;
  /** Permits that there is room for. */
  readonly room: number;
  readonly active: number;
}

/** Takes note of what an isolate says it holds; null for an ask that a newer one has overtaken. */
export function settle(entry: Entry, ask: LeaseAsk, now: number): LeaseTerms | null {
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
  const holder = { number: ask.number, used: ask.used, permits: kept, until: voidAt(now) };
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
export function waitOf({ cost, reserve }: Ask, entry: Entry, terms: LeaseTerms | null, now: number): number {
  if (cost === 0) return 0;
  const { limit, bucket } = entry;
  const debt = debtAt(bucket, limit, now);
  const batch = Math.max(cost, terms?.batch ?? 0);
  if (entry.ref.window !== undefined) return leftOf(limit, debt) >= cost ? 0 : entry.windowEnd - now;
  if (terms === null || leftOf(limit, debt, reserve) >= batch) return waitFor(limit, debt, cost, reserve);
  return waitFor(limit, debt, batch, reserve) + Math.ceil(((terms.active - 1) * batch * limit.interval) / limit.scale);
}

/** Lends what is left, where that is worth a batch; tells how many permits. */
export function lend({ cost, reserve }: Ask, entry: Entry, { holder, batch, room }: LeaseTerms, now: number): number {
  const { bucket, limit } = entry;
  const available = leftOf(limit, debtAt(bucket, limit, now), reserve);
  const isEnough = available + cost >= batch;
  const granted = isEnough ? Math.max(0, Math.min(room, available)) : 0;
  if (granted > 0) {
    charge(bucket, limit, granted, now);
    holder.permits += granted;
  }
  return granted;
}

/** What the isolate is told; after `lend`, which changes what there is. */
export function leaseAnswer(
  { reserve }: Ask,
  { bucket, limit }: Entry,
  { holder, batch, room }: LeaseTerms,
  now: number,
): LeaseAnswer {
  // Batches of one are no batches: where no more is to be had, each request may ask.
  const wait = batch === 1 ? 0 : waitFor(limit, debtAt(bucket, limit, now), batch, reserve);
  return { total: holder.permits, notBefore: milliseconds(wait), lends: room > 0 };
}

/** When permits that leave now are void here. */
export function voidAt(now: number): number {
  return now + LEASE_LIFE * 1000 + GUARD;
}
