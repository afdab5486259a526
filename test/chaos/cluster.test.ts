import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { afterEach, describe, expect, test } from "vitest";
import { ChaosCluster } from "../../scripts/chaos/cluster.ts";
import { askCluster, runLoad } from "../../scripts/chaos/load.ts";
import { FAULTS, NO_ANSWER, SLOWNESS, SYMPTOMS } from "../../scripts/chaos/scenario.ts";
import { PATIENCE, PROJECT } from "../support/cli.ts";
import { directoryWith } from "../support/manifests.ts";
import { descendants, HAS_PROC, isAlive } from "../support/processes.ts";
import { send } from "../support/request.ts";
import { until } from "../support/until.ts";

let cluster: ChaosCluster | null = null;
let run: ChildProcess | null = null;

afterEach(async () => {
  await cluster?.kill();
  cluster = null;
  run?.kill("SIGTERM");
  run = null;
});

async function start(): Promise<ChaosCluster> {
  cluster = await ChaosCluster.start("one", join(directoryWith(), "journal"));
  return cluster;
}

/** What one request meets that has so many milliseconds for its answer. */
async function outcomeOf({ port }: ChaosCluster, name: string, limit = 300): Promise<number | string | null> {
  const [one] = await runLoad(port, { rate: 1, seconds: 1, limit, postEvery: 0, name });
  return one?.error ?? one?.status ?? null;
}

describe("a cluster with a fault", () => {
  test.each(FAULTS)("%s: is met as it should be, and is well again on its port", async (fault) => {
    const one = await start();
    await one.begin(fault);
    // Only a silent one is given up: the others have all the time they need.
    const limit = SYMPTOMS[fault] === NO_ANSWER ? 300 : PATIENCE;
    expect(await outcomeOf(one, "during", limit)).toBe(SYMPTOMS[fault]);
    expect(await askCluster(one.port, limit)).toBe(SYMPTOMS[fault]);
    await one.end(fault);
    expect(await outcomeOf(one, "after", PATIENCE)).toBe(200);
    expect(await askCluster(one.port, PATIENCE)).toBe(200);
  });

  test("slow: it answers late", async () => {
    const one = await start();
    await one.begin("slow");
    const began = Date.now();
    expect(await outcomeOf(one, "late", SLOWNESS + PATIENCE)).toBe(200);
    expect(Date.now() - began).toBeGreaterThanOrEqual(SLOWNESS - 50);
  });

  test("failing: its health checks fail too", async () => {
    const one = await start();
    const probe = () => send({ port: one.port, host: "probe", path: "/healthz" });
    expect((await probe()).status).toBe(200);
    await one.begin("failing");
    expect((await probe()).status).toBe(500);
  });
});

describe("the journal of a cluster", () => {
  test("has what each of its processes got, also what it never answered, and of probes the times", async () => {
    const one = await start();
    await outcomeOf(one, "well", PATIENCE);
    await one.begin("frozen");
    await outcomeOf(one, "frozen");
    await one.end("frozen");
    await one.begin("killed");
    await one.end("killed");
    await send({ port: one.port, host: "probe", path: "/healthz" });
    await outcomeOf(one, "returned", PATIENCE);
    await askCluster(one.port, PATIENCE);
    expect(one.deliveries().map(({ id, method, cluster }) => [id, method, cluster])).toEqual([
      ["well-0-GET", "GET", "one"],
      ["frozen-0-GET", "GET", "one"],
      ["returned-0-GET", "GET", "one"],
    ]);
    expect(one.probes()).toEqual([expect.any(Number)]);
  });
});

describe("npm run chaos", () => {
  const chaos = (args: readonly string[], env: Readonly<Record<string, string>> = {}) => {
    const script = join(PROJECT, "scripts/chaos.ts");
    run = spawn(process.execPath, [script, ...args], { cwd: PROJECT, env: { ...process.env, ...env } });
    return run;
  };

  test("says which scenarios there are where it is asked for another", async () => {
    const child = chaos(["frogs"]);
    let stderr = "";
    child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
      stderr += chunk;
    });
    expect(await once(child, "close")).toEqual([2, null]);
    expect(stderr).toBe("no scenario named frogs; there are: tiers, shares\n");
  });

  test.runIf(HAS_PROC)("leaves nothing behind where it is ended, not even a cluster that is stopped", async () => {
    const directory = directoryWith();
    const worlds = () => readdirSync(directory).filter((name) => name.startsWith("edge-ingress-chaos-"));
    const child = chaos(["tiers"], { TMPDIR: directory });
    const pid = child.pid ?? 0;
    // Three clusters, the command line, and its workerd.
    await until(() => descendants(pid).some(({ command }) => command === "workerd"));
    const started = descendants(pid);
    expect(started.length).toBeGreaterThanOrEqual(5);
    const [stopped] = started.filter(({ command }) => command !== "workerd");
    process.kill(stopped?.pid ?? 0, "SIGSTOP");
    expect(worlds()).toHaveLength(1);
    child.kill("SIGINT");
    expect(await once(child, "close")).toEqual([130, null]);
    await until(() => !started.some(isAlive));
    expect(worlds()).toEqual([]);
  });
});
