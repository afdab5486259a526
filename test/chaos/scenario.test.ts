import { describe, expect, test } from "vitest";
import { FAULTS, type Fault, preferredOf, problemsOf, SCENARIOS, type Scenario } from "../../scripts/chaos/scenario.ts";

const scenarioWith = (...faults: readonly Fault[]): Scenario => ({
  name: "tried",
  clusters: ["a", "b"].map((name) => ({ name, priority: 0, weight: 1 })),
  seconds: 10,
  faults,
});

describe("a scenario that would show nothing", () => {
  test.each<[string, readonly Fault[], RegExp]>([
    ["an unknown cluster", [{ at: 0, cluster: "x", fault: "killed", for: 1 }], /no cluster x/],
    ["a fault after the load", [{ at: 9, cluster: "a", fault: "killed", for: 2 }], /ends out of time/],
    ["a fault of no length", [{ at: 1, cluster: "a", fault: "killed", for: 0 }], /ends out of time/],
    [
      "two faults of one cluster at once",
      [
        { at: 1, cluster: "a", fault: "killed", for: 3 },
        { at: 2, cluster: "a", fault: "frozen", for: 3 },
      ],
      /two faults at 2 s/,
    ],
    [
      "no cluster that lives",
      [
        { at: 1, cluster: "a", fault: "killed", for: 3 },
        { at: 3, cluster: "b", fault: "frozen", for: 3 },
      ],
      /no cluster lives at 3 s/,
    ],
  ])("%s", (_, faults, problem) => expect(problemsOf(scenarioWith(...faults)).join()).toMatch(problem));

  test("one after the other is fine", () => {
    const first: Fault = { at: 1, cluster: "a", fault: "killed", for: 2 };
    expect(problemsOf(scenarioWith(first, { ...first, at: 3, cluster: "b" }, { ...first, at: 5 }))).toEqual([]);
  });
});

describe("those that are run", () => {
  test.each(SCENARIOS)("$name: three clusters, at least 60 s, and a preferred one has each fault", (scenario) => {
    expect(problemsOf(scenario)).toEqual([]);
    expect(scenario.clusters).toHaveLength(3);
    expect(scenario.seconds).toBeGreaterThanOrEqual(60);
    expect(new Set(scenario.faults.map(({ fault }) => fault))).toEqual(new Set(FAULTS));
  });

  test.each(SCENARIOS)("$name: two clusters are gone at once from time to time", ({ faults }) => {
    const overlaps = faults.filter((one) =>
      faults.some((other) => other !== one && other.at <= one.at && one.at < other.at + other.for),
    );
    expect(overlaps.length).toBeGreaterThan(0);
  });

  test("the clusters of the smallest priority are preferred", () => {
    expect(SCENARIOS.map(({ clusters }) => preferredOf(clusters))).toEqual([["a"], ["a", "b", "c"]]);
  });
});
