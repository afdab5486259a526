import { describe, expect, test } from "vitest";
import { encodeTable } from "../../src/compiler/table/encode.ts";
import { createEdge } from "../../src/edge/app.ts";
import { DIRECTORY_OFFSET, SECTIONS } from "../../src/table/layout.ts";
import { matchingCases } from "../support/matching.cases.ts";
import { type RouterSketch, routerOf } from "../support/router.ts";
import { type Answer, edgeOf, refused } from "./edge-of.ts";

const one: RouterSketch = { rules: [{ hostname: "shop.test", path: "/", service: "shop" }] };
const two: RouterSketch = { rules: [{ hostname: "shop.test", path: "/", service: "shop", targets: { a: 1, b: 1 } }] };

describe.each(matchingCases)("$name", ({ rules, requests }) => {
  const served = rules.map((rule) => ({ ...rule, targets: { [rule.service]: 1 } }));
  const answers = Object.fromEntries(rules.map(({ service }) => [service, () => new Response(service)]));
  const edge = edgeOf({ rules: served }, answers);
  test.each(requests)(
    "$method $host $path → $expect",
    async ({ host, path, method = "GET", headers, query, expect: to }) => {
      const search = query === undefined ? "" : `?${new URLSearchParams(query)}`;
      const response = await edge(`http://${host}${path}${search}`, {
        method,
        ...(headers === undefined ? {} : { headers }),
      });
      if (to === null) expect(response.status).toBe(404);
      else expect(await response.text()).toBe(to);
    },
  );
});

describe("what is refused with 400", () => {
  const guarded: RouterSketch = {
    rules: [
      { hostname: "shop.test", path: "/", service: "shop" },
      { hostname: "shop.test", path: "/admin", service: "admin" },
    ],
  };
  test.each([
    "/a%00",
    "/a%zz",
    "//admin",
    "/x%2f..%2fadmin",
    "/%5cadmin",
    "/x/%2e%2e%2fadmin",
    "/admin;x",
    "/x/..;/admin",
  ])("%s", async (path) => {
    expect((await edgeOf(guarded)(`http://shop.test${path}`)).status).toBe(400);
  });
  test.each(["/img//x", "/group%2Fproject", "/%61dmin", "//shop", "/admin//x"])(
    "not %s: every reading leads to one rule",
    async (path) => {
      expect((await edgeOf(guarded)(`http://shop.test${path}`)).status).toBe(200);
    },
  );
});

