import { afterEach, describe, expect, test, vi } from "vitest";
import { inTable, NO_ACCESS_LISTS } from "../../../../../src/compiler/ir/access.ts";
import { DEFAULT_API_KEY } from "../../../../../src/table/policies/api-key.ts";
import type { RuleSketch } from "../../../../support/router.ts";
import { type Answer, edgeOf, refused } from "../../../edge-of.ts";
import { authOf, type Seen, worldOf } from "./asking.ts";

const yes: Answer = () => new Response(null, { status: 202, headers: { "x-user": "alice" } });

afterEach(() => vi.restoreAllMocks());

describe("a host of this edge", () => {
  const auth = { url: "https://$host/oauth2/auth?x=1", via: "edge", responseHeaders: ["X-User"] } as const;
  const proxy: RuleSketch = { hostname: "shop.test", path: "/oauth2", service: "proxy", targets: { proxy: 1 } };

  /** What the proxy's rule was asked, under its policies. */
  function worldWith(policies: RuleSketch["policies"] = {}, answer: Answer = yes, sketch: RuleSketch = proxy) {
    const asked: Seen[] = [];
    const recorded: Answer = (request) => {
      asked.push({ method: request.method, url: request.url, headers: request.headers, body: "" });
      return answer(request);
    };
    const world = worldOf(auth, refused, { rules: [{ ...sketch, policies }], endpoints: { proxy: recorded } });
    return { ...world, asked };
  }

  test("is asked by its own rules, without leaving the edge", async () => {
    const { ask, asked, served } = worldWith();
    const response = await ask("http://shop.test:8080/a?b", {
      method: "POST",
      body: "secret",
      headers: { cookie: "s=1" },
    });
    expect(response.status).toBe(200);
    expect(served[0]?.headers.get("x-user")).toBe("alice");
    expect(asked.map(({ method, url }) => [method, url])).toEqual([["GET", "http://shop.test/oauth2/auth?x=1"]]);
    const { headers = new Headers() } = asked[0] ?? {};
    const names = [
      "cookie",
      "x-original-url",
      "x-forwarded-proto",
      "x-forwarded-host",
      "x-forwarded-port",
      "x-real-ip",
    ];
    expect(names.map((name) => headers.get(name))).toEqual([
      "s=1",
      "http://shop.test:8080/a?b",
      "https",
      "shop.test",
      "443",
      "127.0.0.1",
    ]);
  });

  test("is not asked for requests to its own unguarded rules", async () => {
    const { ask, asked } = worldWith();
    await ask("http://shop.test/oauth2/callback?code=1");
    expect(asked.map(({ url }) => url)).toEqual(["http://shop.test/oauth2/callback?code=1"]);
  });

  test("may have a guard of its own, which the question has to pass", async () => {
    const { ask, asked, served } = worldWith({ apiKey: DEFAULT_API_KEY });
    expect((await ask("http://shop.test/")).status).toBe(401);
    expect([asked, served]).toEqual([[], []]);
  });

  test("is asked from where the client is, as its access lists see it", async () => {
    const access = inTable({ ...NO_ACCESS_LISTS, allowCountries: ["DE"] });
    const { ask } = worldWith({ access });
    const statusFrom = async (country: string) =>
      (await ask("http://shop.test/", { cf: { country } } as RequestInit)).status;
    expect(await Promise.all(["DE", "FR"].map(statusFrom))).toEqual([200, 403]);
  });

  test("that asks in its turn lets nobody in, and the question ends", async () => {
    const { ask, asked, served } = worldWith({ externalAuth: authOf(auth) });
    expect((await ask("http://shop.test/")).status).toBe(500);
    expect((await ask("http://shop.test/oauth2/auth")).status).toBe(500);
    expect([asked, served]).toEqual([[], []]);
  });

  test("where the rule asks itself lets nobody in", async () => {
    const { ask, served } = worldOf(auth);
    expect((await ask("http://shop.test/")).status).toBe(500);
    expect(served).toEqual([]);
  });

  test("where nothing is served lets nobody in", async () => {
    const { ask, served } = worldOf({ ...auth, url: "https://other.test/auth" });
    expect((await ask("http://shop.test/")).status).toBe(500);
    expect(served).toEqual([]);
  });

  test.each([200, 299])("whose cluster is down lets nobody in by a fallback of status %i", async (status) => {
    const fallback = { status, contentType: "text/plain", body: "sorry" };
    const { ask, served } = worldWith({ fallback }, refused);
    expect((await ask("http://shop.test/")).status).toBe(500);
    expect(served).toEqual([]);
    expect((await ask("http://shop.test/oauth2/auth")).status).toBe(status);
  });

  test("is one of several for a rule of many hosts: each is asked about its own requests", async () => {
    const asked: string[] = [];
    const policies = { externalAuth: authOf({ url: "https://$http_host/auth", via: "edge" }) };
    const rules = [
      { hostname: "*.shop.test", path: "/", service: "web", policies },
      { hostname: "*.shop.test", path: "/auth", service: "auth", targets: { auth: 1 } },
    ];
    const answer: Answer = ({ url }) => {
      asked.push(url);
      return new Response(null, { status: url.includes("//a.") ? 200 : 403 });
    };
    const edge = edgeOf({ rules }, { only: () => new Response(), auth: answer });
    const statuses = await Promise.all(
      ["a", "b"].map(async (name) => (await edge(`http://${name}.shop.test:81/`)).status),
    );
    expect(statuses).toEqual([200, 403]);
    expect(asked).toEqual(["http://a.shop.test:81/auth", "http://b.shop.test:81/auth"]);
  });
});

