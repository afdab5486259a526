import { execFile } from "node:child_process";
import { promisify } from "node:util";
import { beforeAll, describe, expect, it } from "vitest";
import type { LimitsResults, WayReport } from "../../scripts/simulate/limits/figures.ts";
import { PROJECT } from "../support/cli.ts";

const SMALL = ["--colos", "12", "--isolates", "3", "--rate", "60", "--keys", "200", "--seconds", "5"];

async function simulate(...args: string[]): Promise<string> {
  const command = ["scripts/simulate.ts", "limits", ...args];
  const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: PROJECT });
  return stdout;
}

describe("a simulation of the limits of 12 colos with 3 isolates each", () => {
  let output: string;
  let results: LimitsResults;

  beforeAll(async () => {
    output = await simulate(...SMALL, "--format", "json");
    results = JSON.parse(output);
  });

  const way = (spread: WayReport["spread"], name: string): WayReport => {
    const found = results.ways.find((one) => one.spread === spread && one.way.name === name);
    if (found === undefined) throw new Error(`no way ${name} with keys of ${spread}`);
    return found;
  };

  it("gives the same figures again, and others with another seed", async () => {
    const [again, other] = await Promise.all([
      simulate(...SMALL, "--format", "json"),
      simulate(...SMALL, "--format", "json", "--seed", "2"),
    ]);
    expect(again).toBe(output);
    expect(JSON.parse(other ?? "").ways).not.toEqual(results.ways);
  });

  it("has a key of which more comes than its limit admits", () => {
    for (const { overLimit } of results.ways) expect(overLimit).toBeGreaterThan(0);
  });

  it("holds what the compiler promises", () => {
    const bounded = [...results.ways, ...results.fullRates].filter(({ overshoot }) => overshoot.promised !== null);
    expect(bounded.length).toBe(4 + results.fullRates.length);
    for (const { overshoot } of bounded) expect(overshoot.counted).toBeLessThanOrEqual(overshoot.promised as number);
    // Else the flood would be none, and the bound could not be seen to hold.
    expect(results.fullRates.some(({ overshoot }) => overshoot.counted > 0)).toBe(true);
  });

  it("admits exactly the limit, or nearly all of it by leases", () => {
    for (const spread of ["one place", "everywhere"] as const) {
      expect(way(spread, "exact").admitted).toBeGreaterThan(0.98);
      expect(way(spread, "exact").admitted).toBeLessThanOrEqual(1);
      // In a run so short what is lent and not used yet at its end counts.
      expect(way(spread, "leased").admitted).toBeGreaterThan(0.9);
    }
  });

  it("sees each location count for itself in the platform's counter, with the edge before it or without, and in KV", () => {
    for (const name of ["local", "binding alone", "counter in KV"]) {
      expect(way("everywhere", name).overshoot.counted).toBeGreaterThan(100);
      expect(way("everywhere", name).asked.all > 0).toBe(name === "counter in KV");
    }
    const [local, alone] = ["local", "binding alone"].map((name) => way("everywhere", name)) as [WayReport, WayReport];
    expect(local.overshoot).toEqual(alone.overshoot);
    expect(local.admitted).toBeCloseTo(alone.admitted as number, 2);
  });

  it("sees requests that an open limit lets pass when its object is too far for its deadline", () => {
    const { undecided, overshoot } = way("everywhere", "exact, 50 ms, open");
    expect(undecided).toBeGreaterThan(0);
    expect(overshoot).toMatchObject({ promised: null });
    expect(way("everywhere", "exact").undecided).toBe(0);
  });

  it("asks objects once a request, or less by leases: about as often as the compiler says", () => {
    expect(way("everywhere", "exact").asked.all).toBe(1_000_000);
    expect(way("one place", "leased").asked.overLimit).toBeLessThan(300_000);
    for (const { expected, asked } of results.fullRates) expect(asked).toBeLessThan(1.3 * expected + 1_000);
    for (const { asked, period, isolates } of results.fullRates) {
      if (isolates === 1 || (isolates === 20 && period === 60_000)) expect(asked).toBeLessThanOrEqual(20_000);
    }
  });

  it("serves locations alike where objects count", () => {
    for (const name of ["exact", "leased"]) expect(way("everywhere", name).fairness?.jain).toBeGreaterThan(0.9);
  });
});

describe("the command", () => {
  it.each([
    [["--keys", "0"], "--keys must be"],
    [["--seconds", "long"], "--seconds must be"],
    [["refuses"], "without scenarios"],
  ])("refuses %s", async (args, message) => {
    await expect(simulate(...args)).rejects.toMatchObject({ code: 2, stderr: expect.stringContaining(message) });
  });
});
