import { describe, expect, test } from "vitest";
import { RetryBudget } from "../../../src/edge/upstream/retry-budget.ts";
import { DEFAULT_RETRY, type Retry } from "../../../src/table/policies/retry.ts";
import { fc } from "../../support/properties.ts";
import { NOW } from "./endpoints.ts";

const budgetOf = (limits: Partial<Retry["budget"]> = {}) => new RetryBudget({ ...DEFAULT_RETRY.budget, ...limits });

function requests(budget: RetryBudget, count: number, now = NOW): void {
  for (let request = 0; request < count; request++) budget.request(now);
}

/** Takes as many retries as there are. */
function take(budget: RetryBudget, now = NOW, most = 100_000): number {
  let taken = 0;
  while (taken < most && budget.tryTake(now)) taken++;
  return taken;
}

describe("retries", () => {
  test.each([
    [0, 10],
    [49, 10],
    [50, 10],
    [54, 10],
    [55, 11],
    [100, 20],
    [1000, 200],
  ])("%d requests in 10 s allow %d: a fifth, and ten always", (count, allowed) => {
    const budget = budgetOf();
    requests(budget, count);
    expect(budget.usage(NOW)).toEqual({ active: count, allowed, used: 0 });
    expect(take(budget)).toBe(allowed);
    expect(budget.usage(NOW)).toEqual({ active: count, allowed, used: allowed });
  });

  test("are what the policy says", () => {
    const some = budgetOf({ percent: 50, minRetries: 0 });
    expect(take(some)).toBe(0);
    requests(some, 3);
    expect(take(some)).toBe(1);
    const none = budgetOf({ percent: 0, minRetries: 0 });
    requests(none, 1000);
    expect(take(none)).toBe(0);
    const free = budgetOf({ percent: 100, minRetries: 0 });
    requests(free, 7);
    expect(take(free)).toBe(7);
  });

  test("that are refused cost nothing", () => {
    const budget = budgetOf({ minRetries: 1 });
    expect(take(budget)).toBe(1);
    for (let refused = 0; refused < 100; refused++) expect(budget.tryTake(NOW)).toBe(false);
    requests(budget, 10);
    expect(take(budget)).toBe(1);
  });
});

describe("the window", () => {
  test("rolls: requests and retries leave it as they came, a tenth at a time", () => {
    const budget = budgetOf({ minRetries: 0 });
    for (let second = 0; second < 10; second++) {
      requests(budget, 10, NOW + second * 1000);
      expect(take(budget, NOW + second * 1000)).toBe(2);
    }
    expect(budget.usage(NOW + 9999)).toMatchObject({ active: 100, used: 20 });
    expect(budget.usage(NOW + 10_000)).toMatchObject({ active: 90, used: 18 });
    expect(budget.usage(NOW + 14_000)).toMatchObject({ active: 50, used: 10 });
    expect(budget.usage(NOW + 19_000)).toMatchObject({ active: 0, used: 0 });
  });

  test("retries wait for room: what was spent at once comes back after the interval", () => {
    const budget = budgetOf();
    expect(take(budget)).toBe(10);
    expect(take(budget, NOW + 8999)).toBe(0);
    expect(take(budget, NOW + 10_000)).toBe(10);
  });

  test.each([10_000, 60_000, 86_400_000, 1e12])("after %d ms of silence nothing is left of it", (idle) => {
    const budget = budgetOf();
    requests(budget, 1000);
    take(budget);
    expect(budget.usage(NOW + idle)).toEqual({ active: 0, allowed: 10, used: 0 });
  });

  test("time that stands still ends nothing", () => {
    const budget = budgetOf();
    expect(take(budget)).toBe(10);
    requests(budget, 1000);
    expect(take(budget)).toBe(190);
    expect(take(budget)).toBe(0);
  });

  test("time that goes back ends nothing, and what is counted then counts in the latest part", () => {
    const budget = budgetOf({ minRetries: 0 });
    requests(budget, 100);
    requests(budget, 100, NOW - 5000);
    expect(take(budget, NOW - 60_000)).toBe(40);
    expect(budget.usage(NOW)).toMatchObject({ active: 200, used: 40 });
    expect(budget.usage(NOW + 10_000)).toMatchObject({ active: 0, used: 0 });
  });

  test("has the length that the policy gives it", () => {
    const budget = budgetOf({ interval: 1000 });
    requests(budget, 100);
    expect(budget.usage(NOW + 899).active).toBe(100);
    expect(budget.usage(NOW + 1000).active).toBe(0);
  });
});

test("whatever comes, in an interval retries are never more than their share, or than those that are always allowed", () => {
  const step = fc.record({ wait: fc.constantFrom(0, 0, 1, 300, 1000, 20_000, -500), requests: fc.nat(30) });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), fc.nat(100), fc.nat(5), (steps, percent, minRetries) => {
      const budget = budgetOf({ percent, minRetries });
      let now = NOW;
      for (const { wait, requests: count } of steps) {
        now += wait;
        requests(budget, count, now);
        const before = budget.usage(now);
        const taken = take(budget, now);
        const { active, used, allowed } = budget.usage(now);
        expect(allowed).toBe(Math.max(minRetries, Math.floor((active * percent) / 100)));
        expect(used).toBe(before.used + taken);
        if (taken > 0) expect(used).toBe(allowed);
        expect(active >= 0 && used >= 0).toBe(true);
      }
    }),
  );
});
