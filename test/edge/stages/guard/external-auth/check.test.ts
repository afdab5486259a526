import { describe, expect, test } from "vitest";
import { DEFAULT_API_KEY } from "../../../../../src/table/policies/api-key.ts";
import { worldOf } from "./asking.ts";

const answering =
  (status: number, headers: HeadersInit = {}) =>
  () =>
    new Response(null, { status, headers });

describe("the answer of the auth service", () => {
  test.each([200, 201, 202, 204, 206])("%i lets the request through, and its body with it", async (status) => {
    const { ask, served } = worldOf({}, answering(status));
    const response = await ask("http://shop.test/a?b", { method: "POST", body: "text" });
    expect(await response.text()).toBe("from the cluster");
    expect(served.map(({ method, url, body }) => [method, url, body])).toEqual([
      ["POST", "http://shop.test/a?b", "text"],
    ]);
  });

  test.each([
    [401, 401],
    [403, 403],
    [302, 500],
    [304, 500],
    [400, 500],
    [404, 500],
    [407, 500],
    [429, 500],
    [500, 500],
    [503, 500],
  ])("%i is %i for the client, and no cluster is asked", async (status, expected) => {
    const { ask, served } = worldOf({}, answering(status, { location: "https://elsewhere.test/" }));
    const response = await ask("http://shop.test/");
    expect(response.status).toBe(expected);
    expect(response.headers.get("location")).toBeNull();
    expect(served).toEqual([]);
  });

  test("its body is not what the client gets", async () => {
    const { ask } = worldOf({}, () => new Response("inner", { status: 403, headers: { "x-inner": "1" } }));
    const response = await ask("http://shop.test/");
    expect(await response.text()).not.toContain("inner");
    expect(response.headers.get("x-inner")).toBeNull();
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test("of 401 the challenge is passed on, of 403 it is not", async () => {
    const challenge = { "www-authenticate": 'Bearer realm="shop"' };
    const [refused, forbidden] = await Promise.all(
      [401, 403].map((status) => worldOf({}, answering(status, challenge)).ask("http://shop.test/")),
    );
    expect(refused?.headers.get("www-authenticate")).toBe('Bearer realm="shop"');
    expect(forbidden?.headers.get("www-authenticate")).toBeNull();
  });
});

describe("the question", () => {
  test("is a GET without body, with what the client sent and what ingress-nginx adds", async () => {
    const { ask, asked } = worldOf({});
    await ask("http://shop.test:8080/p%2Fq?q=1", {
      method: "POST",
      body: "secret",
      headers: {
        Cookie: "s=1",
        Authorization: "Bearer t",
        "X-Request-ID": "rid-1",
        "X-Team": "a",
        "If-None-Match": "x",
      },
    });
    const [{ method, url, headers, body } = { headers: new Headers() }] = asked;
    expect([method, url, body]).toEqual(["GET", "http://auth.test:9000/check", ""]);
    expect(Object.fromEntries([...headers].filter(([name]) => name !== "cdn-loop"))).toEqual({
      authorization: "Bearer t",
      "content-type": "text/plain;charset=UTF-8",
      cookie: "s=1",
      "if-none-match": "x",
      "x-auth-request-redirect": "/p%2Fq?q=1",
      "x-forwarded-for": "127.0.0.1",
      "x-original-method": "POST",
      "x-original-url": "http://shop.test:8080/p%2Fq?q=1",
      "x-real-ip": "127.0.0.1",
      "x-request-id": "rid-1",
      "x-sent-from": "nginx-ingress-controller",
      "x-team": "a",
    });
  });

  test("with a method has two headers more", async () => {
    const { ask, asked } = worldOf({ method: "HEAD" });
    await ask("https://shop.test/a?b");
    expect(asked[0]?.method).toBe("HEAD");
    expect(asked[0]?.headers.get("x-original-uri")).toBe("/a?b");
    expect(asked[0]?.headers.get("x-scheme")).toBe("https");
  });

  test.each(["POST", "PUT", "DELETE", "OPTIONS"])("%s has no body either", async (method) => {
    const { ask, asked } = worldOf({ method });
    expect((await ask("http://shop.test/", { method: "PATCH", body: "secret" })).status).toBe(200);
    expect(asked.map((one) => [one.method, one.body])).toEqual([[method, ""]]);
  });

  test("has the headers of the policy, which may hold variables, in the place of the client's", async () => {
    const requestHeaders = { "X-Team": "42", "X-Sent-From": "edge", "X-Path": "$request_uri", "X-Gone": "" };
    const { ask, asked } = worldOf({ requestHeaders, requestRedirect: "https://home.test/" });
    await ask("http://shop.test/a", { headers: { "x-team": "mine", "x-gone": "here" } });
    const { headers = new Headers() } = asked[0] ?? {};
    const names = ["x-team", "x-sent-from", "x-path", "x-gone", "x-auth-request-redirect"];
    expect(names.map((name) => headers.get(name))).toEqual(["42", "edge", "/a", null, "https://home.test/"]);
  });

  test("is not a WebSocket, though the request is one", async () => {
    const { ask, asked } = worldOf({});
    await ask("http://shop.test/", { headers: { upgrade: "websocket", connection: "upgrade" } });
    expect(asked[0]?.headers.get("upgrade")).toBeNull();
  });
});

describe("cookies of the auth service", () => {
  const cookies = () =>
    new Response(null, {
      status: 200,
      headers: [
        ["set-cookie", "a=1; Path=/"],
        ["set-cookie", "b=2"],
      ],
    });

  test.each([200, 201, 204, 206, 301, 302, 303, 304, 307, 308])(
    "go with an answer of %i, each once",
    async (status) => {
      const cluster = () => new Response(null, { status, headers: { "set-cookie": "c=3" } });
      const response = await worldOf({}, cookies, { cluster }).ask("http://shop.test/");
      expect(response.headers.getSetCookie()).toEqual(["c=3", "a=1; Path=/", "b=2"]);
    },
  );

  test.each([202, 400, 401, 404, 500, 503])("not with one of %i, unless they always do", async (status) => {
    const more = { cluster: answering(status) };
    const [usual, always] = await Promise.all(
      [false, true].map((alwaysSetCookie) => worldOf({ alwaysSetCookie }, cookies, more).ask("http://shop.test/")),
    );
    expect(usual?.headers.getSetCookie()).toEqual([]);
    expect(always?.headers.getSetCookie()).toEqual(["a=1; Path=/", "b=2"]);
  });

  test("do not go with its own 401 or 403, unless they always do", async () => {
    const denied = (status: number) => answering(status, { "set-cookie": "a=1" });
    for (const status of [401, 403]) {
      const usual = await worldOf({}, denied(status)).ask("http://shop.test/");
      const always = await worldOf({ alwaysSetCookie: true }, denied(status)).ask("http://shop.test/");
      expect([usual.headers.getSetCookie(), always.headers.getSetCookie()]).toEqual([[], ["a=1"]]);
    }
  });

  test("never go to the cluster", async () => {
    const { ask, served } = worldOf({}, cookies);
    await ask("http://shop.test/");
    expect(served[0]?.headers.get("set-cookie")).toBeNull();
  });
});

describe("headers of the answer for the cluster", () => {
  const responseHeaders = ["X-User", "X-Groups", "Authorization", "X_Old"];

  test("take the place of the client's; those that it does not give are taken away", async () => {
    const { ask, served } = worldOf(
      { responseHeaders },
      answering(200, { "x-user": "alice", "X-Old": "o", "x-else": "e" }),
    );
    await ask("http://shop.test/", {
      headers: { "X-User": "root", "x-groups": "admins", Authorization: "Bearer t", "x-mine": "m" },
    });
    const { headers = new Headers() } = served[0] ?? {};
    const names = ["x-user", "x-groups", "authorization", "x_old", "x-else", "x-mine"];
    expect(names.map((name) => headers.get(name))).toEqual(["alice", null, null, "o", null, "m"]);
  });

  test("given twice are joined", async () => {
    const twice = () =>
      new Response(null, {
        headers: [
          ["x-user", "a"],
          ["x-user", "b"],
        ],
      });
    const { ask, served } = worldOf({ responseHeaders }, twice);
    await ask("http://shop.test/");
    expect(served[0]?.headers.get("x-user")).toBe("a, b");
  });
});

describe("a sign-in", () => {
  const signIn = "https://login.test/start?";
  const toLogin = "https://login.test/start?rd=http://shop.test%2F%3Fa%3Db%26c%3Dd";

  test("is where a 401 leads, with the way back, and with the service's cookies", async () => {
    const { ask, served } = worldOf(
      { signIn },
      answering(401, { "set-cookie": "csrf=1", "www-authenticate": "Bearer" }),
    );
    const response = await ask("http://shop.test/?a=b&c=d");
    expect([response.status, response.headers.get("location")]).toEqual([302, toLogin]);
    expect(response.headers.getSetCookie()).toEqual(["csrf=1"]);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("www-authenticate")).toBeNull();
    expect(served).toEqual([]);
  });

  test.each([403, 302, 500])("is not where %i leads", async (status) => {
    const response = await worldOf({ signIn }, answering(status)).ask("http://shop.test/");
    expect([response.status, response.headers.get("location")]).toEqual([status === 403 ? 403 : 500, null]);
  });

  test("is where a 401 of another check leads too, whether all are needed or one", async () => {
    for (const satisfy of ["all", "any"] as const) {
      const policies = { satisfy, apiKey: DEFAULT_API_KEY };
      const status = satisfy === "all" ? 200 : 401;
      const response = await worldOf({ signIn }, answering(status, { "set-cookie": "csrf=1" }), { policies }).ask(
        "http://shop.test/?a=b&c=d",
      );
      expect([response.status, response.headers.get("location")]).toEqual([302, toLogin]);
      expect(response.headers.getSetCookie()).toEqual(["csrf=1"]);
    }
  });

  test("at a path is one at the host that was asked for", async () => {
    const response = await worldOf({ signIn: "/login?" }, answering(401)).ask("http://shop.test:8080/a");
    expect(response.headers.get("location")).toBe("http://shop.test/login?rd=http://shop.test:8080%2Fa");
  });
});

test("where one check of several is enough, the service's yes is one", async () => {
  const policies = { satisfy: "any" as const, apiKey: DEFAULT_API_KEY };
  const response = await worldOf({}, answering(200), { policies }).ask("http://shop.test/");
  expect(response.status).toBe(200);
});
