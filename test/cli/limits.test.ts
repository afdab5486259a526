import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Measured, manifestsFor, measure, startBackend } from "../../scripts/limits/run.ts";
import { type DevProcess, runCli, startDev } from "../support/cli.ts";
import { directoryWith } from "../support/manifests.ts";

const TOKEN = "of-the-limits";

/** Low enough for a machine that is busy: eight clients ask more than that. */
const RATE = 20;
/** Takes four seconds to fill: nothing is lost where the machine stands still for less. */
const BURST = 80;
const SECONDS = 5;

// What the edge decides is looked at, not how fast: no request is let pass because the machine is slow.
const terms = `requests: ${RATE}, period: 1s, burst: ${BURST}, deadline: 10s, onFailure: closed`;

let dev: DevProcess;
const measured = new Map<string, Measured>();
let backend: Awaited<ReturnType<typeof startBackend>>;

beforeAll(async () => {
  backend = await startBackend();
  const limits = {
    exact: terms,
    leased: `${terms}, mode: leased, overshoot: 20`,
    local: "requests: 40, period: 1m, mode: local, onFailure: closed, deadline: 10s",
  };
  const manifests = directoryWith({ "all.yaml": manifestsFor(backend.port, limits) });
  dev = await startDev(["-f", manifests], { env: { EDGE_INGRESS_STATUS_TOKEN: TOKEN } });
  const edge = { port: dev.port, token: TOKEN };
  for (const way of Object.keys(limits)) {
    const seconds = way === "local" ? 1 : SECONDS;
    measured.set(way, await measure(edge, `${way}.test`, { clients: 8, seconds }));
  }
});

afterAll(async () => {
  await dev?.stop();
  backend?.close();
});

/** The measures of one way, and seconds by the object's own clock, from when the bucket was last full. */
function measuresOf(way: string) {
  const found = measured.get(way) as Measured;
  const none = { fullAt: 0, admittedSince: 0, lastAt: 0, refusedAt: 0 };
  const { fullAt, admittedSince, lastAt, refusedAt } = found.limit?.buckets[0] ?? none;
  return { ...found, admittedSince, lasted: (lastAt - fullAt) / 1000, usedUp: (refusedAt - fullAt) / 1000 };
}

describe("eight client processes against a real edge", () => {
  test("exact: as many as rate, time and burst come to", () => {
    const { admitted, admittedSince, refused, other, limit, lasted, usedUp } = measuresOf("exact");
    expect(other).toBe(0);
    expect(refused).toBeGreaterThan(0);
    expect(limit?.buckets[0]?.admitted).toBe(admitted);
    // At the last refusal nothing was left: all that time had brought had been admitted.
    expect(usedUp).toBeGreaterThan(SECONDS / 2);
    expect(admittedSince).toBeGreaterThanOrEqual(Math.floor(RATE * usedUp) + BURST - 1);
    expect(admittedSince).toBeLessThanOrEqual(Math.floor(RATE * lasted) + BURST);
  });

  test("leased: never above what it promises, and not below 95 % of the limit", () => {
    const { admitted, refused, other, limit, span, usedUp } = measuresOf("leased");
    expect(other).toBe(0);
    expect(refused).toBeGreaterThan(0);
    const most = limit?.mostHeld ?? 0;
    expect(most).toBe(20);
    expect(admitted).toBeLessThanOrEqual(RATE * span + BURST + most);
    expect(admitted).toBeGreaterThanOrEqual(0.95 * (RATE * usedUp + BURST));
    expect(limit?.isolate.asked).toBeLessThan((admitted + refused) / 2);
  });

  test("local: the platform's counter, and no object", () => {
    const { admitted, refused, other, limit } = measuresOf("local");
    expect(other).toBe(0);
    expect(refused).toBeGreaterThan(0);
    // A window of the clock may end meanwhile: of the first one's 40 and of the second one's some may be left.
    expect(admitted).toBeGreaterThanOrEqual(40);
    expect(admitted).toBeLessThanOrEqual(80);
    expect(limit?.isolate.asked).toBe(0);
  });
});

describe("edge-ingress limits", () => {
  const limits = (...args: readonly string[]) =>
    runCli(["limits", "--url", dev.origin, ...args], { env: { EDGE_INGRESS_STATUS_TOKEN: TOKEN } });

  test("shows each limit with what is used and left", async () => {
    const { code, stdout, stderr } = await limits();
    expect(stderr).toBe("");
    expect(code).toBe(0);
    expect(stdout).toContain("test/exact/exact  20 in 1s, 80 at once, exact\n");
    expect(stdout).toMatch(/all requests: \d+ of 80 left.*; \d+ admitted, \d+ refused/);
    expect(stdout).toContain("the platform's counters can't be read");
  });

  test("makes a bucket full again", async () => {
    const reset = await limits("", "--limit", "test/exact/exact", "--reset", "--format", "json");
    expect(reset.stderr).toBe("");
    const { limits: told } = JSON.parse(reset.stdout);
    expect(told).toHaveLength(1);
    expect(told[0].buckets[0].left).toBe(80);
  });

  test.each([
    [["--reset"], "--reset needs a key and --limit"],
    [["--limit", "test/none/none"], "there is no such limit"],
    [["x", "--limit", "test/local/local", "--reset"], "the platform's counters can't be reset"],
  ])("%j is wrong, and says so", async (args, says) => {
    const { code, stderr } = await limits(...args);
    expect(code).toBe(2);
    expect(stderr).toContain(says);
  });

  test("without the edge's token there is nothing to see", async () => {
    const { code, stderr } = await runCli(["limits", "--url", dev.origin, "--token", "wrong"]);
    expect(code).toBe(2);
    expect(stderr).toContain("does not take this token");
  });
});
