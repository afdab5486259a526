import { setTimeout as pause } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { ChaosEdge } from "../../scripts/chaos/edge.ts";
import { runLoad, type Sent } from "../../scripts/chaos/load.ts";
import { AMPLE } from "../../scripts/chaos/manifests.ts";
import { ANSWER_LIMIT, type FaultKind, TIERS } from "../../scripts/chaos/scenario.ts";
import { type ChaosWorld, startWorld } from "../../scripts/chaos/world.ts";
import { askStatus } from "../../src/cli/status/ask.ts";
import type { EdgeStatus } from "../../src/cli/status/schema.ts";
import { type ObjectCode, STATUS_TOKEN, startEdgeWithObject } from "../support/edge-with-object.ts";
import { failuresOf } from "../support/failures.ts";

/** A timer: workerd ends what waits for nothing at all. */
const NEVER = "scheduler.wait(3_600_000)";

/** A snapshot in which all endpoints are in this state. */
const saying = (ids: readonly string[], state: string) => {
  const health = { state, since: 1, cause: "", lastGoodProbe: 0, ejectedUntil: 0, drain: false };
  return `({ at: Date.now(), endpoints: ${JSON.stringify(Object.fromEntries(ids.map((id) => [id, health])))} })`;
};

const CASES: Readonly<Record<string, ObjectCode>> = {
  "it never answers": () => `sync() { return ${NEVER}; } status() { return ${NEVER}; }`,
  "it throws": () => `sync() { throw new Error("broken"); } status() { throw new Error("broken"); }`,
  "it can't be made": () => `constructor(state, env) { super(state, env); throw new Error("never made"); }`,
  "it is of another version": () => "",
  "it answers with something else": () => `sync() { return "hello"; }`,
  "it answers with nothing": () => "sync() {}",
  "it is lost after an answer": (ids) =>
    `#n = 0; sync() { if (this.#n++ > 0) this.ctx.abort("lost"); return ${saying(ids, "healthy")}; }`,
  "it freezes after it said that all is well": (ids) =>
    `#n = 0; sync() { return this.#n++ > 0 ? ${NEVER} : ${saying(ids, "healthy")}; }`,
  "it freezes after it said that nothing is well": (ids) =>
    `#n = 0; sync() { return this.#n++ > 0 ? ${NEVER} : ${saying(ids, "unhealthy")}; }`,
  "it freezes after it said that only the last one is well": (ids) =>
    `#n = 0; sync() { return this.#n++ > 0 ? ${NEVER} : ${saying(ids.slice(0, -1), "unhealthy")}; }`,
};

const RATE = 10;
const SECONDS = 14;

/** Milliseconds for which the edge waits for the object, beside the requests. */
const OBJECT_PATIENCE = 5_000;

let world: ChaosWorld;
const edges = new Map<string, ChaosEdge>();
const sent = new Map<string, readonly Sent[]>();
/** When each request first reached a cluster. */
const reached = new Map<string, number>();
const statuses = new Map<string, EdgeStatus | null>();

// All edges stand before the same three clusters and meet the same faults.
beforeAll(async () => {
  const start = async (manifests: string) => {
    for (const [name, code] of Object.entries(CASES)) edges.set(name, await startEdgeWithObject(manifests, code));
    return together([...edges.values()]);
  };
  world = await startWorld(TIERS.clusters, { start, retry: AMPLE });
  const load = { rate: RATE, seconds: SECONDS, limit: ANSWER_LIMIT, postEvery: 0 };
  const loads = [...edges].map(async ([name, { port }]) =>
    sent.set(name, await runLoad(port, { ...load, name: `${port}` })),
  );
  await Promise.all([...loads, breakAndMend("a", ["killed", "failing"]), breakAndMend("c", ["frozen", "stopped"])]);
  for (const { id, at } of world.deliveries()) reached.set(id, Math.min(at, reached.get(id) ?? at));
  for (const [name, { port }] of edges) {
    const asked = await askStatus(`http://127.0.0.1:${port}`, STATUS_TOKEN);
    statuses.set(name, asked.ok ? asked.status : null);
  }
});

afterAll(() => world?.close());

describe.each(Object.keys(CASES))("a health object: %s", (name) => {
  test("no GET is lost, and none waits for it", () => {
    expect(sent.get(name)).toHaveLength(RATE * SECONDS);
    expect(failuresOf(sent.get(name) ?? [])).toEqual([]);
    // One that waited for the object would have waited until the edge gives it up, before it went to any cluster.
    const waits = sent.get(name)?.map(({ id, sentAt }) => (reached.get(id) ?? Number.POSITIVE_INFINITY) - sentAt) ?? [];
    expect(Math.max(...waits)).toBeLessThan(OBJECT_PATIENCE);
  });

  test("the status tells what the isolate knows, and that the object did not", () => {
    expect(statuses.get(name)?.problem).toMatch(/./);
    expect(statuses.get(name)?.clusters.map((cluster) => cluster.name)).toEqual(["a", "b", "c"]);
  });
});

async function breakAndMend(name: string, faults: readonly FaultKind[]): Promise<void> {
  for (const fault of faults) {
    await pause(3_000);
    await world.cluster(name).begin(fault);
    await pause(3_000);
    await world.cluster(name).end(fault);
  }
}

function together(all: readonly ChaosEdge[]): ChaosEdge {
  const [first] = all;
  if (first === undefined) throw new Error("there is no edge");
  return {
    port: first.port,
    stderr: () => all.map((edge) => edge.stderr()).join(""),
    stop: async () => void (await Promise.all(all.map((edge) => edge.stop()))),
    killNow: () => {
      for (const edge of all) edge.killNow();
    },
  };
}
