import { beforeAll, describe, expect, test } from "vitest";
import { formatChaos } from "../../scripts/chaos/format.ts";
import { type ChaosReport, isLate, isMachineLate, reportOf, violationsOf } from "../../scripts/chaos/report.ts";
import { runScenario } from "../../scripts/chaos/run.ts";
import { isSurelyFelt, RATE, SCENARIOS, SYMPTOMS } from "../../scripts/chaos/scenario.ts";

const LONGEST = Math.max(...SCENARIOS.map(({ seconds }) => seconds));

/** Only a run in which the machine kept who is well from answering is made again: it says nothing about the edge. */
const RUNS = 3;

const reports = new Map<string, ChaosReport>();

// Each has its own clusters and edge; together they take as long as the longer one.
beforeAll(
  async () => {
    const run = async (scenario: (typeof SCENARIOS)[number]) => {
      for (let left = RUNS; left > 0; left--) {
        const report = reportOf(await runScenario(scenario));
        reports.set(scenario.name, report);
        console.log(formatChaos(report));
        const isFelt = scenario.faults.every((fault, index) => {
          return !isSurelyFelt(scenario, fault) || report.faults[index]?.detection !== null;
        });
        if ((violationsOf(report).length === 0 && isFelt) || !isMachineLate(report)) return;
      }
    };
    await Promise.all(SCENARIOS.map(run));
  },
  RUNS * (LONGEST + 120) * 1000,
);

describe.each(SCENARIOS)("clusters fail in turn and return: $name", (scenario) => {
  const { name, seconds } = scenario;
  const faults = scenario.faults.map((fault, index) => ({ ...fault, index }));
  const report = () => reports.get(name) as ChaosReport;
  const faultAt = (index: number) => report().faults[index] as ChaosReport["faults"][number];

  test("all requests went out, half of them GET and half of them POST", () => {
    expect(report()).toMatchObject({ gets: (seconds * RATE) / 2, posts: (seconds * RATE) / 2, unexplained: [] });
  });

  test("no GET failed", () => {
    expect(report().failedGets).toEqual([]);
  });

  test("no POST was delivered twice", () => {
    expect(report().deliveredTwice).toEqual([]);
  });

  test.each(faults)("$cluster $fault at $at s: back in use in time where it is preferred", ({ index }) => {
    const report = faultAt(index);
    expect(isLate(report), JSON.stringify(report)).toBe(false);
  });

  // Otherwise a run in which nothing happened would pass.
  test.each(faults)("$cluster $fault at $at s: the cluster had it, and was well after", ({ index, fault }) => {
    expect(faultAt(index)).toMatchObject({ met: SYMPTOMS[fault], metAfter: 200 });
  });

  test.each(faults.filter((fault) => isSurelyFelt(scenario, fault)))(
    "$cluster $fault at $at s: the load felt it",
    ({ index }) => expect(faultAt(index).detection).not.toBeNull(),
  );
});
