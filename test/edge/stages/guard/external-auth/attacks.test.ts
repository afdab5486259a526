import { describe, expect, test } from "vitest";
import { inTable, NO_ACCESS_LISTS } from "../../../../../src/compiler/ir/access.ts";
import { type Answer, refused } from "../../../edge-of.ts";
import { worldOf } from "./asking.ts";

const yes: Answer = () => new Response(null, { status: 200 });
const never: Answer = () => new Promise<Response>(() => undefined);

describe("nobody is let in", () => {
  const broken: readonly (readonly [string, Answer])[] = [
    ["refuses connections", refused],
    ["never answers", never],
    ["breaks off", () => Promise.reject(new Error("Network connection lost."))],
    ["redirects to a page that says yes", () => Response.redirect("https://auth.test/yes", 302)],
    ["says that nothing has changed", () => new Response(null, { status: 304 })],
    ["speaks WebSocket", () => new Response(null, { status: 101, webSocket: new WebSocketPair()[0] })],
  ];

  test.each(broken)("where the auth service %s", async (_, answer) => {
    const { ask, served } = worldOf({ timeout: 20 }, answer);
    expect((await ask("http://shop.test/")).status).toBe(500);
    expect(served).toEqual([]);
  });

  test.each([undefined, "text", 42, {}, { fetch: "text" }])("where its binding is %j", async (binding) => {
    const { ask, served } = worldOf({}, yes, { bindings: { AUTH: binding } });
    expect((await ask("http://shop.test/")).status).toBe(500);
    expect(served).toEqual([]);
  });

  test("by headers with which the service contradicts its status", async () => {
    const headers = { "x-auth-status": "200", location: "/", "x-accel-redirect": "/", connection: "close" };
    const { ask, served } = worldOf({}, () => new Response("HTTP/1.1 200 OK", { status: 401, headers }));
    expect((await ask("http://shop.test/")).status).toBe(401);
    expect(served).toEqual([]);
  });
});

test("an answer without end is not read", async () => {
  let cancelled = false;
  const endless = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(65_536)),
    cancel() {
      cancelled = true;
    },
  });
  const { ask } = worldOf({}, () => new Response(endless));
  expect(await (await ask("http://shop.test/")).text()).toBe("from the cluster");
  expect(cancelled).toBe(true);
});

test("a body of 10 MB goes through unread, and the service sees nothing of it", async () => {
  const { ask, asked, served } = worldOf({});
  await ask("http://shop.test/", { method: "PUT", body: "x".repeat(10_000_000) });
  expect(asked[0]?.body).toBe("");
  expect(asked[0]?.headers.get("content-length")).toBeNull();
  expect(served[0]?.body.length).toBe(10_000_000);
});

describe("what a service that lies can change", () => {
  const hostile = {
    "x-user": "alice",
    "x-admin": "1",
    host: "evil.test",
    connection: "x-user, cookie",
    "transfer-encoding": "chunked",
    "content-length": "5",
    authorization: "Bearer forged",
    "x-forwarded-for": "10.0.0.1",
    "x-real-ip": "10.0.0.1",
    "x-request-id": "forged",
  };

  test("are the headers that it was asked for, and no other", async () => {
    const { ask, served } = worldOf({ responseHeaders: ["X-User"] }, () => new Response(null, { headers: hostile }));
    await ask("http://shop.test/", { headers: { cookie: "s=1", "x-request-id": "mine" } });
    const { url, headers = new Headers() } = served[0] ?? {};
    expect(url).toBe("http://shop.test/");
    const names = ["x-user", "x-admin", "cookie", "authorization", "x-real-ip", "x-request-id", "connection"];
    expect(names.map((name) => headers.get(name))).toEqual(["alice", null, "s=1", null, "127.0.0.1", "mine", null]);
  });

  test("is nothing of the answer to the client but its cookies", async () => {
    const more = {
      ...hostile,
      "set-cookie": "a=1",
      location: "https://evil.test",
      "content-type": "text/evil",
      refresh: "0",
    };
    const { ask } = worldOf({}, () => new Response(null, { headers: more }));
    const { status, headers } = await ask("http://shop.test/");
    expect(status).toBe(200);
    expect(headers.getSetCookie()).toEqual(["a=1"]);
    const names = ["location", "x-admin", "refresh", "authorization"];
    expect(names.map((name) => headers.get(name))).toEqual([null, null, null, null]);
    expect(headers.get("content-type")).not.toBe("text/evil");
  });
});

