import { env } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { inTable, NO_ACCESS_LISTS } from "../../../src/compiler/ir/access.ts";
import { KEYS_BINDING } from "../../../src/edge/stages/guard/api-key/keys.ts";
import { hashOfKey, recordName } from "../../../src/table/api-keys.ts";
import { DEFAULT_API_KEY } from "../../../src/table/policies/api-key.ts";
import type { Condition } from "../../../src/table/policies/authorization.ts";
import { DEFAULT_CORS } from "../../../src/table/policies/cors.ts";
import { limitedEdge, limitOf, OBJECTS, rateLimitOf, statusesOf } from "../limits/limits.ts";

const KEYS = (env as unknown as Record<string, KVNamespace>)[KEYS_BINDING] as KVNamespace;

// The clock of the isolate, which is the objects' too, stands still: what is told of times is exact.
beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
});

afterEach(() => {
  vi.useRealTimers();
});

describe("an exact limit", () => {
  test("admits its burst, refuses what is more, and counts each client for itself", async () => {
    const { ask, seen } = limitedEdge([limitOf({ burst: 3 })]);
    expect(await statusesOf(5, () => ask("198.51.100.1"))).toEqual([200, 200, 200, 429, 429]);
    expect(await statusesOf(4, () => ask("203.0.113.9"))).toEqual([200, 200, 200, 429]);
    expect(seen).toHaveLength(6);
  });

  test("tells a refused client when to come again, by which limit, and how to tell it apart", async () => {
    const { ask } = limitedEdge([limitOf({ burst: 1 })]);
    await ask();
    const answer = await ask();
    expect(answer.status).toBe(429);
    expect(answer.headers.get("retry-after")).toBe("60");
    expect(answer.headers.get("ratelimit-policy")).toBe('"some";q=1;w=60');
    expect(answer.headers.get("ratelimit")).toBe('"some";r=0;t=60');
    expect(answer.headers.get("content-type")).toBe("application/problem+json");
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await answer.json()).toMatchObject({
      type: "https://iana.org/assignments/http-problem-types#quota-exceeded",
      title: "Too Many Requests",
      status: 429,
      "violated-policies": ["some"],
    });
  });

  test("tells an admitted client what is left", async () => {
    const { ask } = limitedEdge([limitOf({ requests: 60, burst: 10 })]);
    const answer = await ask();
    expect(answer.headers.get("ratelimit-policy")).toBe('"some";q=60;w=60');
    expect(answer.headers.get("ratelimit")).toBe('"some";r=9;t=1');
  });

  test("tells nothing of itself where it is not to; Retry-After stays", async () => {
    const limits = [limitOf({ burst: 1, status: 503 })];
    const { ask } = limitedEdge(limits, { rateLimit: rateLimitOf(limits, { headers: false }) });
    expect((await ask()).headers.has("ratelimit-policy")).toBe(false);
    const answer = await ask();
    expect(answer.status).toBe(503);
    expect(answer.headers.get("retry-after")).toBe("60");
    expect([...answer.headers.keys()].filter((name) => name.startsWith("ratelimit"))).toEqual([]);
    expect(await answer.json()).not.toHaveProperty("violated-policies");
  });

  test("costs what is written", async () => {
    const { ask } = limitedEdge([limitOf({ burst: 5, cost: 2 })]);
    expect(await statusesOf(3, ask)).toEqual([200, 200, 429]);
  });

  test("takes the addresses of one /64 for one client, and leaves out whom it exempts", async () => {
    const limits = [limitOf({ burst: 1 })];
    const { ask } = limitedEdge(limits, {
      rateLimit: rateLimitOf(limits, { exempt: ["192.0.2.0/24", "2001:db8:ffff::/48"] }),
    });
    expect((await ask("2001:db8::1")).status).toBe(200);
    expect((await ask("2001:db8:0:0:ffff::2")).status).toBe(429);
    expect((await ask("2001:db8:0:1::1")).status).toBe(200);
    expect(await statusesOf(3, () => ask("192.0.2.7"))).toEqual([200, 200, 200]);
    expect(await statusesOf(3, () => ask("2001:db8:ffff::7"))).toEqual([200, 200, 200]);
    expect(await statusesOf(2, () => ask("192.0.3.7"))).toEqual([200, 429]);
  });
});

