import { describe, expect, test } from "vitest";
import {
  type Bucket,
  charge,
  debtAt,
  type LimitTerms,
  leftOf,
  limitOf,
  resetOf,
  waitFor,
} from "../../src/table/gcra.ts";
import { fc } from "../support/properties.ts";

/**
 * Virtual scheduling as ITU-T I.371 defines it, in whole numbers of any size: time in parts of a microsecond so small
 * that the emission interval is one. A cell of cost c counts as c cells at once.
 */
class VirtualScheduling {
  readonly interval: bigint;
  readonly tolerance: bigint;
  readonly parts: bigint;
  theoreticalArrival = 0n;

  constructor({ requests, period, burst }: LimitTerms) {
    this.parts = BigInt(requests);
    this.interval = BigInt(period) * 1000n;
    this.tolerance = BigInt(burst - 1) * this.interval;
  }

  conforms(now: number, cost: number, reserve: number): boolean {
    const arrival = BigInt(now) * this.parts;
    const start = this.theoreticalArrival > arrival ? this.theoreticalArrival : arrival;
    const last = start + BigInt(cost - 1) * this.interval;
    return last <= arrival + this.tolerance - BigInt(reserve) * this.interval;
  }

  take(now: number, cost: number): void {
    const arrival = BigInt(now) * this.parts;
    const start = this.theoreticalArrival > arrival ? this.theoreticalArrival : arrival;
    this.theoreticalArrival = start + BigInt(cost) * this.interval;
  }
}

const terms = fc.record({
  requests: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 1_000_000 })),
  period: fc.oneof(
    fc.constantFrom(1000, 60_000, 3_600_000, 86_400_000),
    fc.integer({ min: 1000, max: 31 * 86_400_000 }),
  ),
  burst: fc.oneof(fc.integer({ min: 1, max: 5 }), fc.integer({ min: 1, max: 2000 })),
});

/** A request in parts of the mean interval, so that arrivals stand on both sides of the limit. */
const request = fc.record({
  intervals: fc.double({ min: 0, max: 4, noNaN: true }),
  cost: fc.integer({ min: 1, max: 4 }),
});

const START = 1_795_878_000_000_000;

describe("the generic cell rate algorithm", () => {
  test("decides as its definition does, with several limits, all of which must pass: 10,000 runs", () => {
    let decisions = 0;
    let refusals = 0;
    const check = fc.property(
      fc.array(terms, { minLength: 1, maxLength: 3 }),
      fc.array(request, { minLength: 1, maxLength: 25 }),
      fc.nat(2),
      (all, requests, reserve) => {
        const limits = all.flatMap((one) => {
          const limit = limitOf(one);
          const bucket: Bucket = { at: 0, debt: 0 };
          return limit === null ? [] : [{ limit, bucket, reference: new VirtualScheduling(one), one }];
        });
        fc.pre(limits.length > 0);
        const step = Math.min(...limits.map(({ one }) => (one.period * 1000) / one.requests));
        let now = START;
        for (const { intervals, cost } of requests) {
          now += Math.floor(intervals * step);
          const waits = limits.map(({ limit, bucket }) => waitFor(limit, debtAt(bucket, limit, now), cost, reserve));
          const wanted = limits.map(({ reference }) => reference.conforms(now, cost, reserve));
          expect(waits.map((wait) => wait === 0)).toEqual(wanted);
          decisions++;
          if (!wanted.every(Boolean)) {
            refusals++;
            continue;
          }
          for (const { limit, bucket, reference } of limits) {
            charge(bucket, limit, cost, now);
            reference.take(now, cost);
            // The state too, in the finer of the two units.
            const owed = reference.theoreticalArrival - BigInt(now) * reference.parts;
            expect(BigInt(bucket.debt) * (reference.parts / BigInt(limit.scale))).toBe(owed);
          }
        }
      },
    );
    fc.assert(check, { numRuns: 10_000 });
    expect(refusals).toBeGreaterThan(decisions / 20);
    expect(refusals).toBeLessThan((decisions * 19) / 20);
  });

  test("a refused request passes after the wait it is told, and not a microsecond before", () => {
    const check = fc.property(terms, fc.integer({ min: 1, max: 3 }), (one, cost) => {
      const limit = limitOf(one);
      fc.pre(limit !== null && cost <= one.burst);
      if (limit === null) return;
      const bucket: Bucket = { at: START, debt: limit.capacity };
      const wait = waitFor(limit, debtAt(bucket, limit, START), cost);
      expect(wait).toBeGreaterThan(0);
      expect(waitFor(limit, debtAt(bucket, limit, START + wait), cost)).toBe(0);
      expect(waitFor(limit, debtAt(bucket, limit, START + wait - 1), cost)).toBeGreaterThan(0);
    });
    fc.assert(check, { numRuns: 2_000 });
  });

  test("a burst passes at once, and then requests at the rate", () => {
    const limit = limitOf({ requests: 3, period: 1000, burst: 5 });
    if (limit === null) throw new Error("no limit");
    const bucket: Bucket = { at: START, debt: 0 };
    const admitted: number[] = [];
    for (let at = 0; at <= 2_000_000; at += 1_000) {
      if (waitFor(limit, debtAt(bucket, limit, START + at), 1) > 0) continue;
      charge(bucket, limit, 1, START + at);
      admitted.push(at);
      while (waitFor(limit, debtAt(bucket, limit, START + at), 1) === 0) {
        charge(bucket, limit, 1, START + at);
        admitted.push(at);
      }
    }
    // 334 ms is the first whole millisecond after a third of a second; a third of it stays on the account.
    expect(admitted).toEqual([0, 0, 0, 0, 0, 334_000, 667_000, 1_000_000, 1_334_000, 1_667_000, 2_000_000]);
  });

  test("what is given back can be taken again; a bucket is never more than full", () => {
    const limit = limitOf({ requests: 10, period: 1000, burst: 10 });
    if (limit === null) throw new Error("no limit");
    const bucket: Bucket = { at: START, debt: 0 };
    charge(bucket, limit, 4, START);
    charge(bucket, limit, -3, START);
    expect(leftOf(limit, debtAt(bucket, limit, START))).toBe(9);
    charge(bucket, limit, -100, START);
    expect(leftOf(limit, debtAt(bucket, limit, START))).toBe(10);
  });

  test("a clock that goes back gives nothing", () => {
    const limit = limitOf({ requests: 1, period: 1000, burst: 1 });
    if (limit === null) throw new Error("no limit");
    const bucket: Bucket = { at: START, debt: 0 };
    charge(bucket, limit, 1, START);
    expect(debtAt(bucket, limit, START - 5_000_000)).toBe(limit.interval);
    expect(resetOf(limit, limit.interval)).toBe(1_000_000);
  });

  test("a cost above the burst never passes, and what numbers can't hold is no limit", () => {
    const limit = limitOf({ requests: 1, period: 1000, burst: 2 });
    if (limit === null) throw new Error("no limit");
    expect(waitFor(limit, 0, 3)).toBe(Number.POSITIVE_INFINITY);
    expect(waitFor(limit, 0, 2, 1)).toBe(Number.POSITIVE_INFINITY);
    expect(limitOf({ requests: 999_983, period: 31 * 86_400_000, burst: 999_983 })).toBeNull();
    expect(limitOf({ requests: 1_000_000, period: 30 * 86_400_000, burst: 1_000_000 })).not.toBeNull();
  });
});
