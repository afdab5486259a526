import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { LOGIN_TIMEOUT } from "../../../../../src/edge/stages/guard/oidc/login.ts";
import { base64url, inSeconds, signed, signer, tokenOf } from "../jwt/tokens.ts";
import { Browser, edgeBehind, FakeProvider, locationOf, PAGE, policyOf, SECRETS } from "./provider.ts";

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

const lastReason = () => (JSON.parse(lines.at(-1) ?? "{}") as { reason?: string }).reason;
const statusOf = async (browser: Browser) => (await browser.open("https://shop.test/", { accept: "*/*" })).status;

/** A login that has been begun: what the browser has, and the way back. */
async function begun(who: { readonly sub?: string } = {}, more: Parameters<typeof edgeBehind>[1] = {}) {
  const { edge, seen } = edgeBehind({ "/": policyOf(provider) }, more);
  const browser = new Browser(edge);
  const location = locationOf(await browser.open("https://shop.test/"));
  return { edge, seen, browser, location, back: provider.authorize(location, who) };
}

async function isRefused(browser: Browser, url: string, reason: string, status = 400): Promise<void> {
  const response = await browser.open(url);
  expect([lastReason(), response.status]).toEqual([reason, status]);
  expect(browser.named("__Host-session")).toEqual([]);
  expect(await statusOf(browser)).toBe(401);
}

describe("the way back from the provider", () => {
  const UNKNOWN = "login: a state that this browser has not, or no longer";

  test("replayed in the browser: the state is gone", async () => {
    const { browser, back } = await begun();
    expect((await browser.open(back)).status).toBe(302);
    expect((await browser.open(back)).status).toBe(400);
    expect(lastReason()).toBe(UNKNOWN);
  });

  test("replayed with the cookie that a thief has kept: this isolate has seen it, and the provider its code", async () => {
    const { edge, browser, back } = await begun();
    const thief = new Browser(edge);
    for (const [name, value] of browser.cookies) thief.cookies.set(name, value);
    expect((await browser.open(back)).status).toBe(302);
    await isRefused(thief, back, "login: a state that was used");
  });

  test("in another browser: a login that somebody else began (login CSRF)", async () => {
    const { edge, back } = await begun({ sub: "mallory" });
    await isRefused(new Browser(edge), back, UNKNOWN);
  });

  test("with the state of another login of the same browser, renamed", async () => {
    const { browser, back } = await begun();
    const [name = ""] = browser.named("__Host-login");
    const forged = new URL(back);
    const state = `${"a".repeat(7)}.${"b".repeat(22)}`;
    forged.searchParams.set("state", state);
    browser.cookies.set(`__Host-login.${state}`, browser.cookies.get(name) ?? "");
    await isRefused(browser, forged.href, "login: a state of another policy, host or login");
  });

  test("with a code of another person (code injection): the verifier is not his", async () => {
    const { browser, back } = await begun();
    const other = await begun({ sub: "mallory" });
    const forged = new URL(back);
    forged.searchParams.set("code", new URL(other.back).searchParams.get("code") ?? "");
    await isRefused(browser, forged.href, "login: the provider refuses the grant");
  });

  test("the same where the provider looks at no verifier: the nonce is not his", async () => {
    const { browser, back } = await begun();
    const other = await begun({ sub: "mallory" });
    provider.lies = { isCareless: true };
    const forged = new URL(back);
    forged.searchParams.set("code", new URL(other.back).searchParams.get("code") ?? "");
    await isRefused(browser, forged.href, "login: ID token: of another login");
  });

  test("from another provider (mix-up): it names itself, or must", async () => {
    const one = await begun();
    await isRefused(one.browser, `${one.back}&iss=https://evil.test`, "login: an answer of another issuer");
    provider = await FakeProvider.start();
    provider.discovery.authorization_response_iss_parameter_supported = true;
    const two = await begun();
    await isRefused(two.browser, two.back, "login: an answer of another issuer");
    const three = await begun();
    expect((await three.browser.open(`${three.back}&iss=${encodeURIComponent(provider.issuer)}`)).status).toBe(302);
  });

  test("too late", async () => {
    const { browser, back } = await begun();
    vi.setSystemTime(Date.now() + LOGIN_TIMEOUT * 1000);
    await isRefused(browser, back, "login: too late");
  });

  test.each([
    ["&state=x", "login: a parameter twice"],
    ["&code=x", "login: a parameter twice"],
    ["&iss=a&iss=b", "login: a parameter twice"],
    ["&error=access_denied", "login: the person or the provider has refused", 403],
    ["&error=temporarily_unavailable", "login: the provider is not available", 503],
    ["&error=toString", "login: the provider refuses"],
    ["&error=%3Cscript%3E", "login: the provider refuses"],
  ])("with %s", async (more, reason, status = 400) => {
    const { browser, back } = await begun();
    await isRefused(browser, `${back}${more}`, reason, status);
  });

  test.each([
    ["", "login: no state"],
    ["?code=x", "login: no state"],
    ["?code=x&state=", "login: no state"],
    ["?code=x&state=../../x", "login: no state"],
    [`?code=x&state=${"a".repeat(10_000)}`, "login: no state"],
    [`?code=x&state=aaaaaaa.${"b".repeat(22)}`, UNKNOWN],
  ])("with %.60s", async (query, reason) => {
    const { browser } = await begun();
    await isRefused(browser, `https://shop.test/oauth2/callback${query}`, reason);
  });

  test("without a code", async () => {
    const { browser, back } = await begun();
    await isRefused(browser, back.replace(/code=[^&]*&/, ""), "login: no code");
  });

  test("as a form", async () => {
    const { browser, back } = await begun();
    expect((await browser.open(back, PAGE, { method: "POST" })).status).toBe(400);
  });

  test("in other spellings of the path it is the same or nothing", async () => {
    for (const path of ["/oauth2/%63allback", "/oauth2//callback", "/oauth2/callback/", "/x/../oauth2/callback;x"]) {
      const { browser, back, seen } = await begun();
      const response = await browser.open(back.replace("/oauth2/callback", path));
      expect([302, 400]).toContain(response.status);
      expect(seen).toEqual([]);
    }
  });
});

