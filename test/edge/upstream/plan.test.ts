import { describe, expect, test } from "vitest";
import { makePlan } from "../../../src/edge/upstream/plan.ts";
import { drained, ejected, failing, type MemberSketch, membersOf, NOW, percents, unhealthy } from "./endpoints.ts";

const PANIC = 25;

const planOf = (sketches: Record<string, MemberSketch>, panicThreshold = PANIC) =>
  makePlan(membersOf(sketches), panicThreshold, NOW);

/** So many endpoints named a, b, c …; the first ones as given. */
function many(count: number, ...first: MemberSketch[]): Record<string, MemberSketch> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => ["abcdefgh"[index], first[index] ?? {}]));
}

describe("who has no share", () => {
  test.each<[string, Record<string, MemberSketch>]>([
    ["no members", {}],
    ["all drained", { a: drained, b: drained }],
    ["all of weight 0", { a: { weight: 0 }, b: { weight: 0 } }],
  ])("%s: nobody, not even as a last resort", (_, sketches) => {
    for (const threshold of [0, PANIC, 100]) {
      const plan = planOf(sketches, threshold);
      expect(plan).toMatchObject({ members: [], shares: [], total: 0, order: [], panic: false });
      expect(plan.keepsSessions.size).toBe(0);
      expect(plan.validUntil).toBe(Number.POSITIVE_INFINITY);
    }
  });

  test("the drained and those of weight 0 beside others, also where the others are dead", () => {
    expect(percents(planOf({ a: drained, b: { weight: 0 }, c: {} }))).toEqual({ c: 100 });
    const dead = planOf({ a: drained, b: { weight: 0 }, c: unhealthy });
    expect(percents(dead)).toEqual({ c: 100 });
    expect(dead.order.map(({ state }) => state.endpoint.id)).toEqual(["c"]);
  });
});

describe("the panic threshold", () => {
  test("25 %: the last of four has all the traffic", () => {
    const plan = planOf(many(4, unhealthy, unhealthy, unhealthy));
    expect(plan.panic).toBe(false);
    expect(percents(plan)).toEqual({ d: 100 });
  });

  test("25 %: one of eight can't bear it, so all eight are asked", () => {
    const plan = planOf(many(8, ...Array<MemberSketch>(7).fill(unhealthy)));
    expect(plan.panic).toBe(true);
    expect(Object.values(percents(plan))).toEqual(Array(8).fill(12.5));
  });

  test.each([
    [3, 25, false],
    [3, 50, true],
    [4, 50, false],
    [5, 62, false],
    [5, 63, true],
    [6, 100, false],
  ])("%d of 8 healthy and %d per cent: panic is %j", (healthy, threshold, panic) => {
    expect(planOf(many(8, ...Array<MemberSketch>(8 - healthy).fill(unhealthy)), threshold).panic).toBe(panic);
  });

  test("0 is never: with nothing healthy nobody is asked first, but there is a last resort for retries", () => {
    const plan = planOf({ a: unhealthy, b: unhealthy }, 0);
    expect(plan).toMatchObject({ members: [], total: 0, panic: false });
    expect(plan.order).toHaveLength(2);
    expect(percents(planOf(many(8, ...Array<MemberSketch>(7).fill(unhealthy)), 0))).toEqual({ h: 100 });
  });

  test("nothing healthy: all are asked, by weight", () => {
    const plan = planOf({ a: { ...unhealthy, weight: 3 }, b: unhealthy });
    expect(plan.panic).toBe(true);
    expect(percents(plan)).toEqual({ a: 75, b: 25 });
  });
});

