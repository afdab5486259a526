import { describe, expect, test } from "vitest";
import { type Member, makePlan } from "../../../src/edge/upstream/plan.ts";
import { DEFAULT_OUTLIER_DETECTION } from "../../../src/table/policies/outlier-detection.ts";
import { ejected, failing, type MemberSketch, membersOf, NOW, percents, unhealthy } from "./endpoints.ts";

const PANIC = 25;

const planOf = (sketches: Record<string, MemberSketch>, panicThreshold = PANIC) =>
  makePlan(membersOf(sketches), panicThreshold, NOW);

describe("the cap on ejections", () => {
  const capped = (maxEjectionPercent: number, ago: number): MemberSketch => ({
    ...ejected(ago),
    cluster: { outlierDetection: { ...DEFAULT_OUTLIER_DETECTION, maxEjectionPercent } },
  });
  // All but the last are ejected, a the longest ago: those without a share are the ones whose ejection counts.
  test.each([
    [50, 2, ["a"]],
    [50, 3, ["a"]],
    [50, 8, ["a", "b", "c", "d"]],
    [10, 2, ["a"]],
    [10, 3, ["a"]],
    [10, 8, ["a"]],
    [75, 2, ["a"]],
    [75, 3, ["a", "b"]],
    [75, 8, ["a", "b", "c", "d", "e", "f"]],
    [100, 3, ["a", "b"]],
    [0, 2, []],
    [0, 8, []],
  ])("%d per cent of %d: %j count", (percent, count, counted) => {
    const names = [..."abcdefgh"].slice(0, count);
    const sketch = (index: number) => (index < count - 1 ? capped(percent, 1000 - index) : {});
    const plan = planOf(Object.fromEntries(names.map((name, index) => [name, sketch(index)])), 0);
    expect(names.filter((name) => !(name in percents(plan)))).toEqual(counted);
  });

  test("where all are ejected the cause is in common, and none counts", () => {
    expect(percents(planOf({ a: ejected(10), b: ejected(30), c: ejected(20) }))).toEqual({
      a: 33.33,
      b: 33.33,
      c: 33.33,
    });
    expect(percents(planOf({ a: unhealthy, b: failing(30), c: failing(20) }))).toEqual({ b: 50, c: 50 });
  });

  test("where all are ejected, endpoints that do not answer are out while others at least do", () => {
    const both = { ...ejected(10), ...failing(20) };
    const shared: MemberSketch = { state: { sharedEjectedUntil: NOW + 1 } };
    expect(percents(planOf({ a: ejected(10), b: both, c: failing(10) }))).toEqual({ c: 100 });
    expect(percents(planOf({ a: shared, b: failing(10), c: failing(20) }))).toEqual({ b: 50, c: 50 });
    expect(percents(planOf({ a: failing(10), b: failing(30), c: failing(20) }))).toEqual({
      a: 33.33,
      b: 33.33,
      c: 33.33,
    });
    expect(percents(planOf({ a: both, b: both }))).toEqual({ a: 50, b: 50 });
  });

  test("where probes leave nothing that can be reached, what requests met decides alone", () => {
    const wrong = planOf({
      a: { ...unhealthy, state: { ...unhealthy.state, ...ejected(10).state } },
      b: unhealthy,
      c: unhealthy,
    });
    expect([percents(wrong), wrong.panic]).toEqual([{ b: 50, c: 50 }, true]);
    const old = planOf({ a: unhealthy, b: unhealthy, c: ejected(10) });
    expect([percents(old), old.panic]).toEqual([{ a: 50, b: 50 }, true]);
    expect(percents(planOf({ a: unhealthy, b: unhealthy, c: failing(10) }))).toEqual({ c: 100 });
    expect(percents(planOf({ a: unhealthy, b: { ...unhealthy, ...failing(10) }, c: ejected(10) }))).toEqual({ a: 100 });
    expect(percents(planOf({ a: unhealthy, b: unhealthy, c: ejected(10) }, 0))).toEqual({ c: 100 });
  });

  test("what probes call unhealthy takes no room under it", () => {
    const both = { ...capped(50, 30), state: { ...ejected(30).state, ...unhealthy.state } };
    expect(percents(planOf({ a: both, b: capped(50, 10), c: {} }))).toEqual({ c: 100 });
  });

  test("a backend's own ejections count under it like its endpoints', and one that is both once, by the earlier", () => {
    const own = (ago: number): MemberSketch => ({ cluster: capped(50, 0).cluster ?? {}, ...failing(ago) });
    expect(Object.keys(percents(planOf({ a: own(10), b: own(30), c: capped(50, 20), d: {} })))).toEqual(["a", "d"]);
    const reversed = { ...capped(50, 40), ...failing(5) };
    expect(Object.keys(percents(planOf({ a: own(10), b: reversed, c: own(20), d: {} })))).toEqual(["a", "d"]);
    const both = { ...capped(50, 5), ...failing(40) };
    const plan = planOf({ a: own(10), b: both, c: capped(50, 20), d: {} });
    expect(Object.keys(percents(plan))).toEqual(["a", "d"]);
    expect(plan.order.map(({ state, tier }) => [state.endpoint.id, tier])).toEqual([
      ["d", 0],
      ["a", 1],
      ["b", 1],
      ["c", 1],
    ]);
    expect([...plan.keepsSessions].map(({ endpoint }) => endpoint.id)).toEqual(["a", "d"]);
  });

  test("the earliest count, in whatever order they stand", () => {
    const plan = planOf({ a: capped(50, 10), b: capped(50, 30), c: capped(50, 20), d: capped(50, 5), e: {} });
    expect(Object.keys(percents(plan))).toEqual(["a", "d", "e"]);
  });

  test("of two at the same time it is the same one in every isolate", () => {
    const [a, b, c] = membersOf({ a: capped(50, 5), b: capped(50, 5), c: {} }) as [Member, Member, Member];
    expect(Object.keys(percents(makePlan([a, b, c], PANIC, NOW)))).toEqual(["b", "c"]);
    expect(Object.keys(percents(makePlan([b, a, c], PANIC, NOW)))).toEqual(["b", "c"]);
  });

  test("one beyond the cap is asked, but is the last resort of a retry", () => {
    const plan = planOf({ a: { ...capped(50, 20), rank: 1 }, b: { ...capped(50, 10), rank: 2 }, c: { rank: 3 } });
    expect(percents(plan)).toEqual({ b: 100 });
    expect(plan.order.map(({ state }) => state.endpoint.id)).toEqual(["c", "a", "b"]);
  });

  test("an ejection that is over does not count, and frees the place of another", () => {
    const members = membersOf({ a: capped(50, 60_000), b: capped(50, 10) });
    expect(percents(makePlan(members, PANIC, NOW))).toEqual({ a: 100 });
    expect(members[0]?.state.returnedAt).toBe(NOW);
    const [a, b] = membersOf({ a: { ...capped(50, 10), ...failing(60_000) }, b: failing(60_000) }) as [Member, Member];
    expect(percents(makePlan([a, b], PANIC, NOW))).toEqual({ b: 100 });
    expect([a, b].map(({ answers }) => answers.returnedAt)).toEqual([NOW, NOW]);
  });

  test("what probes say is not capped", () => {
    expect(percents(planOf({ a: unhealthy, b: unhealthy, c: {} }))).toEqual({ c: 100 });
  });

  test("an ejection by several isolates in agreement counts like one's own", () => {
    const shared: MemberSketch = { state: { sharedEjectedUntil: NOW + 1 } };
    expect(percents(planOf({ a: shared, b: {} }))).toEqual({ b: 100 });
    expect(percents(planOf({ a: { state: { sharedEjectedUntil: NOW } }, b: {} }))).toEqual({ a: 50, b: 50 });
  });
});