describe("an ID token", () => {
  const refusedWith = async (reason: string) => {
    const { browser, back } = await begun();
    await isRefused(browser, back, `login: ${reason}`);
  };

  test.each([
    ["of another issuer", { iss: "https://evil.test" }, "ID token: another issuer"],
    ["for another client", { aud: "other" }, "ID token: claim aud"],
    ["for several, without saying for whom", { aud: ["shop", "other"] }, "ID token: for another party"],
    ["for several, of which another one", { aud: ["shop", "other"], azp: "other" }, "ID token: for another party"],
    ["for another party", { azp: "other" }, "ID token: for another party"],
    ["of another login", { nonce: "x" }, "ID token: of another login"],
    ["without a nonce", { nonce: undefined }, "ID token: of another login"],
    ["with another access token's hash", { at_hash: "x" }, "ID token: at_hash"],
    ["expired", { exp: 1 }, "ID token: ERR_JWT_EXPIRED"],
    ["without an end", { exp: undefined }, "ID token: claim exp"],
    ["without a beginning", { iat: undefined }, "ID token: without sub or iat"],
    ["of the future", { iat: 32_503_680_000 }, "ID token: issued in the future"],
    ["of nobody", { sub: undefined }, "ID token: without sub or iat"],
    ["of an empty name", { sub: "" }, "ID token: without sub or iat"],
    ["of a number", { sub: 1 }, "ID token: sub is no text"],
  ])("%s is refused", async (_, claims, reason) => {
    provider.lies = { claims };
    await refusedWith(reason);
  });

  test("that nobody has signed, or one who knows the client's secret or the public key", async () => {
    const payload = { iss: provider.issuer, aud: "shop", sub: "root", exp: inSeconds(300), iat: inSeconds(0) };
    const part = (value: unknown) => base64url(JSON.stringify(value));
    for (const alg of ["none", "HS256"]) {
      provider.lies = { idToken: `${part({ alg })}.${part(payload)}.${base64url("x")}` };
      await refusedWith("ID token: ERR_JOSE_ALG_NOT_ALLOWED");
    }
    provider.lies = { idToken: `${part({ alg: "none" })}.${part(payload)}.` };
    await refusedWith("ID token: not a signed token");
    const other = await signer("ES256", provider.signer.kid);
    provider.lies = { signer: other };
    await refusedWith("ID token: ERR_JWS_SIGNATURE_VERIFICATION_FAILED");
    provider.lies = { signer: other, header: { jwk: other.publicJwk, jku: "https://evil.test/jwks" } };
    await refusedWith("ID token: ERR_JWS_SIGNATURE_VERIFICATION_FAILED");
    provider.lies = { idToken: await signed(provider.signer, '{"alg":"ES256","alg":"none"}', JSON.stringify(payload)) };
    await refusedWith("ID token: not readable");
    provider.lies = {
      idToken: await tokenOf(
        { ...provider.signer, alg: "ES256" },
        { claims: payload, header: { crit: ["x"], x: 1 } },
      ).catch(() => "x"),
    };
    await refusedWith("ID token: not a signed token");
  });

  test("that is missing, or no text", async () => {
    provider.lies = { idToken: null };
    await refusedWith("no ID token");
    provider.lies = { answer: { id_token: { sub: "root" } } };
    await refusedWith("ID token: not a signed token");
    provider.lies = { answer: { access_token: undefined } };
    await refusedWith("no access token");
    provider.lies = { answer: { token_type: "mac" } };
    await refusedWith("no bearer token");
  });
});