describe("priorities", () => {
  const second = (sketch: MemberSketch = {}): MemberSketch => ({ ...sketch, priority: 1 });
  const third = (sketch: MemberSketch = {}): MemberSketch => ({ ...sketch, priority: 2 });

  test("a healthy first one has everything", () => {
    expect(percents(planOf({ a: {}, b: second() }))).toEqual({ a: 100 });
  });

  // Envoy's table: 72 % healthy bear all, 50 % bear 70 %, 25 % bear 35 %.
  test.each([
    [8, 6, { first: 100 }],
    [8, 4, { first: 70, second: 30 }],
    [4, 1, { first: 35, second: 65 }],
  ])("of %d in the first %d are healthy", (count, healthy, expected) => {
    const plan = planOf({ ...many(count, ...Array<MemberSketch>(count - healthy).fill(unhealthy)), z: second() });
    const { z = 0, ...first } = percents(plan);
    const sum = Object.values(first).reduce((whole, part) => whole + part, 0);
    expect([sum, z]).toEqual([expect.closeTo(expected.first, 1), "second" in expected ? expected.second : 0]);
    expect(plan.panic).toBe(false);
  });

  test("three levels: what is left goes on", () => {
    const level = (priority: number) => ({ ...unhealthy, priority });
    const plan = planOf({
      a: {},
      b: level(0),
      c: level(0),
      d: level(0),
      e: second(),
      f: level(1),
      g: level(1),
      h: level(1),
      i: third(),
    });
    expect(percents(plan)).toEqual({ a: 35, e: 35, i: 30 });
  });

  test("all dead in the first: the second has everything, without panic", () => {
    const plan = planOf({ a: unhealthy, b: unhealthy, c: second(), d: second() });
    expect(plan.panic).toBe(false);
    expect(percents(plan)).toEqual({ c: 50, d: 50 });
  });

  test("all dead everywhere: the first in panic", () => {
    const plan = planOf({ a: unhealthy, b: second(unhealthy) });
    expect(plan.panic).toBe(true);
    expect(percents(plan)).toEqual({ a: 100 });
  });

  test("together too weak: each as much as it bears, and only those below the threshold panic", () => {
    // Envoy's row "25 %, 25 %": half each.
    const level = (priority: number) => ({ ...unhealthy, priority });
    const plan = planOf({
      a: {},
      b: level(0),
      c: level(0),
      d: level(0),
      e: second(),
      f: level(1),
      g: level(1),
      h: level(1),
    });
    expect(plan.panic).toBe(false);
    expect(percents(plan)).toEqual({ a: 50, e: 50 });
    const panicking = planOf({ a: {}, b: level(0), c: level(0), d: level(0), e: level(0), f: second(), g: level(1) });
    expect(panicking.panic).toBe(true);
    const { a = 0, b = 0, f = 0 } = percents(panicking);
    expect([a, b, f]).toEqual([5.71, 5.71, expect.closeTo(71.43, 1)]);
  });

  test("a dead first that panics without a share is no member: it takes no request and keeps no session", () => {
    const plan = planOf({ a: unhealthy, b: unhealthy, c: second(), d: second(unhealthy) });
    expect(percents(plan)).toEqual({ c: 100 });
    expect(plan.panic).toBe(false);
    expect([...plan.keepsSessions].map(({ endpoint }) => endpoint.id)).toEqual(["c"]);
  });

  test("a healthy second without a share is no member, but keeps its sessions", () => {
    const plan = planOf({ a: {}, b: second() });
    expect(plan.members.map(({ state }) => state.endpoint.id)).toEqual(["a"]);
    expect([...plan.keepsSessions].map(({ endpoint }) => endpoint.id)).toEqual(["a", "b"]);
  });
});

describe("ranks", () => {
  test("the nearest have everything, by weight", () => {
    expect(percents(planOf({ a: { rank: 7 }, b: { rank: 2, weight: 3 }, c: { rank: 2 } }))).toEqual({ b: 75, c: 25 });
  });

  test("a dead nearest goes to the next, a half-dead one spills over", () => {
    expect(percents(planOf({ a: { ...unhealthy, rank: 1 }, b: { rank: 2 }, c: { rank: 3 } }))).toEqual({ b: 100 });
    expect(percents(planOf({ a: { ...unhealthy, rank: 1 }, b: { rank: 1 }, c: { rank: 3 } }))).toEqual({
      b: 70,
      c: 30,
    });
  });

  test("priority before distance", () => {
    expect(percents(planOf({ a: { rank: 9 }, b: { rank: 1, priority: 1 } }))).toEqual({ a: 100 });
  });

  test("nobody healthy: the nearest, for nobody is known to be better", () => {
    expect(percents(planOf({ a: { ...unhealthy, rank: 1 }, b: { ...unhealthy, rank: 2 } }))).toEqual({ a: 100 });
  });

  test("in panic distance counts no more: the nearest are dead, and the healthy one far away has its share", () => {
    const dead = [1, 2, 3, 4].map((rank) => ({ ...unhealthy, rank }));
    const plan = planOf(many(5, ...dead, { rank: 5 }));
    expect(plan.panic).toBe(true);
    expect(percents(plan)).toEqual({ a: 20, b: 20, c: 20, d: 20, e: 20 });
  });

  test("a retry goes to the next rank, then to the next priority, then to the dead", () => {
    const plan = planOf({
      dead: unhealthy,
      backup: { priority: 1 },
      far: { rank: 5 },
      near: { rank: 1 },
      nearToo: { rank: 1 },
    });
    expect(plan.order.map(({ state, tier }) => [state.endpoint.id, tier])).toEqual([
      ["near", 0],
      ["nearToo", 0],
      ["far", 1],
      ["backup", 2],
      ["dead", 3],
    ]);
  });
});

