import { beforeAll, describe, expect, test } from "vitest";
import { formatChaos } from "../../scripts/chaos/format.ts";
import { type ChaosReport, RECOVERY_BOUND, reportOf } from "../../scripts/chaos/report.ts";
import { runScenario } from "../../scripts/chaos/run.ts";
import { RATE, SCENARIOS } from "../../scripts/chaos/scenario.ts";

const LONGEST = Math.max(...SCENARIOS.map(({ seconds }) => seconds));

const reports = new Map<string, ChaosReport>();

// Each has its own clusters and edge; together they take as long as the longer one.
beforeAll(
  async () => {
    const run = async (scenario: (typeof SCENARIOS)[number]) => {
      const report = reportOf(await runScenario(scenario));
      reports.set(scenario.name, report);
      console.log(formatChaos(report));
    };
    await Promise.all(SCENARIOS.map(run));
  },
  (LONGEST + 120) * 1000,
);

describe.each(SCENARIOS)("clusters fail in turn and return: $name", ({ name, seconds, faults }) => {
  const report = () => reports.get(name) as ChaosReport;

  test("all requests went out, half of them GET and half of them POST", () => {
    expect(report()).toMatchObject({ gets: (seconds * RATE) / 2, posts: (seconds * RATE) / 2, unexplained: [] });
  });

  test("no GET failed", () => {
    expect(report().failedGets).toEqual([]);
  });

  test("no POST was delivered twice", () => {
    expect(report().deliveredTwice).toEqual([]);
  });

  test.each(faults.map((fault, index) => ({ ...fault, index })))(
    "$cluster $fault at $at s: back in use in time where it is preferred",
    ({ index }) => {
      const { recovers, recovery } = report().faults[index] as ChaosReport["faults"][number];
      if (recovers) expect(recovery ?? Number.POSITIVE_INFINITY).toBeLessThanOrEqual(RECOVERY_BOUND);
    },
  );

  // Otherwise a run in which nothing happened would pass.
  test.each(faults.map((fault, index) => ({ ...fault, index })))("$cluster $fault at $at s: was felt", ({ index }) =>
    expect((report().faults[index] as ChaosReport["faults"][number]).detection).not.toBeNull(),
  );
});