describe("a session cookie", () => {
  const NAME = "__Host-session";
  const NOT_OURS = "a session that is none of this policy and host";

  async function loggedIn(more: Parameters<typeof edgeBehind>[1] = {}) {
    const one = await begun({}, more);
    await one.browser.open(one.back);
    expect(await statusOf(one.browser)).toBe(200);
    return { ...one, value: one.browser.cookies.get(NAME) ?? "" };
  }

  test("forged, truncated, changed or empty is none", async () => {
    const { edge, value } = await loggedIn();
    const flipped = value.slice(0, 60) + (value[60] === "A" ? "B" : "A") + value.slice(61);
    const forged = [
      "",
      "1",
      "1x",
      "x",
      "0",
      "9",
      value.slice(1),
      value.slice(0, -1),
      value.slice(0, 30),
      `${value}A`,
      flipped,
    ];
    for (const cookie of [
      ...forged,
      `2${value.slice(1)}`,
      `1${"A".repeat(3000)}`,
      value.replace(/^1/, "1.5"),
      `-${value}`,
    ]) {
      const response = await edge("https://shop.test/", { headers: { cookie: `${NAME}=${cookie}` } });
      expect([cookie, response.status]).toEqual([cookie, 401]);
    }
  });

  test("twice is none: of two the cluster, or the edge, might take another one", async () => {
    const { edge, value } = await loggedIn();
    const response = await edge("https://shop.test/", { headers: { cookie: `${NAME}=${value}; ${NAME}=x` } });
    expect([response.status, lastReason()]).toEqual([401, "a session with parts missing or repeated"]);
  });

  test("without its prefix is none: over https a page of a sibling host could have set it", async () => {
    const { edge, value } = await loggedIn();
    expect((await edge("https://shop.test/", { headers: { cookie: `session=${value}` } })).status).toBe(401);
  });

  test("of another host, policy, client or provider is none", async () => {
    const { value } = await loggedIn();
    const other = await FakeProvider.start();
    const policy = policyOf(provider);
    const edges = [
      edgeBehind({ "/": { ...policy, name: "shop/other" } }),
      edgeBehind({ "/": { ...policy, clientId: "other" } }),
      edgeBehind({ "/": { ...policy, issuer: other.issuer } }),
    ];
    for (const { edge } of edges) {
      const response = await edge("https://shop.test/", { headers: { cookie: `${NAME}=${value}` } });
      expect([response.status, lastReason()]).toEqual([401, NOT_OURS]);
    }
    const elsewhere = edgeBehind({ "/": policy }, { hostname: "other.test" });
    expect((await elsewhere.edge("https://other.test/", { headers: { cookie: `${NAME}=${value}` } })).status).toBe(401);
  });

  test("in the place of a login's, and the other way round, is none", async () => {
    const { browser, value } = await loggedIn();
    const again = new Browser((await begun()).edge);
    const location = locationOf(await again.open("https://shop.test/"));
    const [login = ""] = again.named("__Host-login");
    const sealed = again.cookies.get(login) ?? "";
    again.cookies.set(login, value.slice(1));
    await isRefused(again, provider.authorize(location), "login: a state of another policy, host or login");
    browser.cookies.set(NAME, `1${sealed}`);
    expect(await statusOf(browser)).toBe(401);
  });

  test("sealed by a key that is no longer there is none; by an old one that still is, it counts", async () => {
    const { value } = await loggedIn();
    const withKeys = (keys: string) => ({
      env: { SECRET_LOGIN: JSON.stringify({ ...JSON.parse(SECRETS.SECRET_LOGIN), "session-keys": keys }) },
    });
    const old = (JSON.parse(SECRETS.SECRET_LOGIN) as Record<string, string>)["session-keys"] ?? "";
    const fresh = "f".repeat(32);
    const ask = async (keys: string, cookie: string) => {
      const { edge } = edgeBehind({ "/": policyOf(provider) }, withKeys(keys));
      return (await edge("https://shop.test/", { headers: { cookie: `${NAME}=${cookie}` } })).status;
    };
    expect(await ask(`${fresh}\n${old}\n`, value)).toBe(200);
    expect(await ask(fresh, value)).toBe(401);
    const rotated = await loggedIn(withKeys(`${fresh}\n${old}`));
    expect(await ask(fresh, rotated.value)).toBe(200);
    expect(await ask(old, rotated.value)).toBe(401);
  });

  test("says nothing to who has it, and opens nothing of who has none", async () => {
    provider.lies = { claims: { email: "alice@shop.test" } };
    const { value } = await loggedIn();
    expect(atob(value.slice(1).replaceAll("-", "+").replaceAll("_", "/"))).not.toMatch(/alice|token/);
  });
});