describe("a Service in the clusters", () => {
  const auth = { url: "http://proxy.auth.svc.cluster.local:4180/check", via: "clusters" } as const;
  const targets = [
    { endpoint: 0, weight: 1 },
    { endpoint: 1, weight: 1 },
  ];
  // Numbers are those of the endpoints in the order of their names: a, b, only.
  const rules: readonly RuleSketch[] = [{ hostname: "keep.test", path: "/", service: "keep", targets: { a: 1, b: 1 } }];

  /** Which endpoints were asked, and the answers to three requests. */
  async function statusesWith(answers: Readonly<Record<"a" | "b", Answer>>, method: string | null = null) {
    const asked: [string, string, string | null][] = [];
    const recorded = (name: "a" | "b"): [string, Answer] => [
      name,
      (request) => {
        asked.push([name, request.url, request.headers.get("x-forwarded-host")]);
        return answers[name](request);
      },
    ];
    const endpoints = Object.fromEntries([recorded("a"), recorded("b")]);
    const { ask, served } = worldOf({ ...auth, method, targets, timeout: 200 }, refused, { rules, endpoints });
    const statuses: number[] = [];
    for (let count = 0; count < 3; count++) statuses.push((await ask("http://shop.test/")).status);
    return { statuses, asked, served };
  }

  test("is asked at its endpoints, by its name without a port", async () => {
    const { statuses, asked } = await statusesWith({ a: yes, b: yes });
    expect(statuses).toEqual([200, 200, 200]);
    expect(new Set(asked.map(([name]) => name))).toEqual(new Set(["a", "b"]));
    for (const [, url, host] of asked) {
      expect([url, host]).toEqual(["http://proxy.auth.svc.cluster.local/check", null]);
    }
  });

  const failures: readonly (readonly [string, Answer])[] = [
    ["is down", refused],
    ["hangs", () => new Promise<Response>(() => undefined)],
    ["answers 503", () => new Response(null, { status: 503 })],
  ];
  test.each(failures)("of which one %s is asked at the other", async (_, broken) => {
    for (const method of [null, "POST"]) {
      const { statuses } = await statusesWith({ a: broken, b: yes }, method);
      expect(statuses).toEqual([200, 200, 200]);
    }
  });

  test.each(failures)("of which each %s lets nobody in", async (_, broken) => {
    const { statuses, served } = await statusesWith({ a: broken, b: broken });
    expect(statuses).toEqual([500, 500, 500]);
    expect(served).toEqual([]);
  });

  test("is asked at the one nearest to the client", async () => {
    const asked: string[] = [];
    const answer = (name: string) => () => {
      asked.push(name);
      return new Response(null, { status: 200 });
    };
    const policies = { externalAuth: authOf({ ...auth, targets }) };
    const edge = edgeOf(
      {
        rules: [{ hostname: "shop.test", path: "/", service: "web", policies }, ...rules],
        clusters: { a: { near: [{ kind: "country", code: "FR" }] }, b: { near: [{ kind: "country", code: "DE" }] } },
      },
      { only: () => new Response("ok"), a: answer("a"), b: answer("b") },
    );
    for (const country of ["DE", "DE", "FR"]) await edge("http://shop.test/", { cf: { country } } as RequestInit);
    expect(asked).toEqual(["b", "b", "a"]);
  });

  test("of which one says no is not asked elsewhere", async () => {
    const no: Answer = () => new Response(null, { status: 403 });
    const { statuses, asked } = await statusesWith({ a: no, b: no });
    expect([statuses, asked.length]).toEqual([[403, 403, 403], 3]);
  });

  test("that is reached through its zone gets the name of its endpoint", async () => {
    const outgoing = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response(null, { status: 200 }));
    const zone = { transport: { name: "zone-name", zone: "clusters.test" } } as const;
    const url = { scheme: "https", hostname: "auth.clusters.test", port: 8443 } as const;
    const policies = { externalAuth: authOf({ ...auth, targets: [{ endpoint: 0, weight: 1 }] }) };
    const edge = edgeOf(
      {
        rules: [
          { hostname: "shop.test", path: "/", service: "web", policies },
          { hostname: "keep.test", path: "/", service: "keep", targets: { a: 1 } },
        ],
        endpoints: { a: { ...zone, url } },
      },
      { only: () => new Response("ok") },
    );
    expect((await edge("http://shop.test/")).status).toBe(200);
    const [request, init] = outgoing.mock.calls[0] ?? [];
    expect((request as Request).url).toBe("https://auth.clusters.test:8443/check");
    expect(init).toEqual({ cf: { resolveOverride: "auth.clusters.test" } });
  });
});

