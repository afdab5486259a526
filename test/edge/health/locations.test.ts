import { describe, expect, test, vi } from "vitest";
import type { HealthStatus } from "../../../src/edge/health/protocol.ts";
import { alarmOf, newObject, now, runAlarms, stateOf, useObjects } from "./objects.ts";
import { idOf, sketchOf } from "./table.ts";
import { type Answer, bind, deploy, HealthMonitor } from "./worker.ts";

const good: Answer = () => new Response("ok");
const bad: Answer = () => new Response("down", { status: 503 });

useObjects();

describe("probes from several places", () => {
  const clusters = { a: { check: { locations: ["weur", "enam", "apac"] } } };

  /** Answers by the number of the probe in its round; each place sends one. */
  function answersOf(...answers: readonly Answer[]): Record<string, Answer> {
    let probes = 0;
    return { a: (request) => (answers[probes++ % answers.length] as Answer)(request) };
  }

  function placesOf(status: HealthStatus): string[] {
    return (status.probes[idOf("a")] ?? []).map(({ location, ok, answered }) => `${location} ${answered ? ok : "?"}`);
  }

  test("are sent by an object at each place, and most of them decide", async () => {
    deploy(sketchOf(clusters), answersOf(good, bad, good));
    const object = newObject();
    await object.sync(null);
    await runAlarms(object, 1);
    const status = await object.status();
    expect(status.endpoints[idOf("a")]?.state).toBe("healthy");
    expect(placesOf(status).sort()).toHaveLength(3);
    bind(answersOf(bad, good, bad));
    await runAlarms(object, 3);
    expect(await stateOf(object, "a")).toBe("unhealthy");
  });

  test("a place whose object throws has no vote", async () => {
    deploy(sketchOf(clusters), { a: good });
    const original = HealthMonitor.prototype.probe;
    vi.spyOn(HealthMonitor.prototype, "probe").mockImplementation(function (this: HealthMonitor, ids) {
      if (this.name !== "probe weur") throw new Error("overloaded");
      return original.call(this, ids);
    });
    const object = newObject();
    await object.sync(null);
    await runAlarms(object, 1);
    const status = await object.status();
    expect(placesOf(status)).toEqual(["weur true", "enam ?", "apac ?"]);
    expect(status.endpoints[idOf("a")]?.state).toBe("healthy");
  });

  test("a place whose object has another table, or another version, has no vote", async () => {
    deploy(sketchOf(clusters), { a: bad });
    vi.spyOn(HealthMonitor.prototype, "probe").mockImplementation(async function (this: HealthMonitor) {
      return {};
    });
    const object = newObject();
    await object.sync(null);
    await runAlarms(object, 3);
    expect(await stateOf(object, "a")).toBe("unknown");
    expect(placesOf(await object.status())).toContain("apac ?");
  });

  test("a place whose object hangs has no vote, and holds up nobody for long", async () => {
    deploy(sketchOf({ a: { check: { locations: ["weur"], timeout: 1 } } }), { a: good });
    vi.spyOn(HealthMonitor.prototype, "probe").mockImplementation(() => new Promise(() => undefined));
    const object = newObject();
    await object.sync(null);
    await runAlarms(object, 1);
    expect(placesOf(await object.status())).toEqual(["weur ?"]);
    expect(await alarmOf(object)).toBeGreaterThan(now());
  });
});
