import { describe, expect, test } from "vitest";
import { PER_TRY_TIMEOUT } from "../../scripts/chaos/manifests.ts";
import { RECOVERY_BOUND } from "../../scripts/chaos/report.ts";
import {
  FAULTS,
  type Fault,
  isSurelyFelt,
  preferredOf,
  problemsOf,
  SCENARIOS,
  type Scenario,
} from "../../scripts/chaos/scenario.ts";

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

  test("all faults of preferred clusters are surely felt, but for connections refused by one of several", () => {
    const unsure = SCENARIOS.map((scenario) =>
      scenario.faults
        .filter((fault) => !isSurelyFelt(scenario, fault))
        .map(({ cluster, fault }) => `${cluster} ${fault}`),
    );
    expect(unsure).toEqual([
      ["b stopped", "c killed", "b dropping"],
      ["a killed", "a killed"],
    ]);
  });

  test("the harness has the time to ask a cluster while it is silent, and a preferred one to be back", () => {
    for (const { clusters, faults } of SCENARIOS) {
      for (const { at, cluster, for: length } of faults) {
        expect((length / 2) * 1000).toBeGreaterThanOrEqual(2 * PER_TRY_TIMEOUT);
        if (!preferredOf(clusters).includes(cluster)) continue;
        const next = faults.filter((fault) => fault.cluster === cluster && fault.at > at).map((fault) => fault.at);
        expect((Math.min(...next) - at - length) * 1000).toBeGreaterThan(RECOVERY_BOUND + 2000);
      }
    }
  });

  test("the clusters of the smallest priority are preferred", () => {
    expect(SCENARIOS.map(({ clusters }) => preferredOf(clusters))).toEqual([["a"], ["a", "b", "c"]]);
  });
});