describe("several limits", () => {
  test("all have to pass, and nothing is charged where one refuses: of one object", async () => {
    const [wide, narrow] = [limitOf({ name: "wide", burst: 3 }), limitOf({ name: "narrow", burst: 1 })];
    const both = limitedEdge([wide, narrow]);
    expect(await statusesOf(4, both.ask)).toEqual([200, 429, 429, 429]);
    expect(await statusesOf(3, limitedEdge([wide]).ask)).toEqual([200, 200, 429]);
  });

  test("the same of several objects", async () => {
    const [wide, narrow] = [limitOf({ name: "wide", burst: 3, key: [] }), limitOf({ name: "narrow", burst: 1 })];
    const both = limitedEdge([wide, narrow]);
    expect(await statusesOf(4, both.ask)).toEqual([200, 429, 429, 429]);
    expect(await statusesOf(3, limitedEdge([wide]).ask)).toEqual([200, 200, 429]);
  });

  test("a refusal names those that refuse, with the longest wait", async () => {
    const hour = { requests: 1, period: 3_600_000, burst: 1 };
    const limits = [
      limitOf({ name: "a", burst: 5 }),
      limitOf({ name: "b", burst: 1 }),
      limitOf({ name: "c", ...hour }),
    ];
    const { ask } = limitedEdge(limits);
    await ask();
    const answer = await ask();
    expect(answer.headers.get("retry-after")).toBe("3600");
    expect(await answer.json()).toMatchObject({ "violated-policies": ["b", "c"] });
  });
});

describe("the order of things", () => {
  test("a limit by address comes before the access list, and after a preflight", async () => {
    const access = inTable({ ...NO_ACCESS_LISTS, allow: ["203.0.113.1"] });
    const cors = { ...DEFAULT_CORS, allowOrigins: ["*"] };
    const { ask } = limitedEdge([limitOf({ burst: 1 })], { access, cors });
    expect((await ask("198.51.100.1", { method: "OPTIONS", headers: { origin: "https://a.test" } })).status).toBe(204);
    expect(await statusesOf(2, ask)).toEqual([403, 429]);
  });

  test("a refusal has the headers of CORS, so that a script can read it", async () => {
    const { ask } = limitedEdge([limitOf({ burst: 1 })], { cors: { ...DEFAULT_CORS, allowOrigins: ["*"] } });
    const script = { headers: { origin: "https://a.test" } };
    await ask("198.51.100.1", script);
    const answer = await ask("198.51.100.1", script);
    expect(answer.status).toBe(429);
    expect(answer.headers.get("access-control-allow-origin")).toBe("*");
  });
});

describe("a limit in shadow mode", () => {
  test("refuses nobody, and takes nothing from others", async () => {
    const { ask, seen } = limitedEdge([limitOf({ burst: 1, shadow: true }), limitOf({ burst: 3 })]);
    expect(await statusesOf(4, ask)).toEqual([200, 200, 200, 429]);
    expect(seen).toHaveLength(3);
  });
});

describe("priorities", () => {
  const header = (value: string): Condition => ({
    ...{ principal: null, methods: [], paths: [], all: [], any: [], not: null },
    headers: [{ name: "x-class", values: [value] }],
  });
  const classes = [
    { when: header("gold"), reserve: 0 },
    { when: header("silver"), reserve: 25 },
    { when: null, reserve: 50 },
  ];
  const as = (value: string) => ({ headers: { "x-class": value } });

  test("under one limit for all, lower classes go first", async () => {
    const { ask } = limitedEdge([limitOf({ key: [], burst: 8, priority: classes })]);
    const times = (count: number, value: string) => statusesOf(count, () => ask("198.51.100.1", as(value)));
    expect(await times(5, "none")).toEqual([200, 200, 200, 200, 429]);
    expect(await times(3, "silver")).toEqual([200, 200, 429]);
    expect(await times(1, "none")).toEqual([429]);
    expect(await times(3, "gold")).toEqual([200, 200, 429]);
  });
});

describe("a limit by who sends a request", () => {
  test("comes after the guard: who is refused there uses up nobody's limit", async () => {
    const key = [{ by: "apiKeyOwner" as const, name: "" }];
    const { ask, seen } = limitedEdge(
      [limitOf({ key, burst: 2 })],
      { apiKey: DEFAULT_API_KEY },
      { ...OBJECTS, [KEYS_BINDING]: KEYS },
    );
    expect(await statusesOf(5, ask)).toEqual([401, 401, 401, 401, 401]);
    const made = await keyOf("Acme");
    const other = await keyOf("Other");
    const sending = (text: string) => () => ask("198.51.100.1", { headers: { "x-api-key": text } });
    expect(await statusesOf(3, sending(made))).toEqual([200, 200, 429]);
    expect(await statusesOf(3, sending(other))).toEqual([200, 200, 429]);
    expect(seen).toHaveLength(4);
  });
});

/** A key of that owner, in the namespace of the tests. */
async function keyOf(owner: string): Promise<string> {
  const id = owner.padEnd(12, "0");
  const key = `ei_${id}_${"x".repeat(43)}`;
  const record = {
    owner,
    scopes: [],
    plan: null,
    createdAt: new Date().toISOString(),
    expiresAt: null,
    revokedAt: null,
  };
  await KEYS.put(recordName(id), JSON.stringify({ ...record, hash: await hashOfKey(key) }));
  return key;
}
