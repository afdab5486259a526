import { evictDurableObject, runInDurableObject } from "cloudflare:test";
import { env } from "cloudflare:workers";
import { describe, expect, test, vi } from "vitest";
import { healthObjectOf } from "../../../src/edge/health/binding.ts";
import { createHealthMonitor } from "../../../src/edge/health/object.ts";
import type { OutlierReport } from "../../../src/edge/health/protocol.ts";
import { eventually } from "../../support/eventually.ts";
import {
  advance,
  alarmOf,
  logged,
  newObject,
  now,
  runAlarm,
  runAlarms,
  START,
  stateOf,
  useObjects,
} from "./objects.ts";
import { idOf, sketchOf } from "./table.ts";
import { type Answer, bind, deploy, type HealthMonitor } from "./worker.ts";

const good: Answer = () => new Response("ok");
const bad: Answer = () => new Response("down", { status: 503 });

useObjects();

describe("probing", () => {
  test("begins with the first question, and the alarm is set for the next round", async () => {
    deploy(sketchOf({ a: {}, b: {} }), { a: good, b: bad });
    const object = newObject();
    expect((await object.sync(null)).endpoints[idOf("a")]).toMatchObject({ state: "unknown", cause: "not probed yet" });
    expect(await alarmOf(object)).toBe(START);
    await runAlarms(object, 3);
    expect((await object.sync(null)).endpoints).toMatchObject({
      [idOf("a")]: { state: "healthy", cause: "status 200" },
      [idOf("b")]: { state: "unhealthy", cause: "status 503" },
    });
    expect(await alarmOf(object)).toBeGreaterThan(now());
  });

  test("writes each change as one line", async () => {
    deploy(sketchOf({ a: {} }), { a: good });
    const object = newObject();
    await object.sync(null);
    await runAlarms(object, 5);
    const line = { event: "health", endpoint: idOf("a"), from: "unknown", to: "healthy", cause: "status 200" };
    expect(logged()).toEqual([line]);
  });

  test("writes no row for a good probe of a healthy endpoint", async () => {
    deploy(sketchOf({ a: {} }), { a: good });
    const object = newObject();
    await object.sync(null);
    await runAlarms(object, 2);
    const statements = await runInDurableObject(object, (_, { storage }) => vi.spyOn(storage.sql, "exec"));
    await runAlarms(object, 20);
    await object.sync(null);
    expect(statements).not.toHaveBeenCalled();
    bind({ a: bad });
    await runAlarms(object, 1);
    expect(statements).toHaveBeenCalledOnce();
  });

  test("a suspicion is probed before the round that was to come", async () => {
    deploy(sketchOf({ a: { check: { interval: 3_600_000 } } }), { a: good });
    const object = newObject();
    await object.sync(null);
    await runAlarms(object, 1);
    advance(10_000);
    bind({ a: bad });
    await object.sync(reportOf("one"));
    expect(await alarmOf(object)).toBe(now());
    await runAlarms(object, 3);
    expect(await stateOf(object, "a")).toBe("unhealthy");
    expect(now()).toBeLessThan(START + 13_000);
  });

  test("ends by itself an hour after the last question, and begins again with nothing believed", async () => {
    deploy(sketchOf({ a: {} }), { a: bad });
    const object = newObject();
    await object.sync(null);
    await runAlarms(object, 3);
    expect(await stateOf(object, "a")).toBe("unhealthy");
    let alarms = 0;
    while (await runAlarm(object)) alarms++;
    expect(alarms).toBeGreaterThan(300);
    expect(now() - START).toBeGreaterThanOrEqual(3_600_000);
    expect(now() - START).toBeLessThan(3_620_000);
    expect(await stateOf(object, "a")).toBe("unknown");
    bind({ a: good });
    await object.sync(null);
    await runAlarms(object, 1);
    expect(await stateOf(object, "a")).toBe("healthy");
  });

  test("goes on after an eviction for as long as it would have without, within 5 minutes", async () => {
    deploy(sketchOf({ a: { check: { interval: 600_000 } } }), { a: good });
    const object = newObject();
    await object.sync(null);
    await runAlarms(object, 1);
    let alarms = 0;
    for (; await runAlarm(object); alarms++) await evictDurableObject(object);
    expect([6, 7]).toContain(alarms);
    expect(now() - START).toBeLessThan(4_200_000);
  });

  test("does nothing for a table without health checks", async () => {
    deploy(sketchOf({ a: { check: null } }));
    const object = newObject();
    expect((await object.sync(null)).endpoints).toEqual({});
    expect(await alarmOf(object)).toBeNull();
  });
});

