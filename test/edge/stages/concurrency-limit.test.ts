import { env } from "cloudflare:test";
import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { mergedRanges } from "../../../src/compiler/ir/access.ts";
import { concurrencyTermsOf } from "../../../src/compiler/resources/edge-policy-concurrency-limit.ts";
import { countsOf } from "../../../src/edge/limits/counts.ts";
import { KEYS_BINDING } from "../../../src/edge/stages/guard/api-key/keys.ts";
import { DEFAULT_API_KEY } from "../../../src/table/policies/api-key.ts";
import type { ConcurrencyTerms } from "../../../src/table/policies/concurrency-limit.ts";
import { DEFAULT_RETRY } from "../../../src/table/policies/retry.ts";
import type { RulePolicies } from "../../../src/table/policies/rule-policies.ts";
import { eventually } from "../../support/eventually.ts";
import { type Answer, edgeOf, refused } from "../edge-of.ts";
import { OBJECTS, rateLimitOf, limitOf as rateOf } from "../limits/limits.ts";
import { newKey, recordOf, store } from "./guard/api-key/keys.ts";
import { authOf } from "./guard/external-auth/asking.ts";

// Logged on purpose, and often.
beforeEach(() => void vi.spyOn(console, "warn").mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

let made = 0;

/** A limit whose slots, and objects, no other test has: an isolate leaves objects alone that failed. */
function limitOf(more: Partial<ConcurrencyTerms> = {}): ConcurrencyTerms {
  made++;
  const usual = { name: "some", maxRequests: 1, deadline: 10_000, shards: 2_000 + made };
  return concurrencyTermsOf(`test/concurrency/${made}`, { ...usual, ...more });
}

/** A cluster that is silent until it is let go; from then on it answers all at once. */
function holding() {
  const silence = Promise.withResolvers<void>();
  const requests: Request[] = [];
  const only: Answer = async (request) => {
    requests.push(request);
    await silence.promise;
    return new Response("ok");
  };
  return {
    only,
    letGo: () => silence.resolve(),
    reached: (count: number) => eventually(() => expect(requests).toHaveLength(count)),
  };
}

function limitedEdge(
  limits: readonly ConcurrencyTerms[],
  only: Answer,
  more: Partial<RulePolicies> = {},
  bindings: Readonly<Record<string, unknown>> = OBJECTS,
  exempt: readonly string[] = [],
) {
  const policies = { concurrencyLimit: { limits: [...limits], exempt: mergedRanges(exempt) }, ...more };
  const rule = { hostname: "api.test", path: "/", service: "api", policies };
  const edge = edgeOf({ rules: [rule] }, { only }, bindings);
  return (client = "198.51.100.1", init: RequestInit = {}) =>
    edge("https://api.test/", {
      ...init,
      headers: { "cf-connecting-ip": client, ...(init.headers as Record<string, string>) },
    });
}

/** The slot is given back beside the answer. */
const passes = (ask: () => Promise<Response>) =>
  eventually(async () => {
    const answer = await ask();
    await answer.body?.cancel();
    expect(answer.status).toBe(200);
  });

describe("a request beyond the limit", () => {
  test("is refused, and says so; one that comes when another has ended passes", async () => {
    const cluster = holding();
    const ask = limitedEdge([limitOf()], cluster.only);
    const first = ask();
    await cluster.reached(1);
    const over = await ask();
    expect([over.status, over.headers.get("retry-after")]).toEqual([429, "1"]);
    expect(await over.json()).toMatchObject({
      detail: "Too many requests are under way. Wait until one of them has ended.",
    });
    cluster.letGo();
    expect(await (await first).text()).toBe("ok");
    await passes(ask);
  });

  test("gets the status that is written", async () => {
    const cluster = holding();
    const ask = limitedEdge([limitOf({ status: 503 })], cluster.only);
    void ask();
    await cluster.reached(1);
    expect((await ask()).status).toBe(503);
  });

  test("is one of its key: others have slots of their own, and exempt clients need none", async () => {
    const cluster = holding();
    const ask = limitedEdge([limitOf()], cluster.only, {}, OBJECTS, ["203.0.113.0/24"]);
    for (const client of ["198.51.100.1", "198.51.100.2", "203.0.113.1", "203.0.113.1"]) void ask(client);
    await cluster.reached(4);
    expect((await ask("198.51.100.2")).status).toBe(429);
  });

  test("takes no slot of another limit with it", async () => {
    const cluster = holding();
    const [wide, narrow] = [limitOf({ maxRequests: 2, key: [] }), limitOf({ maxRequests: 1 })];
    const ask = limitedEdge([wide, narrow], cluster.only);
    void ask("198.51.100.1");
    await cluster.reached(1);
    expect((await ask("198.51.100.1")).status).toBe(429);
    void ask("198.51.100.2");
    await cluster.reached(2);
    expect((await ask("198.51.100.3")).status).toBe(429);
  });
});

describe("a slot is held", () => {
  test("until the answer's body has ended", async () => {
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    let asked = 0;
    const ask = limitedEdge([limitOf()], () => (asked++ === 0 ? new Response(readable) : new Response("next")));
    const first = await ask();
    expect((await ask()).status).toBe(429);
    const text = first.text();
    const writer = writable.getWriter();
    await writer.write(new TextEncoder().encode("all"));
    expect((await ask()).status).toBe(429);
    await writer.close();
    expect(await text).toBe("all");
    await passes(ask);
  });

  test("until its reader goes in the middle, which ends the cluster's answer too", async () => {
    const cancelled = Promise.withResolvers<void>();
    const endless = () =>
      new Response(
        new ReadableStream({
          pull: (controller) => controller.enqueue(new Uint8Array(1_000)),
          cancel: () => cancelled.resolve(),
        }),
      );
    const ask = limitedEdge([limitOf()], endless);
    const first = await ask();
    expect((await ask()).status).toBe(429);
    await first.body?.cancel();
    await cancelled.promise;
    await passes(ask);
  });

  test("until the client goes before there is an answer", async () => {
    const cluster = holding();
    const ask = limitedEdge([limitOf()], cluster.only);
    const leaving = new AbortController();
    void ask("198.51.100.1", { signal: leaving.signal }).catch(() => undefined);
    await cluster.reached(1);
    expect((await ask()).status).toBe(429);
    leaving.abort();
    // The cluster is silent still: who gets no refusal has a slot.
    await eventually(async () => {
      const answer = await Promise.race([ask(), cluster.reached(2)]);
      expect(answer).not.toBeInstanceOf(Response);
    });
  });

  test.each<[what: string, only: Answer, more: Partial<RulePolicies>, statuses: readonly number[]]>([
    ["the cluster can't be reached", refused, {}, [502, 503]],
    ["there is no body", () => new Response(null, { status: 204 }), {}, [204]],
    [
      "the body breaks off",
      () => new Response(new ReadableStream({ pull: (c) => c.error(new Error("x")) })),
      {},
      [200],
    ],
    ["a rate limit refuses", () => new Response("ok"), { rateLimit: rateLimitOf([rateOf({ burst: 1 })]) }, [200, 429]],
    ["a guard refuses", () => new Response("ok"), { apiKey: DEFAULT_API_KEY }, [401]],
  ])("no longer than that: %s", async (_, only, more, statuses) => {
    vi.spyOn(console, "error").mockImplementation(() => undefined);
    const limit = limitOf({ status: 418 });
    const ask = limitedEdge([limit], only, more);
    for (let time = 0; time < 4; time++) {
      await eventually(async () => {
        const answer = await ask();
        await answer.text().catch(() => undefined);
        expect(statuses).toContain(answer.status);
      });
    }
  });

  test("once, however many tries a request takes, and given back once", async () => {
    const limit = limitOf();
    const retry = { ...DEFAULT_RETRY, statuses: [{ from: 500, to: 599 }] };
    const policies = { retry, concurrencyLimit: { limits: [limit], exempt: mergedRanges([]) } };
    const targets = { a: 1, b: 1, c: 1 };
    let tries = 0;
    const answer = () => new Response("", { status: ++tries % 3 === 0 ? 200 : 500 });
    const rule = { hostname: "api.test", path: "/", service: "api", policies, targets };
    const edge = edgeOf({ rules: [rule] }, { a: answer, b: answer, c: answer }, OBJECTS);
    const ask = () => edge("https://api.test/", { headers: { "cf-connecting-ip": "198.51.100.1" } });
    for (let time = 0; time < 3; time++) await passes(ask);
    expect([tries, countsOf(limit.id).admitted]).toEqual([9, 3]);
  });
});

describe("what the edge asks on behalf of a request", () => {
  const external = (url: string) => authOf({ url, via: "edge" });

  test("takes no second slot of the limit that the request is under", async () => {
    const limit = limitOf();
    const concurrencyLimit = { limits: [limit], exempt: mergedRanges([]) };
    const rules = [
      {
        ...{ hostname: "api.test", path: "/", service: "api" },
        policies: { concurrencyLimit, externalAuth: external("https://login.test/check") },
      },
      { hostname: "login.test", path: "/", service: "login", policies: { concurrencyLimit } },
    ];
    const edge = edgeOf({ rules }, { only: () => new Response("ok") }, OBJECTS);
    const ask = () => edge("https://api.test/", { headers: { "cf-connecting-ip": "198.51.100.1" } });
    await passes(ask);
    expect(countsOf(limit.id)).toMatchObject({ admitted: 1, refused: 0 });
  });

  test("takes one of a limit that only the auth service has", async () => {
    const limit = limitOf();
    const rules = [
      {
        ...{ hostname: "api.test", path: "/", service: "api" },
        policies: { externalAuth: external("https://login.test/check") },
      },
      {
        ...{ hostname: "login.test", path: "/", service: "login" },
        policies: { concurrencyLimit: { limits: [limit], exempt: mergedRanges([]) } },
      },
    ];
    const edge = edgeOf({ rules }, { only: () => new Response("ok") }, OBJECTS);
    await passes(() => edge("https://api.test/", { headers: { "cf-connecting-ip": "198.51.100.1" } }));
    expect(countsOf(limit.id).admitted).toBeGreaterThan(0);
  });
});

test("by who proved to send it, after the guard: who is refused there has no slot", async () => {
  const KEYS = (env as unknown as Record<string, KVNamespace>)[KEYS_BINDING] as KVNamespace;
  const { id, key } = newKey();
  await store(KEYS, id, await recordOf(key, { owner: "acme" }));
  const cluster = holding();
  const limit = limitOf({ key: [{ by: "apiKeyOwner", name: "" }] });
  const ask = limitedEdge([limit], cluster.only, { apiKey: DEFAULT_API_KEY }, { ...OBJECTS, [KEYS_BINDING]: KEYS });
  expect((await ask()).status).toBe(401);
  const headers = { "x-api-key": key };
  void ask("198.51.100.1", { headers });
  await cluster.reached(1);
  expect((await ask("198.51.100.2", { headers })).status).toBe(429);
  expect(countsOf(limit.id)).toMatchObject({ admitted: 1, refused: 1 });
});

test("in shadow mode everybody passes, and who would have been refused is counted", async () => {
  const cluster = holding();
  const limit = limitOf({ shadow: true });
  const ask = limitedEdge([limit], cluster.only);
  void ask();
  await cluster.reached(1);
  await eventually(() => expect(countsOf(limit.id).admitted).toBe(1));
  void ask();
  await cluster.reached(2);
  await eventually(() => expect(countsOf(limit.id)).toMatchObject({ wouldRefuse: 1, refused: 0 }));
});

type Enter = (refs: readonly unknown[]) => Promise<unknown>;

const frozen: Enter = () => new Promise(() => undefined);
const gone: Enter = () => Promise.reject(new Error("Network connection lost."));
const ofAnotherVersion: Enter = () =>
  Promise.reject(new TypeError('The RPC receiver does not implement the method "enter".'));

describe.each<[what: string, enter: Enter | null]>([
  ["is frozen", frozen],
  ["is gone", gone],
  ["knows no such call", ofAnotherVersion],
  ["is not bound", null],
])("where the object %s", (_, enter) => {
  const stub = { enter, stay: gone, leave: gone };
  const bindings = () =>
    enter === null ? {} : { EDGE_INGRESS_LIMITS: { idFromName: (name: string) => name, get: () => stub } };
  const deadline = 30;

  test("an open limit lets pass, within its deadline, and counts it", async () => {
    const limit = limitOf({ deadline });
    const ask = limitedEdge([limit], () => new Response("ok"), {}, bindings());
    for (let time = 0; time < 5; time++) expect((await ask()).status).toBe(200);
    expect(countsOf(limit.id).failedOpen).toBe(5);
  });

  test("a closed one refuses, and says that it could not ask", async () => {
    const limit = limitOf({ deadline, onFailure: "closed" });
    const ask = limitedEdge([limit], () => new Response("ok"), {}, bindings());
    for (let time = 0; time < 5; time++) {
      const answer = await ask();
      expect(answer.status).toBe(503);
      expect(await answer.json()).toMatchObject({ detail: "The limits of this address can't be checked now." });
    }
    expect(countsOf(limit.id).failedClosed).toBe(5);
  });
});

test("a slot that was granted too late is given back with the request", async () => {
  const calls: string[] = [];
  const stub = {
    enter: async (refs: readonly unknown[]) => {
      await scheduler.wait(100);
      calls.push("granted");
      return refs.map(() => ({ admitted: true, isFull: false }));
    },
    stay: async () => undefined,
    leave: async () => void calls.push("left"),
  };
  const bindings = { EDGE_INGRESS_LIMITS: { idFromName: (name: string) => name, get: () => stub } };
  for (const [onFailure, status] of [["open", 200] as const, ["closed", 503] as const]) {
    calls.length = 0;
    const ask = limitedEdge([limitOf({ deadline: 10, onFailure })], () => new Response("ok"), {}, bindings);
    const answer = await ask();
    await answer.text();
    expect(answer.status).toBe(status);
    await eventually(() => expect(calls).toEqual(["granted", "left"]));
  }
});