describe("two policies on one host", () => {
  test("do not take each other's people, ways back or cookies", async () => {
    const other = await FakeProvider.start();
    const staff = policyOf(provider);
    const partners = policyOf(other, {
      name: "shop/partners",
      redirectPath: "/partners/callback",
      logoutPath: "/partners/logout",
      cookieNames: { session: "partner-session", login: "partner-login" },
    });
    const { edge, seen } = edgeBehind({ "/staff": staff, "/partners": partners });
    const browser = new Browser(edge);
    const status = async (path: string) => (await browser.open(`https://shop.test${path}`, { accept: "*/*" })).status;
    const toStaff = locationOf(await browser.open("https://shop.test/staff"));
    const back = new URL(provider.authorize(toStaff));
    // The other policy's provider sends on what was meant for this one's (mix-up).
    expect((await browser.open(`https://shop.test/partners/callback${back.search}`)).status).toBe(400);
    expect((await browser.open(back.href)).status).toBe(302);
    expect([await status("/staff"), await status("/partners")]).toEqual([200, 401]);
    await browser.logIn(other, "https://shop.test/partners");
    expect([await status("/staff"), await status("/partners")]).toEqual([200, 200]);
    browser.cookies.set("__Host-partner-session", browser.cookies.get("__Host-session") ?? "");
    expect(await status("/partners")).toBe(401);
    await browser.open("https://shop.test/partners/logout");
    expect([await status("/staff"), await status("/partners")]).toEqual([200, 401]);
    expect(seen.map((headers) => headers.get("cookie"))).toEqual(seen.map(() => null));
  });
});