describe("a public name", () => {
  test("is fetched, and redirects are not followed", async () => {
    const outgoing = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response(null, { status: 204 }));
    const { ask, asked } = worldOf({ url: "https://auth.example.test:8443/check?x=$request_uri", via: "name" });
    expect((await ask("http://shop.test/a")).status).toBe(200);
    expect(asked).toEqual([]);
    const request = outgoing.mock.calls[0]?.[0] as Request;
    expect([request.url, request.method, request.redirect]).toEqual([
      "https://auth.example.test:8443/check?x=/a",
      "GET",
      "manual",
    ]);
  });

  test("that can't be fetched lets nobody in", async () => {
    vi.spyOn(globalThis, "fetch").mockRejectedValue(new TypeError("internal error"));
    const { ask, served } = worldOf({ url: "https://auth.example.test/", via: "name" });
    expect((await ask("http://shop.test/")).status).toBe(500);
    expect(served).toEqual([]);
  });
});

describe("a question that comes back by the network", () => {
  test("is known by CDN-Loop, and ends", async () => {
    let depth = 0;
    const world = worldOf({}, async (request) => {
      depth++;
      const { url, headers } = request;
      return world.ask(url.replace("auth.test:9000", "shop.test"), { headers });
    });
    expect((await world.ask("http://shop.test/")).status).toBe(500);
    expect([depth, world.served]).toEqual([1, []]);
  });

  test("is marked beside what others have written there, and theirs alone does not end it", async () => {
    const { ask, asked } = worldOf({});
    const response = await ask("http://shop.test/", {
      headers: { "cdn-loop": "cloudflare; loops=1, edge-ingress-0123456789ab" },
    });
    expect(response.status).toBe(200);
    expect(asked[0]?.headers.get("cdn-loop")).toMatch(
      /^cloudflare; loops=1, edge-ingress-0123456789ab, edge-ingress-[0-9a-f]{12}$/,
    );
  });
});
