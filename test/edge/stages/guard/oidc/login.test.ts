import { afterEach, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import {
  Browser,
  CLIENT_SECRET,
  edgeBehind,
  FakeProvider,
  locationOf,
  PAGE,
  policyOf,
  SESSION_KEY,
} from "./provider.ts";

let provider: FakeProvider;
let log: MockInstance<typeof console.warn>;

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime("2026-06-01T00:00:00Z");
  log = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  provider = await FakeProvider.start();
});

afterEach(() => {
  // Whatever went wrong or well: nothing of a credential is in the log.
  const lines = log.mock.calls.flat().join("\n");
  expect(lines).not.toMatch(/access-token|refresh-token|code-|eyJ/);
  for (const secret of [CLIENT_SECRET, SESSION_KEY]) expect(lines).not.toContain(secret);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const reasons = () => log.mock.calls.map(([line]) => (JSON.parse(String(line)) as { reason?: string }).reason);

describe("who is not logged in", () => {
  test("is sent to the provider by a page, with all that a code is bound to", async () => {
    const { edge, seen } = edgeBehind({ "/": policyOf(provider, { scopes: ["openid", "email"] }) });
    const response = await edge("https://shop.test/a%2Fb?c=d", { redirect: "manual", headers: PAGE });
    expect(response.status).toBe(302);
    expect(response.headers.get("cache-control")).toBe("no-store");
    const { origin, pathname, searchParams } = new URL(locationOf(response));
    expect(origin + pathname).toBe(`${provider.issuer}/authorize`);
    expect(Object.fromEntries(searchParams)).toEqual({
      tenant: "1",
      response_type: "code",
      client_id: "shop",
      redirect_uri: "https://shop.test/oauth2/callback",
      scope: "openid email",
      state: expect.stringMatching(/^[\w.-]{28,}$/),
      nonce: expect.stringMatching(/^[\w-]{22}$/),
      code_challenge: expect.stringMatching(/^[\w-]{43}$/),
      code_challenge_method: "S256",
    });
    const [cookie, ...more] = response.headers.getSetCookie();
    expect(more).toEqual([]);
    expect(cookie).toMatch(/^__Host-login\.[\w.-]+=[\w-]+; Path=\/; Max-Age=600; HttpOnly; SameSite=Lax; Secure$/);
    expect(seen).toEqual([]);
  });

  test.each([
    ["a script", "GET", { accept: "*/*", "sec-fetch-mode": "cors" }],
    ["a script that asks for HTML", "GET", { accept: "text/html", "sec-fetch-mode": "same-origin" }],
    ["an image", "GET", { accept: "image/avif,*/*", "sec-fetch-mode": "no-cors" }],
    ["a program", "GET", { accept: "application/json" }],
    ["a program that says nothing", "GET", {}],
    ["one that wants no HTML", "GET", { accept: "text/html;q=0, */*" }],
    ["a form", "POST", PAGE],
    ["a deletion", "DELETE", PAGE],
  ])("%s is told 401 and led nowhere: %s %j", async (_, method, headers) => {
    const { edge, seen } = edgeBehind({ "/": policyOf(provider) });
    const response = await edge("https://shop.test/", { method, headers, redirect: "manual" });
    expect([response.status, response.headers.get("www-authenticate"), response.headers.getSetCookie()]).toEqual([
      401,
      "OpenIDConnect",
      [],
    ]);
    expect([seen, provider.asked]).toEqual([[], []]);
  });

  test("HEAD of a page is answered as GET", async () => {
    const { edge } = edgeBehind({ "/": policyOf(provider) });
    expect((await edge("https://shop.test/", { method: "HEAD", headers: PAGE, redirect: "manual" })).status).toBe(302);
  });

  test("in clear nobody logs in: pages lead to https, unless it is the machine of `dev`", async () => {
    const policy = policyOf(provider);
    const { edge } = edgeBehind({ "/": policy }, { env: { EDGE_INGRESS_LOCAL_CLIENT: undefined } });
    const response = await edge("http://shop.test/a?b", { headers: PAGE, redirect: "manual" });
    expect([response.status, locationOf(response), response.headers.getSetCookie()]).toEqual([
      302,
      "https://shop.test/a?b",
      [],
    ]);
    const local = new Browser(edgeBehind({ "/": policy }).edge);
    expect(locationOf(await local.logIn(provider, "http://shop.test:8080/"))).toBe("http://shop.test:8080/");
    expect((await local.open("http://shop.test:8080/")).status).toBe(200);
    expect([...local.cookies.keys()]).toEqual(["session"]);
  });
});

describe("who comes back", () => {
  test("is led to the page that he came for, and the cluster gets claims and no cookie of the edge", async () => {
    provider.lies = { claims: { email: "alice@shop.test", groups: ["staff", "eu"] } };
    const claimsToHeaders = [
      { claim: "email", header: "x-email" },
      { claim: "groups", header: "x-groups" },
    ];
    const { edge, seen } = edgeBehind({ "/": policyOf(provider, { claimsToHeaders }) });
    const browser = new Browser(edge);
    const response = await browser.logIn(provider, "https://shop.test/a%2Fb?c=d");
    expect([response.status, locationOf(response)]).toEqual([302, "https://shop.test/a%2Fb?c=d"]);
    expect([...browser.cookies.keys()]).toEqual(["__Host-session"]);
    const headers = { ...PAGE, "x-email": "root", x_groups: "admin", cookie: "mine=1" };
    expect((await browser.open("https://shop.test/a", headers)).status).toBe(200);
    expect((await browser.open("https://shop.test/open", headers)).status).toBe(200);
    const told = seen.map((each) => ["x-email", "x-groups", "x_groups", "cookie"].map((name) => each.get(name)));
    expect(told).toEqual([
      ["alice@shop.test", "staff,eu", null, "mine=1"],
      [null, null, null, "mine=1"],
    ]);
  });

  test("scripts have the session too", async () => {
    const { edge } = edgeBehind({ "/": policyOf(provider) });
    const browser = new Browser(edge);
    await browser.logIn(provider);
    expect((await browser.open("https://shop.test/api", { accept: "*/*" }, { method: "POST", body: "x" })).status).toBe(
      200,
    );
  });

  test("logs in in several tabs at once, each back to its page", async () => {
    const { edge } = edgeBehind({ "/": policyOf(provider) });
    const browser = new Browser(edge);
    const begun = await Promise.all(["/a", "/b", "/c"].map((path) => browser.open(`https://shop.test${path}`)));
    const back = begun.map((response) => provider.authorize(locationOf(response)));
    expect(locationOf(await browser.open(back[1] as string))).toBe("https://shop.test/b");
    expect(locationOf(await browser.open(back[2] as string))).toBe("https://shop.test/c");
    expect(locationOf(await browser.open(back[0] as string))).toBe("https://shop.test/a");
    expect(browser.named("__Host-login")).toEqual([]);
  });

  test("logins that nobody ends do not pile up: the oldest goes", async () => {
    const { edge } = edgeBehind({ "/": policyOf(provider) });
    const browser = new Browser(edge);
    const begun: Response[] = [];
    for (let tab = 0; tab < 8; tab++) {
      begun.push(await browser.open(`https://shop.test/${tab}`));
      vi.setSystemTime(Date.now() + 1000);
    }
    expect(browser.named("__Host-login").length).toBe(5);
    expect((await browser.open(provider.authorize(locationOf(begun[0] as Response)))).status).toBe(400);
    expect((await browser.open(provider.authorize(locationOf(begun[7] as Response)))).status).toBe(302);
  });

  test("the client proves itself as the provider asks", async () => {
    provider.discovery.token_endpoint_auth_methods_supported = ["client_secret_post"];
    const { edge } = edgeBehind({ "/": policyOf(provider) });
    expect((await new Browser(edge).logIn(provider)).status).toBe(302);
    const [asked] = provider.asked.filter(({ path }) => path === "/token");
    expect([asked?.headers.get("authorization"), asked?.form.get("client_id")]).toEqual([null, "shop"]);
  });

  test("clusters get the access token where they are to", async () => {
    const { edge, seen } = edgeBehind({ "/": policyOf(provider, { forwardAccessToken: true }) });
    const browser = new Browser(edge);
    await browser.logIn(provider);
    await browser.open("https://shop.test/", { ...PAGE, authorization: "Bearer forged" });
    expect(seen[0]?.get("authorization")).toBe("Bearer access-token-1");
  });
});

describe("where a login leads back to", () => {
  test.each([
    ["//evil.test/", "https://shop.test"],
    ["/%5Cevil.test", "https://shop.test/"],
    ["/?next=https://evil.test", "https://shop.test/?next=https://evil.test"],
    ["/@evil.test", "https://shop.test/@evil.test"],
    [`/a?${"x".repeat(3000)}`, "https://shop.test/a"],
    [`/${"x".repeat(3000)}`, "https://shop.test/"],
  ])("%s stays with the host", async (path, expected) => {
    const browser = new Browser(edgeBehind({ "/": policyOf(provider) }).edge);
    const begun = await browser.open(`https://shop.test${path}`);
    if (begun.status === 400) return;
    const location = locationOf(await browser.open(provider.authorize(locationOf(begun))));
    expect(new URL(location).origin).toBe("https://shop.test");
    expect(location.startsWith(expected)).toBe(true);
  });
});

describe("logout", () => {
  test("takes the session away and leads to the provider's", async () => {
    const { edge } = edgeBehind({ "/": policyOf(provider, { postLogoutPath: "/open" }) });
    const browser = new Browser(edge);
    await browser.logIn(provider);
    const response = await browser.open("https://shop.test/oauth2/logout");
    const expected = new URLSearchParams({ client_id: "shop", post_logout_redirect_uri: "https://shop.test/open" });
    expect([response.status, locationOf(response)]).toEqual([302, `${provider.issuer}/end?${expected}`]);
    expect([...browser.cookies.keys()]).toEqual([]);
    expect((await browser.open("https://shop.test/", { accept: "*/*" })).status).toBe(401);
  });

  test("without an end of sessions there, or without a provider, it is of the host alone", async () => {
    delete provider.discovery.end_session_endpoint;
    const browser = new Browser(edgeBehind({ "/": policyOf(provider) }).edge);
    await browser.logIn(provider);
    expect(locationOf(await browser.open("https://shop.test/oauth2/logout"))).toBe("https://shop.test/");
    const down = await FakeProvider.start();
    down.instead.set("/.well-known/openid-configuration", () => new Response(null, { status: 500 }));
    const other = new Browser(edgeBehind({ "/": policyOf(down) }).edge);
    expect(locationOf(await other.open("https://shop.test/oauth2/logout"))).toBe("https://shop.test/");
  });

  test.each([
    ["a form of the host", "POST", { origin: "https://shop.test" }, 302],
    ["a form of another site", "POST", { origin: "https://evil.test" }, 403],
    ["a form of nobody", "POST", {}, 403],
    ["an image of another site", "GET", { accept: "image/*", "sec-fetch-mode": "no-cors" }, 403],
  ])("by %s", async (_, method, headers, status) => {
    const browser = new Browser(edgeBehind({ "/": policyOf(provider) }).edge);
    await browser.logIn(provider);
    expect((await browser.open("https://shop.test/oauth2/logout", headers, { method })).status).toBe(status);
    expect(browser.cookies.size).toBe(status === 302 ? 0 : 1);
  });
});

test("reasons are in the log, by policy", async () => {
  const { edge } = edgeBehind({ "/": policyOf(provider) });
  await edge("https://shop.test/oauth2/callback?code=x", { headers: PAGE });
  expect(reasons()).toEqual(["login: no state"]);
});