describe("what a client claims", () => {
  test("about the request is not what the service is told", async () => {
    const { ask, asked } = worldOf({});
    await ask("http://shop.test/admin", {
      headers: {
        "X-Original-URL": "http://shop.test/public",
        X_Original_URL: "http://shop.test/public",
        "X-Original-Method": "OPTIONS",
        "X-Original-URI": "/public",
        "X-Auth-Request-Redirect": "/public",
        "X-Sent-From": "somewhere",
        "X-Forwarded-For": "10.0.0.1",
        "X-Forwarded-Host": "evil.test",
        "X-Forwarded-Proto": "https",
        "X-Forwarded-Uri": "/public",
        "X-Real-IP": "10.0.0.1",
        X_Real_IP: "10.0.0.1",
        Forwarded: "for=10.0.0.1",
        Connection: "x-original-url, x-original-method",
      },
    });
    const headers = Object.fromEntries([...(asked[0]?.headers ?? [])].filter(([name]) => /^(x|forw)/.test(name)));
    expect(headers).toEqual({
      "x-auth-request-redirect": "/admin",
      "x-forwarded-for": "127.0.0.1",
      "x-original-method": "GET",
      "x-original-url": "http://shop.test/admin",
      "x-real-ip": "127.0.0.1",
      "x-request-id": expect.any(String),
      "x-sent-from": "nginx-ingress-controller",
    });
  });

  const policies = { identityHeaders: ["x-user", "authorization"] };
  const spellings = ["X-User", "x-user", "X_User", "x.user", "X-USER"];

  test.each(spellings)(
    "by %s is not what the cluster gets, whether the service gives the header or not",
    async (name) => {
      for (const given of ["alice", null]) {
        const answer = () => new Response(null, { headers: given === null ? {} : { "x-user": given } });
        const { ask, served } = worldOf({ responseHeaders: ["X-User"] }, answer, { policies });
        await ask("http://shop.test/", {
          headers: [
            [name, "root"],
            [name, "admin"],
          ],
        });
        expect([...(served[0]?.headers.entries() ?? [])].filter(([key]) => /user/.test(key))).toEqual(
          given === null ? [] : [["x-user", "alice"]],
        );
      }
    },
  );

  test("is not what the cluster gets where another check has let it in already", async () => {
    const access = inTable({ ...NO_ACCESS_LISTS, allow: ["127.0.0.0/8"] });
    const more = { policies: { ...policies, satisfy: "any" as const, access } };
    const { ask, asked, served } = worldOf({ responseHeaders: ["X-User"] }, yes, more);
    const headers = { "X-User": "root", x_user: "root", authorization: "Bearer t" };
    expect((await ask("http://shop.test/", { headers })).status).toBe(200);
    expect(asked).toEqual([]);
    const names = ["x-user", "x_user", "authorization"];
    expect(names.map((name) => served[0]?.headers.get(name))).toEqual([null, null, null]);
  });
});

describe("the service is asked about the path that the cluster gets:", () => {
  const spellings = [
    "/admin",
    "/%61dmin",
    "/x/../admin",
    "/x/%2e%2e/admin",
    "//admin",
    "/admin;x=1",
    "/admin%2Fx",
    "/admin%252Fx",
    "/admin/%C3%A9",
    "/admin/é",
    "/admin?x=%2F..%2F&y=#z",
    '/admin?q="<>',
    "/admin?q=é",
    "/.//admin",
    "/%41%42?%41",
  ];

  test.each(spellings)("%s", async (path) => {
    const { ask, asked, served } = worldOf({ method: "GET" });
    expect((await ask(`http://shop.test${path}`)).status).toBe(200);
    const { headers = new Headers() } = asked[0] ?? {};
    const got = new URL(served[0]?.url ?? "");
    expect(headers.get("x-original-url")).toBe(got.href);
    expect(headers.get("x-original-uri")).toBe(got.pathname + got.search);
    expect(headers.get("x-auth-request-redirect")).toBe(got.pathname + got.search);
  });
});

