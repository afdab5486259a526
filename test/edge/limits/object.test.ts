import { env, runInDurableObject } from "cloudflare:test";
import { describe, expect, test } from "vitest";
import type { Ask } from "../../../src/edge/limits/protocol.ts";
import { eventually } from "../../support/eventually.ts";
import { limitedEdge, limitOf, statusesOf } from "./limits.ts";

let made = 0;

const stubOf = (name = `test-${made++}`) => {
  const namespace = env.EDGE_INGRESS_LIMITS;
  return namespace.get(namespace.idFromName(name));
};

const ask = (more: Partial<Ask> = {}): Ask => ({
  ...{ id: "a", key: "k", requests: 1, period: 60_000, burst: 3, cost: 1, reserve: 0, lease: null },
  ...more,
});

describe("an object", () => {
  test("still knows after it slept what was taken before, and what was reset", async () => {
    const name = `sleeper-${made++}`;
    const stub = stubOf(name);
    await stub.take([ask(), ask({ key: "other", cost: 2 })]);
    await stub.take([ask()]);
    // The second after which it writes.
    await scheduler.wait(1_200);
    await runInDurableObject(stub, (_, state) => state.abort("asleep")).catch(() => undefined);
    const awake = stubOf(name);
    expect(await awake.look(ask())).toMatchObject({ left: 1 });
    expect(await awake.look(ask({ key: "other" }))).toMatchObject({ left: 1 });
    await awake.reset(ask());
    expect(await awake.look(ask())).toMatchObject({ left: 3 });
  });

  test("writes no row for a request, and none at all for a bucket that is soon full", async () => {
    const stub = stubOf();
    const rows = () =>
      runInDurableObject(stub, (_, { storage }) => storage.sql.exec("SELECT name FROM bucket").toArray().length);
    // In one call: a second later it would write.
    const soonFull = ask({ requests: 100, period: 1_000, burst: 100 });
    await stub.take([...Array.from({ length: 20 }, () => soonFull), ask({ key: "slow" })]);
    expect(await rows()).toBe(0);
    await scheduler.wait(1_200);
    await eventually(async () => expect(await rows()).toBe(1));
  });

  test("cleans up what is full again, with one alarm", async () => {
    const stub = stubOf();
    await stub.take([ask({ requests: 1, period: 1_000, burst: 20 })]);
    await scheduler.wait(1_200);
    const left = await runInDurableObject(stub, async (object, { storage }) => {
      expect(await storage.getAlarm()).not.toBeNull();
      storage.sql.exec("UPDATE bucket SET until = 0");
      storage.sql.exec("INSERT INTO bucket VALUES ('b', ?, 0)", (Date.now() + 60_000) * 1000);
      await object.alarm();
      return storage.sql.exec("SELECT name FROM bucket").toArray();
    });
    expect(left).toEqual([{ name: "b" }]);
  });

  test("lends nothing while a life before may still have lent", async () => {
    const name = `lender-${made++}`;
    const lease = { holder: "i", number: 1, held: 0, used: 0, want: 50, most: 100 };
    const terms = { requests: 1_000, period: 1_000, burst: 1_000 };
    const [first] = await stubOf(name).take([ask({ ...terms, lease })]);
    expect(first?.lease).toMatchObject({ total: 50 });
    await runInDurableObject(stubOf(name), (_, state) => state.abort("gone")).catch(() => undefined);
    const [again] = await stubOf(name).take([ask({ ...terms, lease: { ...lease, holder: "j" } })]);
    expect(again).toMatchObject({ admitted: true, lease: { total: 0, lends: false } });
  });

  test("takes other terms for the same limit: what is owed is owed as long", async () => {
    const stub = stubOf();
    for (let time = 0; time < 3; time++) await stub.take([ask({ requests: 6, burst: 6 })]);
    expect(await stub.look(ask({ requests: 12, burst: 12 }))).toMatchObject({ left: 6, burst: 12 });
  });
});

describe("a lease of a real object", () => {
  test("is asked for once, and used by requests after it", async () => {
    const limit = limitOf({ requests: 600, period: 60_000, burst: 600, mode: "leased", overshoot: 50, key: [] });
    const { ask: request } = limitedEdge([limit]);
    expect(await statusesOf(200, request)).toEqual(new Array(200).fill(200));
    const namespace = env.EDGE_INGRESS_LIMITS;
    const usages = await Promise.all(
      Array.from({ length: 16 }, (_, shard) => namespace.get(namespace.idFromName(`${shard}/16`)).usage(limit.id, 10)),
    );
    const usage = usages.flat().find(({ id }) => id === limit.id);
    expect(usage?.admitted).toBeLessThan(20);
    expect(usage?.held).toBeGreaterThan(0);
  });

  test("many requests at once of a cold isolate are all judged, and no more pass than there are", async () => {
    const limit = limitOf({
      requests: 50,
      period: 60_000,
      burst: 50,
      mode: "leased",
      deadline: 5_000,
      onFailure: "closed",
    });
    const { ask: request } = limitedEdge([limit]);
    const answers = await Promise.all(Array.from({ length: 120 }, () => request()));
    const admitted = answers.filter(({ status }) => status === 200).length;
    expect(admitted).toBeGreaterThanOrEqual(47);
    expect(admitted).toBeLessThanOrEqual(50 + limit.mostHeld + 1);
    expect(answers.every(({ status }) => status === 200 || status === 429)).toBe(true);
  });
});
