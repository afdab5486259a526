import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DEFAULT_JWT_PROVIDER } from "../../../../../src/table/policies/jwt.ts";
import type { Oidc } from "../../../../../src/table/policies/oidc.ts";
import { limitOf, OBJECTS, rateLimitOf } from "../../../limits/limits.ts";
import { authOf } from "../external-auth/asking.ts";
import { bearer, providerOf, signer, tokenOf } from "../jwt/tokens.ts";
import { Browser, edgeBehind, FakeProvider, locationOf, PAGE, policyOf } from "./provider.ts";

let provider: FakeProvider;
let lines: string[] = [];

beforeEach(async () => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime("2026-06-01T00:00:00Z");
  lines = [];
  vi.spyOn(console, "warn").mockImplementation((line) => void lines.push(String(line)));
  provider = await FakeProvider.start();
});

afterEach(() => {
  expect(lines.join("\n")).not.toMatch(/access-token|refresh-token|code-|eyJ/);
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const pass = (seconds: number) => vi.setSystemTime(Date.now() + seconds * 1000);
const statusOf = async (browser: Browser) => (await browser.open("https://shop.test/", { accept: "*/*" })).status;
const refreshes = () => provider.asked.filter(({ form }) => form.get("grant_type") === "refresh_token").length;

async function loggedIn(more: Partial<Oidc> = {}, ...rest: [Parameters<typeof edgeBehind>[1]?]) {
  const { edge, seen } = edgeBehind({ "/": policyOf(provider, more) }, ...rest);
  const browser = new Browser(edge);
  expect((await browser.logIn(provider)).status).toBe(302);
  return { edge, browser, seen };
}

describe("a session ends", () => {
  test("with its tokens, where they are not refreshed", async () => {
    const { browser } = await loggedIn({ refreshToken: false });
    pass(299);
    expect(await statusOf(browser)).toBe(200);
    pass(1);
    expect(await statusOf(browser)).toBe(401);
    expect(refreshes()).toBe(0);
  });

  test("when it has not been used for the idle time; each use puts that off", async () => {
    provider.lies = { answer: { expires_in: 36_000 } };
    const { browser } = await loggedIn({ idleTimeout: 600 });
    for (let use = 0; use < 3; use++) {
      pass(599);
      expect(await statusOf(browser)).toBe(200);
    }
    pass(600);
    expect(await statusOf(browser)).toBe(401);
  });

  test("at the end of the absolute time, however much it is used", async () => {
    provider.lies = { answer: { expires_in: 36_000 } };
    const { browser } = await loggedIn({ idleTimeout: 600, absoluteTimeout: 1800 });
    for (let use = 0; use < 3; use++) {
      pass(590);
      expect(await statusOf(browser)).toBe(200);
    }
    pass(30);
    expect(await statusOf(browser)).toBe(401);
  });

  test("and the cookie that was there before it was renewed ends on its own time", async () => {
    provider.lies = { answer: { expires_in: 36_000 } };
    const { browser, edge } = await loggedIn({ idleTimeout: 600 });
    const before = browser.cookies.get("__Host-session") ?? "";
    pass(500);
    expect(await statusOf(browser)).toBe(200);
    expect(browser.cookies.get("__Host-session")).not.toBe(before);
    pass(100);
    expect((await edge("https://shop.test/", { headers: { cookie: `__Host-session=${before}` } })).status).toBe(401);
  });

  test("of which nobody says how long its tokens count, soon", async () => {
    provider.lies = { answer: { expires_in: "soon", refresh_token: undefined } };
    const { browser } = await loggedIn();
    pass(301);
    expect(await statusOf(browser)).toBe(401);
  });
});

describe("tokens are refreshed before they end", () => {
  test("and the session goes on with what is new", async () => {
    const { browser, seen } = await loggedIn({ forwardAccessToken: true });
    pass(200);
    expect(await statusOf(browser)).toBe(200);
    expect(refreshes()).toBe(0);
    pass(50);
    expect(await statusOf(browser)).toBe(200);
    pass(250);
    expect(await statusOf(browser)).toBe(200);
    expect(refreshes()).toBe(2);
    expect(seen.map((headers) => headers.get("authorization"))).toEqual(
      ["access-token-1", "access-token-2", "access-token-3"].map((token) => `Bearer ${token}`),
    );
  });

  test("once, for all requests that come with the old cookie, together or late", async () => {
    const { browser, edge } = await loggedIn();
    pass(250);
    const cookie = `__Host-session=${browser.cookies.get("__Host-session")}`;
    const ask = async () => (await edge("https://shop.test/", { headers: { cookie } })).status;
    expect(await Promise.all([ask(), ask(), ask(), ask()])).toEqual([200, 200, 200, 200]);
    pass(120);
    expect(await ask()).toBe(200);
    expect(refreshes()).toBe(1);
  });

  test("a cookie that comes later than several refreshes gets what is new, not what was", async () => {
    const { browser, edge, seen } = await loggedIn({ forwardAccessToken: true });
    const old = `__Host-session=${browser.cookies.get("__Host-session")}`;
    provider.lies = { answer: { expires_in: 40 } };
    pass(250);
    expect(await statusOf(browser)).toBe(200);
    pass(35);
    expect(await statusOf(browser)).toBe(200);
    pass(35);
    expect((await edge("https://shop.test/", { headers: { cookie: old } })).status).toBe(200);
    expect(await statusOf(browser)).toBe(200);
    expect(seen.at(-2)?.get("authorization")).toBe("Bearer access-token-4");
    expect(refreshes()).toBe(3);
    provider.instead.set("/token", () => Response.json({ error: "invalid_grant" }, { status: 400 }));
    pass(45);
    expect((await edge("https://shop.test/", { headers: { cookie: old } })).status).toBe(401);
  });

  test("where the provider takes the session back, it ends", async () => {
    const { browser } = await loggedIn();
    pass(250);
    provider.instead.set("/token", () => Response.json({ error: "invalid_grant" }, { status: 400 }));
    expect(await statusOf(browser)).toBe(401);
    expect((await browser.open("https://shop.test/")).status).toBe(302);
  });

  test("where the provider is down, the session goes on to the end of its tokens, and then is 503", async () => {
    const { browser } = await loggedIn();
    pass(250);
    provider.instead.set("/token", () => Promise.reject(new Error("Network connection lost.")));
    expect([await statusOf(browser), await statusOf(browser)]).toEqual([200, 200]);
    expect(provider.asked.filter(({ path }) => path === "/token").length).toBe(2);
    pass(49);
    expect(await statusOf(browser)).toBe(200);
    pass(6);
    expect(await statusOf(browser)).toBe(503);
    expect((await browser.open("https://shop.test/")).status).toBe(503);
    provider.instead.clear();
    pass(6);
    expect(await statusOf(browser)).toBe(200);
  });

  test("tokens of somebody else end it", async () => {
    const { browser } = await loggedIn();
    pass(250);
    provider.lies = { claims: { sub: "mallory" } };
    expect(await statusOf(browser)).toBe(401);
    expect(lines.at(-1)).toContain("refresh: ID token: of somebody else");
  });

  test("an answer without an ID token, and without another refresh token, leaves both as they were", async () => {
    const { browser, seen } = await loggedIn({ claimsToHeaders: [{ claim: "sub", header: "x-user" }] });
    pass(250);
    provider.lies = { idToken: null, answer: { refresh_token: undefined } };
    expect(await statusOf(browser)).toBe(200);
    expect(seen.at(-1)?.get("x-user")).toBe("alice");
  });
});

describe("a large session", () => {
  test("is kept in several cookies, which no cluster sees, and a smaller one takes their place", async () => {
    provider.lies = { claims: { groups: Array.from({ length: 180 }, (_, index) => `group-${index}-of-the-shop`) } };
    const { browser, seen } = await loggedIn();
    expect(browser.named("__Host-session").length).toBeGreaterThan(1);
    expect(await statusOf(browser)).toBe(200);
    expect(seen.at(-1)?.get("cookie")).toBe(null);
    const parts = browser.named("__Host-session");
    const last = browser.cookies.get(parts.at(-1) as string) ?? "";
    browser.cookies.delete(parts.at(-1) as string);
    expect(await statusOf(browser)).toBe(401);
    browser.cookies.set(parts.at(-1) as string, last);
    pass(250);
    provider.lies = {};
    expect(await statusOf(browser)).toBe(200);
    expect(browser.named("__Host-session")).toEqual(["__Host-session"]);
    expect(await statusOf(browser)).toBe(200);
  });

  test("that no browser would keep is refused, and the log says why", async () => {
    const { edge } = edgeBehind({ "/": policyOf(provider) });
    const browser = new Browser(edge);
    provider.lies = { claims: { groups: "a".repeat(5000) } };
    expect((await browser.logIn(provider)).status).toBe(302);
    // An ID token is at most 8 KiB; what makes sessions larger are access tokens.
    const large = new Browser(edgeBehind({ "/": policyOf(provider, { forwardAccessToken: true }) }).edge);
    provider.lies = { claims: { at_hash: undefined }, answer: { access_token: "a".repeat(12_000) } };
    const begun = await large.open("https://shop.test/");
    expect((await large.open(provider.authorize(locationOf(begun)))).status).toBe(503);
    expect(lines.at(-1)).toMatch(/a session of \d+ bytes, of \d+ at most: ask for fewer claims or scopes/);
    expect(large.named("__Host-session")).toEqual([]);
  });
});

describe("beside other policies of the rule", () => {
  test("a service that is asked about requests gets no cookie of the edge either, by whatever way", async () => {
    const asked: Headers[] = [];
    const service = ({ headers }: Request) => {
      asked.push(new Headers(headers));
      return new Response("ok");
    };
    const more = { externalAuth: authOf() };
    const { edge } = edgeBehind({ "/": policyOf(provider) }, { more, env: { AUTH: { fetch: service } } });
    const browser = new Browser(edge);
    await browser.logIn(provider);
    expect((await browser.open("https://shop.test/", { ...PAGE, cookie: "mine=1" })).status).toBe(200);
    await browser.open("https://shop.test/", { ...PAGE, cookie: "__Host-login.x=1; __Host-session.1=1; session=1" });
    expect(asked.map((headers) => headers.get("cookie"))).toEqual([null, "mine=1", null]);
  });

  test("authorization knows who it is, by claims and by the scopes that the provider granted", async () => {
    const principal = {
      by: ["oidc"],
      providers: [],
      subjects: [],
      claims: [{ name: "realm.roles", values: ["staff"] }],
      scopes: ["orders"],
    };
    const when = { principal, methods: [], paths: [], headers: [], all: [], any: [], not: null };
    const more = { authorization: { rules: [{ action: "Allow" as const, when }] } };
    provider.lies = { claims: { realm: { roles: ["staff"] } }, answer: { scope: "openid orders" } };
    expect(await statusOf((await loggedIn({}, { more })).browser)).toBe(200);
    provider.lies = { claims: { realm: { roles: ["buyer"] } }, answer: { scope: "openid orders" } };
    expect(await statusOf((await loggedIn({}, { more })).browser)).toBe(403);
    provider.lies = { claims: { realm: { roles: ["staff"] } } };
    expect(await statusOf((await loggedIn({}, { more })).browser)).toBe(403);
  });

  test("limits count by claims of who has logged in", async () => {
    const terms = limitOf({ key: [{ by: "claim", name: "sub" }] });
    const { edge } = edgeBehind(
      { "/": policyOf(provider) },
      { more: { rateLimit: rateLimitOf([terms]) }, env: OBJECTS },
    );
    const [alice, bob] = [new Browser(edge), new Browser(edge)];
    await alice.logIn(provider);
    await bob.logIn(provider, "https://shop.test/", { sub: "bob" });
    expect([await statusOf(alice), await statusOf(alice), await statusOf(alice)]).toEqual([200, 200, 429]);
    expect(await statusOf(bob)).toBe(200);
  });

  test("satisfy: any lets programs in by a token and people by a session; who has neither is led to the login", async () => {
    const ours = await signer();
    const jwt = { providers: [{ ...DEFAULT_JWT_PROVIDER, ...providerOf([ours]) }] };
    const { edge } = edgeBehind({ "/": policyOf(provider) }, { more: { satisfy: "any", jwt } });
    const program = await edge("https://shop.test/", bearer(await tokenOf(ours)));
    expect(program.status).toBe(200);
    const none = await edge("https://shop.test/", { headers: { accept: "application/json" } });
    expect([none.status, none.headers.get("www-authenticate")]).toEqual([401, 'Bearer realm="shop.test"']);
    const browser = new Browser(edge);
    await browser.logIn(provider);
    expect((await browser.open("https://shop.test/", PAGE)).status).toBe(200);
  });

  test("satisfy: all asks for both, and a session does not stand for the token", async () => {
    const ours = await signer();
    const jwt = { providers: [{ ...DEFAULT_JWT_PROVIDER, ...providerOf([ours]) }] };
    const { browser } = await loggedIn({}, { more: { jwt } });
    expect(await statusOf(browser)).toBe(401);
    const { authorization } = bearer(await tokenOf(ours)).headers;
    expect((await browser.open("https://shop.test/", { authorization })).status).toBe(200);
  });
});
