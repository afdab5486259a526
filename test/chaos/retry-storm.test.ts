import { afterAll, expect, test } from "vitest";
import { runLoad } from "../../scripts/chaos/load.ts";
import { ANSWER_LIMIT, type FaultKind, RATE, SHARES } from "../../scripts/chaos/scenario.ts";
import { SETTLING, startWorld } from "../../scripts/chaos/world.ts";

const SECONDS = 20;

// Side by side, each with clusters of its own: they wait more than they work.
const closers: (() => Promise<void>)[] = [];

afterAll(async () => {
  for (const close of closers) await close();
});

test.concurrent.each<FaultKind>(["failing", "dropping"])(
  "with all clusters %s, the load on them rises by 20 % at most",
  async (fault) => {
    const world = await startWorld(SHARES.clusters);
    closers.push(world.close);
    const { clusters, edge } = world;
    await Promise.all(clusters.map((cluster) => cluster.begin(fault)));
    const sent = await runLoad(edge.port, { rate: RATE, seconds: SECONDS, limit: ANSWER_LIMIT, postEvery: 0 });
    expect(sent.filter(({ status }) => status === 200)).toEqual([]);
    // The load before, of which nothing had to be tried again, earned retries too.
    const before = SETTLING * RATE;
    const ratio = (before + world.deliveries().length) / (before + sent.length);
    expect(ratio).toBeLessThanOrEqual(1.2);
    // What the budget bounds is there.
    expect(ratio).toBeGreaterThan(1.1);
  },
);