describe("slow start", () => {
  const returned = (ago: number): MemberSketch => ({
    cluster: { slowStart: 10_000 },
    state: { returnedAt: NOW - ago },
  });

  test.each([
    [0, 0.1],
    [500, 0.1],
    [1000, 0.1],
    [2000, 0.2],
    [5000, 0.5],
    [9999, 0.9999],
    [10_000, 1],
  ])("after %d ms of 10 s the weight counts for %d", (ago, part) => {
    const { a = 0, b = 0 } = percents(planOf({ a: returned(ago), b: {} }));
    expect(a / b).toBeCloseTo(part, 2);
  });

  test("alone it has everything, and nobody panics", () => {
    const plan = planOf({ a: returned(0) });
    expect(plan.panic).toBe(false);
    expect(percents(plan)).toEqual({ a: 100 });
  });

  test("what it does not bear yet goes to the next rank and to the next priority", () => {
    expect(percents(planOf({ a: returned(1000), b: { rank: 1 } }))).toEqual({ a: 14, b: 86 });
    expect(percents(planOf({ a: returned(5000), b: { priority: 1 } }))).toEqual({ a: 70, b: 30 });
    expect(percents(planOf({ a: returned(8000), b: { priority: 1 } }))).toEqual({ a: 100 });
  });

  test("of a backend that comes back there, and of an endpoint: the smaller part counts", () => {
    const cluster = { slowStart: 10_000 };
    const answers = { returnedAt: NOW - 2000 };
    const { a = 0, b = 0 } = percents(planOf({ a: { cluster, answers }, b: {} }));
    expect(a / b).toBeCloseTo(0.2, 2);
    const both = percents(planOf({ a: { ...returned(5000), answers }, b: { ...returned(1000), answers } }));
    expect((both.b ?? 0) / (both.a ?? 0)).toBeCloseTo(0.5, 2);
  });

  test("a clock that goes back begins it anew at the least", () => {
    const { a = 0, b = 0 } = percents(planOf({ a: returned(-5000), b: {} }));
    expect(a / b).toBeCloseTo(0.1, 2);
  });
});

describe("how long it holds", () => {
  test("for ever where time changes nothing", () => {
    expect(planOf({ a: {}, b: unhealthy }).validUntil).toBe(Number.POSITIVE_INFINITY);
  });

  test("until the first ejection ends, one's own or a shared one", () => {
    expect(planOf({ a: ejected(10_000), b: ejected(), c: {} }).validUntil).toBe(NOW + 50_000);
    expect(planOf({ a: { state: { sharedEjectedUntil: NOW + 7 } }, b: {} }).validUntil).toBe(NOW + 7);
    expect(planOf({ a: failing(10_000), b: {} }).validUntil).toBe(NOW + 50_000);
  });

  test("a step of the slow start at most", () => {
    const slow: MemberSketch = { cluster: { slowStart: 10_000 }, state: { returnedAt: NOW - 9999 } };
    const { cluster = {}, state = {} } = slow;
    for (const one of [slow, { cluster, answers: state }]) {
      const { validUntil } = planOf({ a: one, b: {} });
      expect(validUntil).toBeGreaterThan(NOW);
      expect(validUntil).toBeLessThanOrEqual(NOW + 1000);
    }
  });

  test("of the drained nothing is waited for", () => {
    const { validUntil } = planOf({ a: { state: { drained: true, ejectedUntil: NOW + 9 } }, b: {} });
    expect(validUntil).toBe(Number.POSITIVE_INFINITY);
  });
});
