import { env, runInDurableObject } from "cloudflare:test";
import { afterEach, describe, expect, test, vi } from "vitest";
import { DEFAULT_QUOTA } from "../../../src/compiler/resources/edge-policy-rate-limit.ts";
import { objectNameOf } from "../../../src/edge/limits/objects.ts";
import { KEYS_BINDING } from "../../../src/edge/stages/guard/api-key/keys.ts";
import { DEFAULT_API_KEY } from "../../../src/table/policies/api-key.ts";
import type { QuotaTerms, RateLimitTerms } from "../../../src/table/policies/rate-limit.ts";
import { planName, type QuotaWindow } from "../../../src/table/quota.ts";
import { eventually } from "../../support/eventually.ts";
import { limitedEdge, limitOf, OBJECTS, rateLimitOf, statusesOf } from "../limits/limits.ts";
import { newKey, recordOf, store } from "./guard/api-key/keys.ts";

const KEYS = (env as unknown as Record<string, KVNamespace>)[KEYS_BINDING] as KVNamespace;
const NOON = Date.UTC(2027, 0, 31, 12, 0, 10);
let made = 0;

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

async function planned(plan: unknown): Promise<string> {
  const name = `plan-${made++}`;
  if (plan !== null) await KEYS.put(planName(name), typeof plan === "string" ? plan : JSON.stringify(plan));
  return name;
}

async function keyOf(plan: string | null, owner = `owner-${made++}`) {
  const { id, key } = newKey();
  await store(KEYS, id, await recordOf(key, { plan, owner }));
  return { id, key };
}

function quotaEdge(quota: Partial<QuotaTerms> = {}, limits: readonly RateLimitTerms[] = [], bindings = {}) {
  const terms: QuotaTerms = { ...DEFAULT_QUOTA, deadline: 10_000, ...quota };
  const policies = { apiKey: DEFAULT_API_KEY, rateLimit: rateLimitOf(limits, { quota: terms }) };
  const { ask, seen } = limitedEdge([], policies, { ...OBJECTS, [KEYS_BINDING]: KEYS, ...bindings });
  const asking = (key: string) => () => ask("198.51.100.1", { headers: { "x-api-key": key } });
  return { ask, seen, asking };
}

/** Sets the clock of the isolate, which is the objects' too. */
function at(time: number): void {
  vi.useFakeTimers({ toFake: ["Date"], now: time });
}

const stubOf = (key: string) => {
  const namespace = env.EDGE_INGRESS_LIMITS;
  return namespace.get(namespace.idFromName(objectNameOf({ id: "", shards: 16, locationHint: "" }, key)));
};
const ref = (key: string, window: QuotaWindow, requests = 0) => ({
  ...{ id: `quota/apiKey/${window}`, key, requests, period: 60_000, burst: requests, window },
});

describe("a quota that can't be told", () => {
  test.each([
    ["a plan that is missing", null],
    ["a plan that is damaged", "{"],
    ["a plan with a window that nobody knows", { minute: 3, week: 9 }],
    ["a plan that limits nothing", {}],
    ["a limit that is no number", { day: "9" }],
  ])("%s: open lets pass, closed is 503, and both are logged", async (_, plan) => {
    const warn = vi.spyOn(console, "warn").mockImplementation(() => undefined);
    const { key } = await keyOf(await planned(plan));
    const closed = quotaEdge({ onFailure: "closed" });
    const answer = await closed.asking(key)();
    expect([answer.status, answer.headers.get("retry-after")]).toEqual([503, "1"]);
    expect(closed.seen).toEqual([]);
    expect((await quotaEdge().asking(key)()).status).toBe(200);
    expect(warn.mock.calls.flat().join()).toContain("check-undecided");
  });

  test("no object: as onFailure says", async () => {
    const { key } = await keyOf(await planned({ day: 1 }));
    const none = { EDGE_INGRESS_LIMITS: undefined };
    expect(await statusesOf(2, quotaEdge({ onFailure: "closed" }, [], none).asking(key))).toEqual([503, 503]);
    expect(await statusesOf(2, quotaEdge({}, [], none).asking(key))).toEqual([200, 200]);
  });

  test("without a key there is no quota to use up", async () => {
    const { ask } = quotaEdge();
    expect((await ask()).status).toBe(401);
  });
});

