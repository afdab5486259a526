import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { settled } from "../edge-of.ts";
import { limitedEdge, limitOf as limitWith, OBJECTS, statusesOf } from "./limits.ts";

// Far from those of other files, which share the isolate.
let tested = 1_000;

/** A limit whose objects no other test has: an isolate leaves those alone that failed. */
const limitOf = (more: Parameters<typeof limitWith>[0]) => limitWith({ shards: tested, ...more });

beforeEach(() => {
  tested++;
});

afterEach(() => {
  vi.useRealTimers();
});

type Take = (asks: readonly unknown[]) => Promise<unknown>;

/** A namespace whose objects do this. */
function objectsThat(take: Take) {
  let asked = 0;
  const stub = {
    take: (asks: readonly unknown[]) => {
      asked++;
      return take(asks);
    },
    giveBack: async () => undefined,
  };
  const namespace = { idFromName: (name: string) => name, get: () => stub };
  return { bindings: { EDGE_INGRESS_LIMITS: namespace }, asked: () => asked };
}

const frozen: Take = () => new Promise(() => undefined);
const overloaded: Take = () =>
  Promise.reject(Object.assign(new Error("Durable Object is overloaded."), { overloaded: true }));
const gone: Take = () => Promise.reject(new Error("Network connection lost."));
const ofAnotherVersion: Take = () => Promise.reject(new TypeError('The RPC receiver does not implement "take".'));

describe.each<[what: string, take: Take | null]>([
  ["is frozen", frozen],
  ["is overloaded", overloaded],
  ["is gone", gone],
  ["knows no such call", ofAnotherVersion],
  ["is not bound", null],
])("where the object %s", (_, take) => {
  const bindings = () => (take === null ? {} : objectsThat(take).bindings);

  test.each(["exact", "leased"] as const)("an open limit lets pass, within its deadline: %s", async (mode) => {
    const { ask, seen } = limitedEdge([limitOf({ mode, burst: 1, deadline: 30 })], {}, bindings());
    const began = performance.now();
    expect(await statusesOf(4, ask)).toEqual([200, 200, 200, 200]);
    // Four deadlines, and a lot for a machine that is busy: who does not keep them waits for ever.
    expect(performance.now() - began).toBeLessThan(20_000);
    expect(seen).toHaveLength(4);
  });

  test.each(["exact", "leased"] as const)("a closed one refuses, and says that it could not ask: %s", async (mode) => {
    const limit = limitOf({ mode, burst: 1, deadline: 30, onFailure: "closed" });
    const { ask, seen } = limitedEdge([limit], {}, bindings());
    const answer = await ask();
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("1");
    expect(await answer.json()).toMatchObject({ detail: "The limits of this address can't be checked now." });
    expect(await statusesOf(3, ask)).toEqual([503, 503, 503]);
    expect(seen).toHaveLength(0);
  });

  test("many requests at once wait for no more than the deadline each", async () => {
    const { ask } = limitedEdge(
      [limitOf({ deadline: 30, mode: "leased" }), limitOf({ deadline: 30, key: [] })],
      {},
      bindings(),
    );
    const began = performance.now();
    const answers = await Promise.all(Array.from({ length: 50 }, () => ask()));
    expect(answers.every(({ status }) => status === 200)).toBe(true);
    expect(performance.now() - began).toBeLessThan(20_000);
  });
});

describe("an object that fails", () => {
  test("is left alone for a while after three failures, and asked again then", async () => {
    vi.useFakeTimers({ toFake: ["Date"] });
    let isBroken = true;
    const answer = { admitted: true, left: 1, reset: 0, retryAfter: 0, lease: null };
    const { bindings, asked } = objectsThat(async (asks) => {
      if (isBroken) throw new Error("broken");
      return asks.map(() => answer);
    });
    const { ask } = limitedEdge([limitOf({ onFailure: "closed" })], {}, bindings);
    expect(await statusesOf(6, () => ask("198.51.100.77"))).toEqual([503, 503, 503, 503, 503, 503]);
    expect(asked()).toBe(3);
    isBroken = false;
    vi.setSystemTime(Date.now() + 1_100);
    expect((await ask("198.51.100.77")).status).toBe(200);
  });

  test("is answered late by: the lease it grants is used all the same", async () => {
    const lent: Take = async (asks) => {
      await scheduler.wait(60);
      return (asks as { lease: unknown }[]).map(({ lease }) => ({
        ...{ admitted: true, left: 9, reset: 0, retryAfter: 0 },
        lease: lease === null ? null : { total: 50, notBefore: 0, lends: true },
      }));
    };
    const { bindings, asked } = objectsThat(lent);
    const { ask } = limitedEdge([limitOf({ mode: "leased", onFailure: "closed", deadline: 20 })], {}, bindings);
    expect((await ask("198.51.100.78")).status).toBe(503);
    await scheduler.wait(100);
    expect(await statusesOf(20, () => ask("198.51.100.78"))).toEqual(new Array(20).fill(200));
    expect(asked()).toBe(1);
  });

  test("takes a limit of another object along where both are closed", async () => {
    const working = OBJECTS.EDGE_INGRESS_LIMITS;
    const namespace = {
      idFromName: (name: string) => name,
      get: (name: string) => (name.startsWith("0/1") ? { take: gone } : working.get(working.idFromName(name))),
    };
    const [broken, whole] = [limitOf({ shards: 1, onFailure: "closed" }), limitOf({ burst: 2 })];
    const { ask } = limitedEdge([broken, whole], {}, { EDGE_INGRESS_LIMITS: namespace });
    expect(await statusesOf(4, ask)).toEqual([503, 503, 503, 503]);
    // What was charged there is given back, beside the answer.
    await settled();
    expect(await statusesOf(3, limitedEdge([whole]).ask)).toEqual([200, 200, 429]);
  });
});

describe("the platform's counter", () => {
  const local = { mode: "local", requests: 2, burst: undefined } as const;
  const counting = () => {
    const counts = new Map<string, number>();
    return {
      EDGE_INGRESS_RATE_2_PER_60S: {
        limit: async ({ key }: { key: string }) => {
          counts.set(key, (counts.get(key) ?? 0) + 1);
          return { success: (counts.get(key) ?? 0) <= 2 };
        },
      },
    };
  };

  test("is asked by key, and no object is", async () => {
    const { ask } = limitedEdge([limitOf(local)], {}, counting());
    expect(await statusesOf(3, () => ask("198.51.100.1"))).toEqual([200, 200, 429]);
    expect(await statusesOf(3, () => ask("198.51.100.2"))).toEqual([200, 200, 429]);
  });

  test("is asked last: what it counted could not be given back", async () => {
    const bindings = { ...counting(), ...OBJECTS };
    const here = limitOf(local);
    const { ask } = limitedEdge([here, limitOf({ burst: 1 })], {}, bindings);
    expect(await statusesOf(3, ask)).toEqual([200, 429, 429]);
    expect(await statusesOf(2, limitedEdge([here], {}, bindings).ask)).toEqual([200, 429]);
  });

  test.each([
    ["open", 200],
    ["closed", 503],
  ] as const)("that is not there, or fails, is as the policy says: %s", async (onFailure, status) => {
    const broken = { EDGE_INGRESS_RATE_2_PER_60S: { limit: async () => Promise.reject(new Error("broken")) } };
    for (const bindings of [{}, broken]) {
      const { ask } = limitedEdge([limitOf({ ...local, onFailure })], {}, bindings);
      expect((await ask()).status).toBe(status);
    }
  });
});