describe("the edge's own answers", () => {
  test("problem+json with the request id, no inner details", async () => {
    const response = await edgeOf(two, { a: refused, b: refused })("http://shop.test/", {
      headers: { "x-request-id": "r-1" },
    });
    expect(response.status).toBe(502);
    expect(response.headers.get("content-type")).toBe("application/problem+json");
    expect(response.headers.get("x-request-id")).toBe("r-1");
    expect(response.headers.get("cache-control")).toBe("no-store");
    const body = await response.json();
    expect(body).toMatchObject({ type: "about:blank", title: "Bad Gateway", status: 502, requestId: "r-1" });
    expect(JSON.stringify(body)).not.toMatch(/Network|\.test/);
  });

  test("a page for who prefers HTML, with hostile ids replaced", async () => {
    const response = await edgeOf(one)("http://other.test/", {
      headers: { accept: "text/html,application/xhtml+xml,*/*;q=0.8", "x-request-id": "<script>" },
    });
    expect(response.status).toBe(404);
    expect(response.headers.get("content-type")).toBe("text/html; charset=utf-8");
    expect(response.headers.get("x-request-id")).toMatch(/^[0-9a-f]{32}$/);
    expect(await response.text()).not.toContain("<script>");
  });

  test.each([
    ["application/json, text/html;q=0.5", "application/problem+json"],
    ["text/html;q=0, */*", "application/problem+json"],
    ["*/*", "application/problem+json"],
  ])("Accept: %s gets %s", async (accept, type) => {
    const response = await edgeOf(one)("http://other.test/", { headers: { accept } });
    expect(response.headers.get("content-type")).toBe(type);
  });

  test("500 with the request id for a damaged table, and no word of the inside", async () => {
    const bytes = encodeTable(routerOf(one));
    const rules = new DataView(bytes.buffer).getUint32(DIRECTORY_OFFSET + SECTIONS.indexOf("rules") * 8, true);
    new DataView(bytes.buffer).setUint32(rules + 4, 99, true);
    const response = await createEdge(bytes.buffer).fetch(new Request("http://shop.test/"), {});
    expect(response.status).toBe(500);
    expect(await response.json()).toMatchObject({ status: 500, requestId: response.headers.get("x-request-id") });
  });

  test("HEAD gets no body", async () => {
    const response = await edgeOf(one)("http://other.test/", { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([404, ""]);
  });

  test("503 for drained clusters and for backends that are no Service, 504 for silence", async () => {
    const drained = edgeOf({ rules: [{ hostname: "shop.test", path: "/", service: "shop", targets: { a: 0 } }] });
    const resource = edgeOf({ rules: [{ hostname: "shop.test", path: "/", service: "shop", served: false }] });
    const silent = edgeOf(
      { rules: [{ hostname: "shop.test", path: "/", service: "shop", timeouts: { backendRequest: 20 } }] },
      {
        only: () => new Promise(() => undefined),
      },
    );
    expect((await drained("http://shop.test/")).status).toBe(503);
    expect((await drained("http://shop.test/")).headers.get("retry-after")).toBe("5");
    expect((await resource("http://shop.test/")).status).toBe(503);
    expect((await silent("http://shop.test/")).status).toBe(504);
  });
});

test("an upload may take longer than the time limit, which is for requests without body", async () => {
  const slow = new ReadableStream({
    async start(controller) {
      for (const part of ["slowly ", "sent ", "payment"]) {
        await new Promise((resolve) => setTimeout(resolve, 40));
        controller.enqueue(new TextEncoder().encode(part));
      }
      controller.close();
    },
  });
  const limited = { ...one, rules: one.rules.map((rule) => ({ ...rule, timeouts: { backendRequest: 60 } })) };
  const edge = edgeOf(limited, { only: async (request) => new Response(await request.text()) });
  const response = await edge("http://shop.test/pay", { method: "POST", body: slow });
  expect([response.status, await response.text()]).toEqual([200, "slowly sent payment"]);
});

describe("failover", () => {
  const counted = (answer: Answer) => {
    const calls: string[] = [];
    const endpoint: Answer = (request) => {
      calls.push(request.method);
      return answer(request);
    };
    return { calls, endpoint };
  };

  test.each(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])("%s without body goes to the next cluster", async (method) => {
    const dead = counted(refused);
    const edge = edgeOf(two, { a: dead.endpoint, b: () => new Response("b") });
    for (let round = 0; round < 10; round++) expect((await edge("http://shop.test/", { method })).status).toBe(200);
    expect(dead.calls.length).toBeGreaterThan(0);
  });

  test.each([
    ["POST", null],
    ["PATCH", null],
    ["POST", "x"],
    ["PUT", "x"],
  ])("%s with body %j is sent once", async (method, body) => {
    const dead = counted(refused);
    const edge = edgeOf(two, { a: dead.endpoint, b: dead.endpoint });
    expect((await edge("http://shop.test/", { method, body })).status).toBe(502);
    expect(dead.calls).toEqual([method]);
  });

  test("a GET that asks to be taken for a POST is sent once", async () => {
    const dead = counted(refused);
    const edge = edgeOf(two, { a: dead.endpoint, b: dead.endpoint });
    const headers = { "x-http-method-override": "POST" };
    expect((await edge("http://shop.test/", { headers })).status).toBe(502);
    expect(dead.calls).toEqual(["GET"]);
  });

  test("a POST goes on where nothing was sent: the binding of a cluster is missing", async () => {
    const edge = edgeOf(two, { b: async (request) => new Response(await request.text()) });
    for (let round = 0; round < 6; round++) {
      const response = await edge("http://shop.test/", { method: "POST", body: "paid once" });
      expect(await response.text()).toBe("paid once");
    }
  });

  test.each([520, 521, 522, 523, 524, 525, 526, 530])("the platform's %d goes to the next cluster", async (status) => {
    const edge = edgeOf(two, { a: () => new Response("inner", { status }), b: () => new Response("b") });
    for (let round = 0; round < 6; round++) expect(await (await edge("http://shop.test/")).text()).toBe("b");
  });

  test.each([
    [521, 502],
    [522, 504],
    [524, 504],
    [526, 502],
  ])("%d of every cluster is %d for the client", async (status, told) => {
    const answer = () => new Response("inner", { status });
    const response = await edgeOf(two, { a: answer, b: answer })("http://shop.test/");
    expect(response.status).toBe(told);
    expect(await response.text()).not.toContain("inner");
  });

  test("a cluster's own 500, 502 and 503 are its answers", async () => {
    for (const status of [500, 502, 503]) {
      const edge = edgeOf(one, { only: () => new Response("theirs", { status }) });
      const response = await edge("http://shop.test/");
      expect([response.status, await response.text()]).toEqual([status, "theirs"]);
    }
  });

  test("each cluster is asked once at most", async () => {
    const dead = counted(refused);
    const names = ["a", "b", "c", "d"];
    const targets = Object.fromEntries(names.map((name) => [name, 1]));
    const edge = edgeOf(
      { rules: [{ hostname: "shop.test", path: "/", service: "shop", targets }] },
      Object.fromEntries(names.map((name) => [name, dead.endpoint])),
    );
    expect((await edge("http://shop.test/")).status).toBe(502);
    expect(dead.calls.length).toBe(4);
  });
});

describe("what the cluster gets", () => {
  async function seen(url: string, init: RequestInit = {}, sketch: RouterSketch = one): Promise<Request> {
    let got: Request | null = null;
    const edge = edgeOf(sketch, {
      only: (request) => {
        got = request;
        return new Response("ok");
      },
    });
    const response = await edge(url, init);
    if (got === null) throw new Error(`nothing was forwarded: ${response.status}`);
    return got;
  }

  test("the client's Host, the path as matched, the query as sent", async () => {
    expect((await seen("http://shop.test/a%2Fb/%61?x=%61&y=/../")).url).toBe("http://shop.test/a%2Fb/a?x=%61&y=/../");
    expect((await seen("http://shop.test:8787/")).url).toBe("http://shop.test:8787/");
  });

  test("forwarded headers are the edge's, not the client's", async () => {
    const { headers } = await seen("https://shop.test/", {
      headers: {
        "x-forwarded-for": "6.6.6.6",
        "x-forwarded-proto": "http",
        "x-forwarded-host": "evil.test",
        "x-forwarded-port": "1",
        "x-forwarded-prefix": "/evil",
        "x-real-ip": "6.6.6.6",
        "x-client-ip": "6.6.6.6",
        "true-client-ip": "6.6.6.6",
        x_real_ip: "6.6.6.6",
        "x-original-url": "/admin",
        "x-rewrite-url": "/admin",
        "x-forwarded-client-cert": "forged",
        "ssl-client-verify": "SUCCESS",
        "front-end-https": "on",
        forwarded: "for=6.6.6.6",
        proxy: "http://evil.test",
        "cf-connecting-ip": "192.0.2.7",
      },
    });
    expect(Object.fromEntries([...headers].filter(([name]) => name !== "x-request-id"))).toEqual({
      "x-forwarded-for": "192.0.2.7",
      "x-forwarded-host": "shop.test",
      "x-forwarded-port": "443",
      "x-forwarded-proto": "https",
      "x-real-ip": "192.0.2.7",
    });
  });

  test("behind a trusted proxy its headers count, and its chain goes on", async () => {
    const trusting: RouterSketch = { ...one, trustedProxies: ["10.0.0.0/8"] };
    const claims = {
      "x-forwarded-for": "6.6.6.6, 192.0.2.9, 10.1.1.1",
      "x-forwarded-proto": "https",
      "x-forwarded-host": "front.test",
    };
    const trusted = await seen(
      "http://shop.test/",
      { headers: { ...claims, "cf-connecting-ip": "10.2.2.2" } },
      trusting,
    );
    expect(trusted.headers.get("x-real-ip")).toBe("192.0.2.9");
    expect(trusted.headers.get("x-forwarded-for")).toBe("6.6.6.6, 192.0.2.9, 10.1.1.1, 10.2.2.2");
    expect(trusted.headers.get("x-forwarded-proto")).toBe("https");
    expect(trusted.headers.get("x-forwarded-host")).toBe("front.test");
    const other = await seen(
      "http://shop.test/",
      { headers: { ...claims, "cf-connecting-ip": "192.0.2.1" } },
      trusting,
    );
    expect(other.headers.get("x-forwarded-for")).toBe("192.0.2.1");
    expect(other.headers.get("x-forwarded-proto")).toBe("http");
  });

  test("hop-by-hop headers and those that Connection names are gone, traceparent and the rest stay", async () => {
    const { headers } = await seen("http://shop.test/", {
      headers: {
        connection: "close, X-Secret-Hop, content-length",
        "x-secret-hop": "1",
        "keep-alive": "timeout=5",
        te: "trailers",
        "proxy-authorization": "Basic x",
        upgrade: "h2c",
        traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        authorization: "Bearer kept",
        cookie: "a=1",
      },
    });
    for (const name of ["connection", "x-secret-hop", "keep-alive", "te", "proxy-authorization", "upgrade"]) {
      expect(headers.has(name), name).toBe(false);
    }
    expect(headers.get("traceparent")).toMatch(/^00-4bf9/);
    expect(headers.get("authorization")).toBe("Bearer kept");
    expect(headers.get("cookie")).toBe("a=1");
  });

  test("Connection can't name the edge's own headers away", async () => {
    const { headers } = await seen("http://shop.test/", {
      headers: { connection: "x-forwarded-for, x-real-ip, x-request-id" },
    });
    expect(headers.get("x-real-ip")).toBe("127.0.0.1");
    expect(headers.has("x-request-id")).toBe(true);
  });

  test("X-Request-ID is made when absent, and the same one comes back", async () => {
    let id: string | null = null;
    const edge = edgeOf(one, {
      only: (request) => {
        id = request.headers.get("x-request-id");
        return new Response("ok", { headers: { "x-request-id": "the cluster's own" } });
      },
    });
    const response = await edge("http://shop.test/");
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    expect(response.headers.get("x-request-id")).toBe(id);
  });

  test("an endpoint with its own Host gets that, and the client's in X-Forwarded-Host", async () => {
    const { url, headers } = await seen(
      "http://shop.test/a?b",
      {},
      { ...one, endpoints: { only: { host: "endpoint", url: { scheme: "https", hostname: "lb.test", port: 8443 } } } },
    );
    expect(url).toBe("https://lb.test:8443/a?b");
    expect(headers.get("x-forwarded-host")).toBe("shop.test");
  });
});

describe("what the client gets", () => {
  test("redirects are passed on, cookies stay apart, hop-by-hop headers are gone", async () => {
    const headers = new Headers({ location: "/next", "keep-alive": "timeout=5", "x-kept": "1" });
    headers.append("set-cookie", "a=1");
    headers.append("set-cookie", "b=2");
    const response = await edgeOf(one, { only: () => new Response(null, { status: 302, headers }) })(
      "http://shop.test/",
      {
        redirect: "manual",
      },
    );
    expect(response.status).toBe(302);
    expect(response.headers.get("location")).toBe("/next");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
    expect(response.headers.has("keep-alive")).toBe(false);
    expect(response.headers.get("x-kept")).toBe("1");
  });

  test.each([204, 304])("%d without body", async (status) => {
    const response = await edgeOf(one, { only: () => new Response(null, { status }) })("http://shop.test/");
    expect([response.status, response.body]).toEqual([status, null]);
  });
});

describe("weights", () => {
  test("hold to within 2 % over 10,000 requests, and weight 0 takes none", async () => {
    const counts: Record<string, number> = { a: 0, b: 0, c: 0, idle: 0 };
    const targets = { a: 50, b: 30, c: 20, idle: 0 };
    const answers = Object.fromEntries(
      Object.keys(targets).map((name) => [
        name,
        () => {
          counts[name] = (counts[name] ?? 0) + 1;
          return new Response(name);
        },
      ]),
    );
    const edge = edgeOf({ rules: [{ hostname: "shop.test", path: "/", service: "shop", targets }] }, answers);
    for (let request = 0; request < 10_000; request++) await edge("http://shop.test/");
    for (const [name, weight] of Object.entries(targets)) {
      expect(Math.abs((counts[name] ?? 0) / 10_000 - weight / 100), name).toBeLessThan(0.02);
    }
    expect(counts.idle).toBe(0);
  });
});
