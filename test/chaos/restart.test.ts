import { setTimeout as pause } from "node:timers/promises";
import { afterAll, expect, test } from "vitest";
import { startEdge } from "../../scripts/chaos/edge.ts";
import { runLoad, type Sent } from "../../scripts/chaos/load.ts";
import { AMPLE } from "../../scripts/chaos/manifests.ts";
import { type FaultKind, RATE, TIERS } from "../../scripts/chaos/scenario.ts";
import { type ChaosWorld, startWorld } from "../../scripts/chaos/world.ts";
import { DEFAULT_RETRY } from "../../src/table/policies/retry.ts";
import { failuresOf } from "../support/failures.ts";
import { quietPort } from "../support/ports.ts";

const SECONDS = 12;

/** Milliseconds: a request waits for as long as a slow machine needs to start an edge. */
const LIMIT = 60_000;

// The tests run side by side, each with clusters of its own: they wait more than they work.
const closers: (() => Promise<void>)[] = [];

afterAll(async () => {
  for (const close of closers) await close();
});

/**
 * GETs under which the edge is ended and started again on its port. What can't connect is tried again. All else that
 * goes wrong is a failure, but for what breaks while `dev` ends: miniflare kills workerd in the midst of its answers.
 */
async function loadOverRestart(world: ChaosWorld) {
  const end = { began: 0, over: 0 };
  let isAway = false;
  const restart = async ({ edge, manifests }: ChaosWorld) => {
    // Between two requests.
    await pause(3_010);
    end.began = Date.now();
    await edge.stop();
    end.over = Date.now();
    isAway = true;
    const restarted = await startEdge(manifests, edge.port);
    isAway = false;
    closers.unshift(restarted.stop);
  };
  const load = {
    rate: RATE,
    seconds: SECONDS,
    limit: LIMIT,
    postEvery: 0,
    isEdgeAway: () => isAway,
    mostAtOnce: DEFAULT_RETRY.budget.minRetries,
  };
  const [sent] = await Promise.all([runLoad(world.edge.port, load), restart(world)]);
  const isCutOff = ({ status, doneAt }: Sent) => status === null && end.began <= doneAt && doneAt <= end.over;
  return { sent: sent.filter((one) => !isCutOff(one)), cutOff: sent.filter(isCutOff) };
}

async function begin(): Promise<ChaosWorld> {
  // Nobody else is to get the port while no edge listens there.
  const start = async (manifests: string) => startEdge(manifests, await quietPort());
  const world = await startWorld(TIERS.clusters, { start, retry: { ...AMPLE, minRetries: null } });
  closers.push(world.close);
  return world;
}

test.concurrent("an edge that is restarted under load loses no GET", async () => {
  const world = await begin();
  const { sent, cutOff } = await loadOverRestart(world);
  expect(failuresOf(sent)).toEqual([]);
  expect(sent.length + cutOff.length).toBe(SECONDS * RATE);
  // What ends `dev` cuts off once, what is under way then: but for one that comes in between, all were sent before.
  const firstCut = Math.min(...cutOff.map(({ doneAt }) => doneAt));
  expect(cutOff.filter(({ sentAt }) => sentAt > firstCut).length).toBeLessThanOrEqual(1);
  // Otherwise nothing was restarted.
  expect(Math.max(...sent.map(({ sentAt, doneAt }) => doneAt - sentAt))).toBeGreaterThan(300);
});

// What it knew is lost with it: those that wait by then meet the cluster and need a retry each until it is ejected. As
// many are always in the budget.
test.concurrent.each<FaultKind>(["killed", "frozen", "failing"])(
  "nor does one that finds the preferred cluster %s",
  async (fault) => {
    const world = await begin();
    await world.cluster("a").begin(fault);
    // As long as the edge takes to know it.
    await pause(8_000);
    expect(failuresOf((await loadOverRestart(world)).sent)).toEqual([]);
  },
);