describe("where the provider is not what it should be", () => {
  const discovery = "/.well-known/openid-configuration";

  test.each<[string, () => Response | Promise<Response>]>([
    ["down", () => Promise.reject(new Error("Network connection lost."))],
    ["slow", () => Promise.reject(new DOMException("The operation was aborted due to timeout", "TimeoutError"))],
    ["broken", () => new Response(null, { status: 500 })],
    ["redirecting", () => Response.redirect("https://evil.test/", 302)],
    ["no JSON", () => new Response("<html>")],
    ["too long", () => new Response(`{"a":"${"x".repeat(200_000)}"}`)],
    ["a list", () => Response.json([])],
    ["of another issuer", () => Response.json({ ...provider.discovery, issuer: "https://evil.test" })],
    ["without endpoints", () => Response.json({ issuer: provider.issuer })],
    ["in clear", () => Response.json({ ...provider.discovery, token_endpoint: "http://idp.test/token" })],
    ["a script", () => Response.json({ ...provider.discovery, authorization_endpoint: "javascript:alert(1)" })],
    ["with a password", () => Response.json({ ...provider.discovery, jwks_uri: "https://a:b@idp.test/" })],
    [
      "without a way for secrets",
      () => Response.json({ ...provider.discovery, token_endpoint_auth_methods_supported: ["private_key_jwt"] }),
    ],
  ])("discovery that is %s is 503 for pages, and 401 for the rest", async (_, answer) => {
    provider.instead.set(discovery, answer);
    const { edge, seen } = edgeBehind({ "/": policyOf(provider) });
    const response = await edge("https://shop.test/", { headers: PAGE, redirect: "manual" });
    expect([response.status, response.headers.getSetCookie()]).toEqual([503, []]);
    expect((await edge("https://shop.test/")).status).toBe(401);
    expect(seen).toEqual([]);
    expect(lines.some((line) => line.includes("check-undecided"))).toBe(true);
  });

  test.each<[string, () => Response | Promise<Response>]>([
    ["down", () => Promise.reject(new Error("Network connection lost."))],
    ["broken", () => new Response(null, { status: 500 })],
    ["redirecting", () => Response.redirect("https://evil.test/", 307)],
    ["no JSON", () => new Response("eyJhbGciOiJub25lIn0")],
    ["a text", () => Response.json("x")],
    ["without the client", () => Response.json({ error: "invalid_client" }, { status: 401 })],
    ["of other words", () => Response.json({ error: "code-eyJ" }, { status: 400 })],
  ])("a token endpoint that is %s is 503", async (_, answer) => {
    const { browser, back } = await begun();
    provider.instead.set("/token", answer);
    const response = await browser.open(back);
    expect([response.status, browser.named("__Host-")]).toEqual([503, []]);
  });

  test("keys that can't be had are 503", async () => {
    const { browser, back } = await begun();
    provider.instead.set("/jwks", () => new Response(null, { status: 500 }));
    expect((await browser.open(back)).status).toBe(503);
    expect(browser.named("__Host-")).toEqual([]);
  });
});

describe("without its Secrets nobody comes in", () => {
  test.each([
    ["no Secret", undefined],
    ["no keys", JSON.stringify({ "client-secret": "x" })],
    ["a short key", JSON.stringify({ "client-secret": "x", "session-keys": "short" })],
    [
      "a short key beside a long one",
      JSON.stringify({ "client-secret": "x", "session-keys": `${"x".repeat(32)}\nshort` }),
    ],
  ])("%s", async (_, secret) => {
    const { edge, seen } = edgeBehind({ "/": policyOf(provider) }, { env: { SECRET_LOGIN: secret } });
    expect((await edge("https://shop.test/", { headers: PAGE, redirect: "manual" })).status).toBe(503);
    expect((await edge("https://shop.test/", { headers: { cookie: "__Host-session=1x" } })).status).toBe(503);
    expect(seen).toEqual([]);
  });

  test("no client secret", async () => {
    const env = { SECRET_LOGIN: JSON.stringify({ "session-keys": "x".repeat(32) }) };
    const { browser, back } = await begun({}, { env });
    expect((await browser.open(back)).status).toBe(503);
  });
});