describe("the object's memory", () => {
  test("outlives an eviction in the middle of a fall", async () => {
    deploy(sketchOf({ a: {} }), { a: good });
    const object = newObject();
    await object.sync(null);
    await runAlarms(object, 1);
    bind({ a: bad });
    for (let round = 0; round < 3; round++) {
      await evictDurableObject(object);
      await runAlarms(object, 1);
    }
    expect(await stateOf(object, "a")).toBe("unhealthy");
    await evictDurableObject(object);
    const { endpoints, events } = await object.status();
    expect(endpoints[idOf("a")]).toMatchObject({ state: "unhealthy", cause: "status 503", since: events[0]?.at });
    expect(events.map(({ from, to }) => [from, to])).toEqual([
      ["healthy", "unhealthy"],
      ["unknown", "healthy"],
    ]);
  });

  test("outlives another table: gone endpoints are dropped, known ones kept, new ones probed at once", async () => {
    deploy(sketchOf({ a: {}, gone: {} }), { a: bad, gone: bad });
    const object = newObject();
    await object.sync(null);
    await runAlarms(object, 3);
    deploy(sketchOf({ a: {}, fresh: {} }), { a: bad, fresh: good });
    await evictDurableObject(object);
    const { endpoints } = await object.sync(null);
    expect(Object.keys(endpoints).sort()).toEqual([idOf("a"), idOf("fresh")].sort());
    expect(endpoints[idOf("a")]?.state).toBe("unhealthy");
    expect(endpoints[idOf("fresh")]?.state).toBe("unknown");
    await runAlarms(object, 1);
    expect(await stateOf(object, "fresh")).toBe("healthy");
    deploy(sketchOf({ a: {}, gone: {} }), { a: bad, gone: good });
    await evictDurableObject(object);
    expect(await stateOf(object, "gone")).toBe("unknown");
  });

  test("keeps the last 1,000 events and shows 100", async () => {
    deploy(sketchOf({ a: { check: { healthyThreshold: 1, unhealthyThreshold: 1 } } }), { a: good });
    const object = newObject();
    await object.sync(null);
    for (let change = 0; change < 1_010; change++) {
      bind({ a: change % 2 === 0 ? good : bad });
      if (change % 300 === 0) await object.sync(null);
      await runAlarms(object, 1);
    }
    const { events } = await object.status();
    expect(events).toHaveLength(100);
    expect(events[0]?.at).toBe(Math.max(...events.map(({ at }) => at)));
    const kept = await runInDurableObject(object, (_, { storage }) =>
      storage.sql.exec("SELECT * FROM event").toArray(),
    );
    expect(kept).toHaveLength(1_000);
  });

  test("what it can't read of another version counts as not known", async () => {
    deploy(sketchOf({ a: {} }), { a: good });
    const object = newObject();
    await object.sync(null);
    await runInDurableObject(object, (_, { storage: { sql } }) => {
      sql.exec("INSERT OR REPLACE INTO endpoint VALUES (?, 'degraded', 1, '', 0, 0)", idOf("a"));
      sql.exec("INSERT INTO event VALUES (NULL, 1, 'x', 'degraded', 'healthy', '')");
    });
    await evictDurableObject(object);
    const { endpoints, events } = await object.status();
    expect(endpoints[idOf("a")]?.state).toBe("unknown");
    expect(events).toEqual([]);
  });
});

