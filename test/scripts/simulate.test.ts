import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import type { Results, ScenarioReport } from "../../scripts/simulate/figures.ts";
import { PROJECT } from "../support/cli.ts";

const SMALL = ["--colos", "10", "--isolates", "2", "--rate", "1"];

/** In a process of its own: a simulation takes over clock and timers. */
async function simulate(...args: string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(process.execPath, ["scripts/simulate.ts", ...args], { cwd: PROJECT });
  return stdout;
}

describe("a simulation of 10 colos with 2 isolates each", () => {
  let output: string;
  let results: Results;

  beforeAll(async () => {
    output = await simulate(...SMALL, "--all", "--format", "json");
    results = JSON.parse(output);
  });

  const scenario = (name: string): ScenarioReport => {
    const found = results.scenarios.find((one) => one.name === name);
    if (found === undefined) throw new Error(`no scenario ${name}`);
    return found;
  };

  it("gives the same figures again, and others with another seed", async () => {
    const names = ["refuses", "freezes"];
    const json = ["--format", "json"];
    const [first, again, other] = await Promise.all([
      simulate(...SMALL, ...json, ...names),
      simulate(...SMALL, ...json, ...names),
      simulate(...SMALL, ...json, ...names, "--seed", "2"),
    ]);
    expect(again).toBe(first);
    expect(JSON.parse(first ?? "").scenarios).toEqual(names.map(scenario));
    expect(JSON.parse(other ?? "").scenarios).not.toEqual(names.map(scenario));
  });

  it("has about the requests that were asked for, four of five of them GETs", () => {
    for (const { gets, posts } of results.scenarios) {
      expect(gets.sent + posts.sent).toBeGreaterThan(5_600);
      expect(gets.sent + posts.sent).toBeLessThan(6_400);
      expect(gets.sent / (gets.sent + posts.sent)).toBeCloseTo(0.8, 1);
    }
  });

  it("loses no GET to a cluster that refuses connections, and POSTs only until that is known", () => {
    for (const name of ["refuses", "refuses-5s"]) {
      const { gets, posts, retries, lastFailed } = scenario(name);
      expect(gets.failed).toBe(0);
      expect(retries).toBeGreaterThan(0);
      expect(posts.failed).toBeGreaterThan(0);
      expect(posts.failed).toBeLessThan(posts.meant / 4);
      expect(lastFailed).toBeLessThan(20);
    }
  });

  it("loses no GET either where the health object is lost, but more POSTs", () => {
    const { gets, posts, detection } = scenario("refuses-no-object");
    expect(gets.failed).toBe(0);
    expect(posts.failed).toBeGreaterThan(scenario("refuses").posts.failed);
    expect(detection).toMatchObject({ ejected: null, unhealthy: null });
  });

  it("passes on what an application answers, and takes nothing to be a retry", () => {
    const { gets, retries } = scenario("fails");
    expect(gets.failed).toBeGreaterThan(0);
    expect(retries).toBe(0);
  });

  it("sees GETs that wait for a frozen cluster, and fewer where a try has little time", () => {
    expect(scenario("freezes").slow).toBeGreaterThan(0);
    expect(scenario("freezes-tries-2s").slow).toBe(0);
  });

  it("has every isolate avoid the dead cluster soon after the object does, and use it again", () => {
    for (const report of results.scenarios.filter(({ isObjectLost }) => !isObjectLost)) {
      const { detection, recovery, interval } = report;
      // An interval and its jitter until the first bad probe, three probes of 2 s.
      expect(detection.unhealthy).toBeLessThan((interval * 1.1) / 1000 + 3 * 2 + 1);
      expect(detection.isolates.all).toBeGreaterThan(detection.unhealthy as number);
      expect(detection.isolates.half).toBeLessThanOrEqual(detection.isolates.most as number);
      expect(recovery.half).toBeGreaterThan(interval / 1000);
      expect(recovery.most).toBeLessThan((2 * interval * 1.1) / 1000 + 20);
    }
  });

  it("asks the object at most once in 5 s from each isolate, and less often than without the colos' caches", () => {
    for (const { object } of results.scenarios) expect(object.shortestPause).toBeGreaterThanOrEqual(5);
    for (const { object } of results.scenarios.filter(({ isObjectLost }) => !isObjectLost)) {
      expect(object.usual).toBeLessThan(results.cacheless.usual);
      expect(object.start).toBeLessThan(results.cacheless.start);
    }
    expect(results.cacheless.usual).toBeLessThanOrEqual(20 / 5);
  });

  it("probes each cluster once in its interval, and once from each of three locations", () => {
    for (const { probes, interval } of results.scenarios.filter(({ isObjectLost }) => !isObjectLost)) {
      expect(probes.usual).toBeCloseTo(1000 / interval, 2);
      expect(probes.withLocations).toBeCloseTo((3 * 1000) / interval, 2);
      expect(probes.most).toBeGreaterThan(0);
    }
    expect(scenario("refuses-no-object").probes).toEqual({ usual: 0, withLocations: 0, most: 0 });
  });
});

describe("the command", () => {
  it("says what it can do", async () => {
    expect(await simulate("--help")).toContain("--colos");
  });

  it.each([
    [["--colos", "0"], "--colos must be"],
    [["--rate", "fast"], "--rate must be"],
    [["--format", "yaml"], "--format must be"],
    [["explodes"], "no scenario named explodes"],
    [["--wings"], "--wings"],
  ])("refuses %s", async (args, message) => {
    await expect(simulate(...args)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});
