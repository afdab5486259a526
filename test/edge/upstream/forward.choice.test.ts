import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DEFAULT_SESSION, type LoadBalancing } from "../../../src/table/policies/load-balancing.ts";
import { type Answer, refused } from "../edge-of.ts";
import { edgeBefore, frozen, inOrder, status } from "./clusters.ts";

const ok = () => new Response("ok");
const named = (...names: string[]): Record<string, Answer> =>
  Object.fromEntries(names.map((name) => [name, () => new Response(name)]));

beforeEach(() => void vi.spyOn(console, "warn").mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

describe("a session", () => {
  const loadBalancing = { sessionPersistence: { ...DEFAULT_SESSION, sessionName: "where", absoluteTimeout: 60 } };
  const cookieOf = (response: Response) => response.headers.getSetCookie();

  test("begins with a cookie, and goes on without another one", async () => {
    const edge = edgeBefore(named("a", "b", "c"), { loadBalancing });
    const first = await edge.send();
    const [cookie = ""] = cookieOf(first);
    expect(cookie).toMatch(/^where=[0-9a-f]{8}; Max-Age=60; Path=\/; HttpOnly; SameSite=Lax$/);
    const home = await first.text();
    for (let request = 0; request < 20; request++) {
      const response = await edge.send({ headers: { cookie: `x=1; ${cookie.split(";")[0]}` } });
      expect([await response.text(), cookieOf(response)]).toEqual([home, []]);
    }
  });

  test("keeps the cluster's own cookies", async () => {
    const edge = edgeBefore({ a: () => new Response("a", { headers: { "set-cookie": "own=1" } }) }, { loadBalancing });
    const cookies = cookieOf(await edge.send());
    expect(cookies).toHaveLength(2);
    expect(cookies[0]).toBe("own=1");
  });

  test("moves with a cookie when its cluster dies, and stays moved when that is back", async () => {
    let answer: Answer = ok;
    const a: Answer = (request) => answer(request);
    const edge = edgeBefore({ a, b: () => new Response("b") }, { loadBalancing, clusters: inOrder("a", "b") });
    const [first = ""] = cookieOf(await edge.send());
    answer = refused;
    const moved = await edge.send({ headers: { cookie: first.split(";")[0] ?? "" } });
    const [second = ""] = cookieOf(moved);
    expect([await moved.text(), second === first]).toEqual(["b", false]);
    answer = ok;
    const later = await edge.send({ headers: { cookie: second.split(";")[0] ?? "" } });
    expect([await later.text(), cookieOf(later)]).toEqual(["b", []]);
  });

  test("is secure where the client came by https", async () => {
    const edge = edgeBefore(named("a"), { loadBalancing });
    expect(cookieOf(await edge.send({}, "/"))[0]).not.toContain("Secure");
    const response = await edge.send({ headers: { cookie: "where=forged" } });
    expect(cookieOf(response)).toHaveLength(1);
  });

  test("none without the policy, and none where no cluster answers", async () => {
    expect(cookieOf(await edgeBefore(named("a")).send())).toEqual([]);
    expect(cookieOf(await edgeBefore({ a: refused }, { loadBalancing }).send())).toEqual([]);
  });
});

describe("a consistent hash", () => {
  const CLUSTERS = named("a", "b", "c", "d", "e", "f", "g", "h");
  const by = (type: NonNullable<LoadBalancing["consistentHash"]>["type"], name = "") => ({
    loadBalancing: { type: "ConsistentHash", consistentHash: { type, name, template: [], boundedLoad: 0 } } as const,
  });
  const sources: [string, ReturnType<typeof by>, (key: string) => [RequestInit, string?]][] = [
    ["the client's address", by("SourceIP"), (key) => [{ headers: { "cf-connecting-ip": `198.51.100.${key}` } }]],
    ["a header", by("Header", "x-tenant"), (key) => [{ headers: { "x-tenant": key } }]],
    ["a cookie", by("Cookie", "user"), (key) => [{ headers: { cookie: `a=b; user=${key}` } }]],
    ["a query parameter", by("QueryParam", "q"), (key) => [{}, `/?a=b&q=${key}`]],
    ["the path", by("Path"), (key) => [{}, `/${key}?a=${Math.random()}`]],
  ];

  test.each(sources)("of %s: one key one cluster, many keys all of them", async (_, policy, requestOf) => {
    const edge = edgeBefore(CLUSTERS, policy);
    const ask = async (key: string) => (await edge.send(...requestOf(key))).text();
    const used = new Set<string>();
    for (let key = 0; key < 100; key++) {
      const owner = await ask(String(key));
      used.add(owner);
      expect(await ask(String(key))).toBe(owner);
    }
    expect(used.size).toBe(8);
  });

  test.each(sources.slice(1, 4))("of %s: without it, by weight", async (_, policy) => {
    const edge = edgeBefore(CLUSTERS, policy);
    for (let request = 0; request < 100; request++) await edge.send();
    expect(new Set(edge.reached()).size).toBe(8);
  });
});

describe("the nearest", () => {
  const clusters = {
    eu: { region: "weur" },
    us: { region: "enam" },
    asia: { near: [{ kind: "colo", code: "SIN" }] },
  } as const;

  test.each([
    [{ colo: "LIS", country: "PT", continent: "EU", latitude: "38.7", longitude: "-9.1" }, "eu"],
    [{ continent: "NA" }, "us"],
    [{ colo: "SIN" }, "asia"],
  ])("%j: %s", async (cf, expected) => {
    const edge = edgeBefore(named("eu", "us", "asia"), { clusters });
    for (let request = 0; request < 10; request++) {
      const init: RequestInit<RequestInitCfProperties> = { cf };
      expect(await (await edge.send(init)).text()).toBe(expected);
    }
  });

  test("its failures move its clients on to the next nearest, and on", async () => {
    const edge = edgeBefore({ eu: status(500), us: status(500), asia: ok }, { clusters });
    const init: RequestInit<RequestInitCfProperties> = { cf: { continent: "EU" } };
    for (let request = 0; request < 20; request++) await edge.send(init);
    expect(edge.reached()).toEqual([...Array(5).fill("eu"), ...Array(5).fill("us"), ...Array(10).fill("asia")]);
  });
});

describe("hedging", () => {
  const hedge = { hedge: { delay: 1 } };
  const clusters = inOrder("a", "b", "c");

  test("a GET without an answer is answered by the second, and is no failure of the first", async () => {
    const edge = edgeBefore({ a: frozen, b: () => new Response("b") }, { clusters, retry: hedge });
    for (let request = 0; request < 8; request++) expect(await (await edge.send()).text()).toBe("b");
    expect(edge.count("a")).toBe(8);
  });

  test("there is no second while the first is in time", async () => {
    const edge = edgeBefore({ a: ok, b: ok }, { clusters, retry: { hedge: { delay: 60_000 } } });
    expect((await edge.send()).status).toBe(200);
    expect(edge.reached()).toEqual(["a"]);
  });

  test("the loser's answer is dropped", async () => {
    let answerLate: (response: Response) => void = () => undefined;
    const slow = () =>
      new Promise<Response>((resolve) => {
        answerLate = resolve;
      });
    const edge = edgeBefore({ a: slow, b: ok }, { clusters, retry: hedge });
    expect((await edge.send()).status).toBe(200);
    const cancelled = new Promise<void>((resolve) => {
      answerLate(new Response(new ReadableStream({ cancel: () => resolve() })));
    });
    await cancelled;
  });

  test.each([
    ["POST", {}],
    ["PUT", {}],
    ["HEAD", {}],
    ["GET", { "x-http-method-override": "POST" }],
  ])("not of %s %j", async (method, headers) => {
    const late = { clusters, retry: { ...hedge, on: [] }, timeouts: { backendRequest: 50 } };
    const edge = edgeBefore({ a: frozen, b: ok }, late);
    expect((await edge.send({ method, headers })).status).toBe(504);
    expect(edge.reached()).toEqual(["a"]);
  });

  test("not beyond the retry budget", async () => {
    const budget = { percent: 0, interval: 10_000, minRetries: 2 };
    const late = { clusters, retry: { ...hedge, on: [], budget }, timeouts: { backendRequest: 50 } };
    const edge = edgeBefore({ a: frozen, b: ok }, late);
    const statuses: number[] = [];
    for (let request = 0; request < 4; request++) statuses.push((await edge.send()).status);
    expect(statuses).toEqual([200, 200, 504, 504]);
  });

  test("a second that fails leaves the first its time", async () => {
    let answer: (response: Response) => void = () => undefined;
    const first = () =>
      new Promise<Response>((resolve) => {
        answer = resolve;
      });
    const second: Answer = () => {
      queueMicrotask(() => answer(new Response("first")));
      throw new Error("Network connection lost.");
    };
    const edge = edgeBefore({ a: first, b: second }, { clusters, retry: hedge });
    expect(await (await edge.send()).text()).toBe("first");
  });

  test("both fail: it is retried elsewhere", async () => {
    const second: Answer = () => {
      throw new Error("Network connection lost.");
    };
    const late = { clusters, retry: hedge, timeouts: { backendRequest: 20 } };
    const edge = edgeBefore({ a: frozen, b: second, c: () => new Response("c") }, late);
    expect(await (await edge.send()).text()).toBe("c");
    expect(edge.reached()).toEqual(["a", "b", "c"]);
  });
});