describe("a quota", () => {
  test("counts each key by its plan, exactly, and tells which window refuses and until when", async () => {
    at(NOON);
    const { id, key } = await keyOf(await planned({ minute: 5, day: 3, month: 100 }));
    const other = await keyOf(await planned({ minute: 2 }));
    const { asking } = quotaEdge();
    const first = await asking(key)();
    expect(first.headers.get("ratelimit-policy")).toBe(
      '"quota-minute";q=5;w=60, "quota-day";q=3;w=86400, "quota-month";q=100;w=2678400',
    );
    expect(first.headers.get("ratelimit")).toContain('"quota-minute";r=4;t=50, "quota-day";r=2;');
    expect(await statusesOf(3, asking(key))).toEqual([200, 200, 429]);
    const refused = await asking(key)();
    expect(Number(refused.headers.get("retry-after"))).toBeGreaterThan(43_100);
    expect(await refused.json()).toMatchObject({ "violated-policies": ["quota-day"] });
    expect(await statusesOf(3, asking(other.key))).toEqual([200, 200, 429]);
    // Nothing was charged for what was refused.
    expect(await stubOf(id).look(ref(id, "minute"))).toMatchObject({ used: 3, left: 2, burst: 5 });
    expect(await stubOf(id).look(ref(id, "month"))).toMatchObject({ used: 3, left: 97, burst: 100 });
  });

  test("begins anew with the next minute, day and month in UTC", async () => {
    at(Date.UTC(2027, 1, 28, 23, 59, 10));
    const { id, key } = await keyOf(await planned({ minute: 2, month: 3 }));
    const { asking } = quotaEdge();
    expect(await statusesOf(3, asking(key))).toEqual([200, 200, 429]);
    expect(await stubOf(id).look(ref(id, "month"))).toMatchObject({ used: 2, reset: 50_000 });
    at(Date.UTC(2027, 2, 1, 0, 0, 1));
    expect(await statusesOf(3, asking(key))).toEqual([200, 200, 429]);
    at(Date.UTC(2027, 2, 1, 0, 1, 1));
    expect(await statusesOf(2, asking(key))).toEqual([200, 429]);
    expect(await stubOf(id).look(ref(id, "month"))).toMatchObject({ used: 3, left: 0 });
  });

  test("is one for all policies that count it, and for all keys of an owner where these count together", async () => {
    at(NOON);
    const plan = await planned({ day: 3 });
    const [one, two] = [await keyOf(plan, `both-${made}`), await keyOf(plan, `both-${made}`)];
    expect((await quotaEdge().asking(one.key)()).status).toBe(200);
    expect(await statusesOf(3, quotaEdge().asking(one.key))).toEqual([200, 200, 429]);
    const { asking } = quotaEdge({ by: "apiKeyOwner" });
    expect(await statusesOf(2, asking(one.key))).toEqual([200, 200]);
    expect(await statusesOf(2, asking(two.key))).toEqual([200, 429]);
  });

  test("keys without a plan have none, or the default plan", async () => {
    at(NOON);
    const { key } = await keyOf(null);
    expect(await statusesOf(3, quotaEdge().asking(key))).toEqual([200, 200, 200]);
    const { asking } = quotaEdge({ defaultPlan: await planned({ day: 1 }) });
    expect(await statusesOf(2, asking(key))).toEqual([200, 429]);
  });

  test("and a limit beside it: where one refuses neither is charged", async () => {
    at(NOON);
    const { id, key } = await keyOf(await planned({ day: 10 }));
    const { asking } = quotaEdge({}, [limitOf({ burst: 2, key: [{ by: "apiKeyOwner", name: "" }] })]);
    expect(await statusesOf(4, asking(key))).toEqual([200, 200, 429, 429]);
    await eventually(async () => expect(await stubOf(id).look(ref(id, "day"))).toMatchObject({ used: 2 }));
  });

  test("is told to who has the status token, and can be reset", async () => {
    at(NOON);
    const { id, key } = await keyOf(await planned({ day: 1 }));
    const { ask, asking } = quotaEdge({}, [], { EDGE_INGRESS_STATUS_TOKEN: "of-the-status" });
    const limits = (method: string, query: string) =>
      ask(
        "192.0.2.1",
        { method, headers: { authorization: "Bearer of-the-status" } },
        `/.edge-ingress/limits?${query}`,
      );
    expect(await statusesOf(2, asking(key))).toEqual([200, 429]);
    const told: { limits: { id: string; buckets: unknown[] }[] } = await (await limits("GET", `key=${id}`)).json();
    expect(told.limits.map((one) => one.id)).toEqual(["quota/apiKey/minute", "quota/apiKey/day", "quota/apiKey/month"]);
    expect(told.limits[1]?.buckets).toMatchObject([{ key: id, used: 1, left: 0, burst: 1 }]);
    expect(told.limits[2]?.buckets).toMatchObject([{ key: id, used: 0, burst: 0 }]);
    expect((await limits("POST", `key=${id}&limit=quota/apiKey/day`)).status).toBe(200);
    // Refusals are believed for a second.
    at(NOON + 1_500);
    expect(await statusesOf(2, asking(key))).toEqual([200, 429]);
  });

  test("in shadow mode counts and refuses nothing", async () => {
    at(NOON);
    const { id, key } = await keyOf(await planned({ day: 1 }));
    expect(await statusesOf(3, quotaEdge({ shadow: true }).asking(key))).toEqual([200, 200, 200]);
    await eventually(async () => expect(await stubOf(id).look(ref(id, "day"))).toMatchObject({ used: 1, left: 0 }));
  });

  test("what was used a second before the object slept is known after it, and a reset too", async () => {
    const key = `sleeper-${made++}`;
    const ask = { ...ref(key, "month", 5), cost: 1, reserve: 0, lease: null };
    await stubOf(key).take([ask]);
    await stubOf(key).take([ask]);
    await scheduler.wait(1_200);
    await runInDurableObject(stubOf(key), (_, state) => state.abort("asleep")).catch(() => undefined);
    expect(await stubOf(key).look(ref(key, "month"))).toMatchObject({ used: 2, left: 3, burst: 5 });
    await stubOf(key).reset(ref(key, "month"));
    expect(await stubOf(key).look(ref(key, "month"))).toMatchObject({ used: 0 });
  });
});