describe("the alarm", () => {
  test("is set again before anything can fail, and a fault is logged", async () => {
    deploy(sketchOf({ a: {} }), { a: good });
    const object = newObject();
    await object.sync(null);
    await runAlarms(object, 1);
    await runInDurableObject(object, (_, { storage }) => storage.sql.exec("DROP TABLE endpoint"));
    bind({ a: bad });
    await runAlarms(object, 1);
    expect(await alarmOf(object)).toBeGreaterThan(now());
    expect(logged().at(-1)).toMatchObject({ event: "bug", message: /endpoint/ });
  });

  test("is set again where setting it failed", async () => {
    deploy(sketchOf({ a: {} }), { a: good });
    const object = newObject();
    await object.sync(null);
    await runInDurableObject(object, (_, { storage }) => {
      vi.spyOn(storage, "setAlarm").mockRejectedValueOnce(new Error("storage is gone"));
    });
    await runAlarms(object, 1);
    expect(logged()).toMatchObject([{ event: "bug", message: "storage is gone" }, {}]);
    expect(await stateOf(object, "a")).toBe("healthy");
    expect(await alarmOf(object)).toBeGreaterThan(now());
  });

  test("twice in a row probes once", async () => {
    let probes = 0;
    deploy(sketchOf({ a: {} }), {
      a: () => {
        probes++;
        return new Response();
      },
    });
    const object = newObject();
    await object.sync(null);
    await runInDurableObject(object, async (instance) => {
      await (instance as unknown as HealthMonitor).alarm();
      await (instance as unknown as HealthMonitor).alarm();
    });
    expect(probes).toBe(1);
  });

  test("that the platform gave up comes back with a question", async () => {
    deploy(sketchOf({ a: {} }), { a: good });
    const object = newObject();
    await object.sync(null);
    await runAlarms(object, 1);
    await runInDurableObject(object, (_, { storage }) => storage.deleteAlarm());
    advance(15_000);
    await object.sync(null);
    expect(await alarmOf(object)).toBeNull();
    advance(15_000);
    await object.sync(null);
    expect(await alarmOf(object)).toBe(now());
  });

  test("does not wait for a silent cluster when another is due", async () => {
    const never = new Promise<never>(() => undefined);
    deploy(sketchOf({ a: { check: { timeout: 60_000 } }, b: {} }), { a: () => never, b: bad });
    const object = newObject();
    await object.sync(null);
    for (const seen of ["unknown", "unknown", "unhealthy"]) {
      const running = runAlarm(object);
      await eventually(async () => expect(await alarmOf(object)).toBeGreaterThan(now()));
      advance(1_000);
      await running;
      expect(await stateOf(object, "b")).toBe(seen);
    }
    expect(await stateOf(object, "a")).toBe("unknown");
  });
});

describe("ejections", () => {
  test("two isolates that agree are believed by all", async () => {
    deploy(sketchOf({ a: { check: null } }));
    const object = newObject();
    expect((await object.sync(reportOf("one"))).endpoints[idOf("a")]?.ejectedUntil).toBe(0);
    expect((await object.sync(reportOf("two"))).endpoints[idOf("a")]?.ejectedUntil).toBe(now() + 30_000);
    expect((await object.status()).ejections[idOf("a")]?.map(({ isolate, colo }) => [isolate, colo])).toEqual([
      ["one", "FRA"],
      ["two", "FRA"],
    ]);
  });

  test("a flood of them is answered as ever", async () => {
    deploy(sketchOf({ a: {} }), { a: good });
    const object = newObject();
    await object.sync(null);
    const [ejection] = reportOf("x").ejections;
    const ejections = Array.from({ length: 5_000 }, (_, index) => ({ ...ejection, endpoint: `no such ${index}` }));
    for (let isolate = 0; isolate < 50; isolate++) {
      await object.sync({ isolate: `flood ${isolate}`, colo: "", ejections } as OutlierReport);
    }
    await runAlarms(object, 1);
    expect(Object.keys((await object.status()).endpoints)).toEqual([idOf("a")]);
    expect(await stateOf(object, "a")).toBe("healthy");
  });
});

test("one name for all isolates and all tables", () => {
  expect((healthObjectOf(env as never) as unknown as DurableObjectStub).name).toBe("health");
  expect(healthObjectOf({})).toBeNull();
  expect(healthObjectOf({ EDGE_INGRESS_HEALTH: "text" })).toBeNull();
});

test("a table that can't be served is refused at the start", () => {
  expect(() => createHealthMonitor(new ArrayBuffer(8))).toThrow("the routing table can't be served: too short");
});

function reportOf(isolate: string): OutlierReport {
  const cause = "consecutive-gateway-failure";
  return { isolate, colo: "FRA", ejections: [{ endpoint: idOf("a"), at: now(), until: now() + 30_000, cause }] };
}