describe("a URL that is made of what the client sends", () => {
  const url = "http://auth.test/check/$http_x_tenant/go?u=$http_x_user&c=$cookie_c&a=$arg_a&who=$remote_user&strict=1";

  test("has it in its place alone", async () => {
    const { ask, asked } = worldOf({ url });
    await ask("http://shop.test/?A=1%262&a=2", {
      headers: {
        "x-tenant": "a/b?c#d\\e",
        "x-user": "root&strict=0#%00 é",
        cookie: "x=1; C=v&strict=0",
        authorization: `Basic ${btoa("a&b:pw")}`,
      },
    });
    expect(asked.map((one) => one.url)).toEqual([
      "http://auth.test/check/a%2Fb%3Fc%23d%5Ce/go?u=root%26strict%3D0%23%2500%20%C3%A9&c=v%26strict%3D0&a=1%262&who=a%26b&strict=1",
    ]);
  });

  test.each([".", "..", "%2e%2e", "..%2f.."])("does not climb by %s", async (tenant) => {
    const { ask, asked, served } = worldOf({ url });
    const response = await ask("http://shop.test/", { headers: { "x-tenant": tenant } });
    if (response.status === 500) expect([asked, served]).toEqual([[], []]);
    else expect(new URL(asked[0]?.url ?? "").pathname).toBe(`/check/${encodeURIComponent(tenant)}/go`);
  });

  test("has the path and query of the request as they are", async () => {
    const { ask, asked } = worldOf({ url: "http://auth.test/at$request_uri" });
    await ask('http://shop.test/a%2Fb;c?d=e&f="');
    expect(asked.map((one) => one.url)).toEqual(["http://auth.test/at/a%2Fb;c?d=e&f=%22"]);
  });

  test("has nothing of what is not there", async () => {
    const { ask, asked } = worldOf({ url: "http://auth.test/?$http_x&$cookie_x&$arg_x&$remote_user$args$is_args" });
    await ask("http://shop.test/", { headers: { authorization: "Basic %%%" } });
    expect(asked.map((one) => one.url)).toEqual(["http://auth.test/?&&&"]);
  });
});

test.each(["a\r\nX-Admin: 1", "a\nb", "a\0"])("a user %j is no way to another header", async (user) => {
  const { ask, asked, served } = worldOf({ requestHeaders: { "X-Name": "$remote_user" } });
  const response = await ask("http://shop.test/", { headers: { authorization: `Basic ${btoa(`${user}:pw`)}` } });
  expect(response.status).toBe(500);
  expect([asked, served]).toEqual([[], []]);
});

describe("a sign-in", () => {
  const no: Answer = () => new Response(null, { status: 401 });

  test("has the way back to the host that was asked for, whatever else is said of it", async () => {
    const { ask } = worldOf({ signIn: "https://$host/start?" }, no);
    const headers = {
      "x-forwarded-host": "evil.test",
      "x-forwarded-proto": "ftp",
      forwarded: "host=evil.test",
      "x-host": "e",
    };
    const response = await ask("http://SHOP.test:8080//evil.test/%2F?rd=https://evil.test", { headers });
    expect(response.headers.get("location")).toBe(
      "https://shop.test/start?rd=http://shop.test:8080%2F%2Fevil.test%2F%252F%3Frd%3Dhttps%3A%2F%2Fevil.test",
    );
  });

  test("at a path does not leave the host", async () => {
    const { ask } = worldOf({ signIn: "/$arg_next?" }, no);
    const response = await ask("http://shop.test/?next=/evil.test");
    expect(response.headers.get("location")).toMatch(/^http:\/\/shop\.test\/\/evil\.test\?rd=/);
  });

  test("holds nothing that a header can't", async () => {
    const { ask } = worldOf({ signIn: "https://login.test/?u=$remote_user&" }, no);
    const headers = { authorization: `Basic ${btoa("a\r\nSet-Cookie: s=1:pw")}` };
    const response = await ask("http://shop.test/", { headers });
    expect(response.headers.get("location")).toMatch(/^https:\/\/login\.test\/\?u=a%0D%0ASet-Cookie&rd=/);
    expect(response.headers.getSetCookie()).toEqual([]);
  });
});
