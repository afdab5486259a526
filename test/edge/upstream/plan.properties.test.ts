import { describe, expect, test } from "vitest";
import { type Member, makePlan, type Plan } from "../../../src/edge/upstream/plan.ts";
import { DEFAULT_OUTLIER_DETECTION } from "../../../src/table/policies/outlier-detection.ts";
import { fc } from "../../support/properties.ts";
import { membersOf, NOW, percents } from "./endpoints.ts";

describe("for any members", () => {
  /** Any members, their clusters' caps on ejections being some of these per cents. */
  const sketchesWith = (...caps: number[]) => {
    const member = fc.record({
      weight: fc.nat(3),
      priority: fc.nat(2),
      rank: fc.nat(2),
      cluster: fc.record({
        slowStart: fc.constantFrom(0, 10_000),
        outlierDetection: fc
          .constantFrom(...caps)
          .map((maxEjectionPercent) => ({ ...DEFAULT_OUTLIER_DETECTION, maxEjectionPercent })),
      }),
      state: fc.record({
        activelyHealthy: fc.boolean(),
        drained: fc.boolean(),
        ejectedAt: fc.constantFrom(NOW - 2, NOW - 1, NOW),
        ejectedUntil: fc.constantFrom(0, NOW - 1, NOW, NOW + 1, NOW + 60_000),
        sharedEjectedUntil: fc.constantFrom(0, 0, NOW - 1, NOW + 5),
        returnedAt: fc.constantFrom(0, NOW - 20_000, NOW - 5000, NOW),
      }),
      answers: fc.record({
        ejectedAt: fc.constantFrom(NOW - 3, NOW - 1),
        ejectedUntil: fc.constantFrom(0, 0, NOW, NOW + 2, NOW + 60_000),
        returnedAt: fc.constantFrom(0, 0, NOW - 5000),
      }),
    });
    return fc.array(member, { maxLength: 8 }).map((list) => Object.fromEntries(list.entries()));
  };
  const threshold = fc.constantFrom(0, 25, 50, 100);

  function check(
    holds: (members: Member[], plan: Plan, panicThreshold: number) => void,
    sketches = sketchesWith(0, 10, 50, 100),
  ): void {
    fc.assert(
      fc.property(sketches, threshold, (drawn, panicThreshold) => {
        const members = membersOf(drawn);
        holds(members, makePlan(members, panicThreshold, NOW), panicThreshold);
      }),
      { numRuns: 2000 },
    );
  }
  const serves = ({ weight, state }: Member) => weight > 0 && !state.drained;
  const isSafe = (member: Member) =>
    serves(member) && member.state.activelyHealthy && !member.state.isEjected(NOW) && !member.answers.isEjected(NOW);

  test("shares are positive numbers that make up the whole", () => {
    check((members, { shares, total }, panicThreshold) => {
      for (const share of shares) expect(share).toBeGreaterThan(0);
      expect(shares.every(Number.isFinite)).toBe(true);
      if (members.some(serves) && panicThreshold > 0) expect(total).toBeCloseTo(1, 9);
      else if (total !== 0) expect(total).toBeCloseTo(1, 9);
    });
  });

  test("the drained and those of weight 0 have none, and no session", () => {
    check((_, plan) => {
      expect(plan.members.every(serves)).toBe(true);
      expect(plan.order.every(serves)).toBe(true);
      expect([...plan.keepsSessions].some(({ drained: isDrained }) => isDrained)).toBe(false);
    });
  });

  test("without panic nobody is asked whom a probe calls unhealthy", () => {
    check((_, plan) => {
      if (!plan.panic) expect(plan.members.every(({ state }) => state.activelyHealthy)).toBe(true);
    });
  });

  // Without the cap, by which an ejected one may count as healthy, be the nearest and so have everything.
  test("while one is healthy, somebody healthy has a share; none in the first priority and nearest rank starves", () => {
    check((members, plan) => {
      const safe = members.filter(isSafe);
      if (safe.length === 0) return;
      const asked = new Set(plan.members.map(({ state }) => state));
      expect(safe.some(({ state }) => asked.has(state))).toBe(true);
      const order = (a: Member, b: Member) => a.priority - b.priority || a.rank - b.rank;
      const [best] = safe.toSorted(order) as [Member];
      for (const one of safe) {
        if (order(one, best) === 0) expect(asked.has(one.state)).toBe(true);
      }
    }, sketchesWith(100));
  });

  test("the order holds everybody who serves, once, the healthy first", () => {
    check((members, plan) => {
      expect(new Set(plan.order.map(({ state }) => state))).toEqual(
        new Set(members.filter(serves).map(({ state }) => state)),
      );
      const verdicts = plan.order.map(isSafe);
      expect(verdicts).toEqual(verdicts.toSorted((a, b) => Number(b) - Number(a)));
    });
  });

  test("it holds until the time that it names: made again a moment before, it is the same but for slow start", () => {
    check((members, plan, panicThreshold) => {
      if (members.some(({ state, answers }) => state.isInSlowStart(NOW) || answers.isInSlowStart(NOW))) return;
      const moment = Math.min(plan.validUntil - 1, NOW + 1_000_000);
      if (moment < NOW) return;
      expect(percents(makePlan(members, panicThreshold, moment))).toEqual(percents(plan));
    });
  });
});
