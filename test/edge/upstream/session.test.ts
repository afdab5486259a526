import { describe, expect, test } from "vitest";
import { misreadsSameSiteNone } from "../../../src/edge/upstream/same-site.ts";
import {
  cookieOf,
  parseSession,
  type SessionContext,
  sessionCookie,
  sessionToken,
  sessionValue,
  sessionValueIn,
} from "../../../src/edge/upstream/session.ts";
import { DEFAULT_SESSION, type SessionPersistence } from "../../../src/table/policies/load-balancing.ts";

describe("a cookie of a request", () => {
  test.each([
    ["the only one", "s=1", "1"],
    ["among others", "a=0; s=1; b=2", "1"],
    ["the first of two", "s=1; s=2", "1"],
    ["in quotes", 's="1"', "1"],
    ["with = in its value", "s=a=b", "a=b"],
    ["without spaces, or with many", "a=0;s=1;  b=2", "1"],
    ["with spaces about it", "s = 1 ", "1"],
    ["empty", "s=; t=1", ""],
    ["of a name that only ends so", "xs=1", null],
    ["of a name that only begins so", "session=1", null],
    ["in other case", "S=1", null],
    ["without a value", "s; t=1", null],
    ["in another's value", 't="s=1"', null],
    ["of a name of Object's", "constructor=1", null],
    ["none at all", null, null],
    ["an empty header", "", null],
    ["one quote alone", 's="', '"'],
  ])("%s", (_, cookie, expected) => {
    expect(cookieOf(new Headers(cookie === null ? {} : { cookie }), "s")).toBe(expected);
  });
});

describe("the cookie of a session", () => {
  const id = "ingress eu-west https://10.0.0.7:443";
  const session = { ...DEFAULT_SESSION, sessionName: "where", absoluteTimeout: 0 };

  test("names the endpoint by 8 hex digits that tell nothing of it", () => {
    expect(sessionToken(id)).toMatch(/^[0-9a-f]{8}$/);
    expect(sessionToken(id)).not.toBe(sessionToken(`${id}3`));
  });

  const http: SessionContext = { secure: false, mode: "service", path: "/cart", userAgent: "", now: 0 };
  const value = sessionValue(id, 0);

  test("lasts as long as the browser's session, or as the policy says", () => {
    expect(sessionCookie(session, value, { ...http, secure: true })).toBe(
      `where=${value}; Path=/; Secure; HttpOnly; SameSite=Lax`,
    );
    expect(sessionCookie({ ...session, absoluteTimeout: 3600 }, value, http)).toBe(
      `where=${value}; Max-Age=3600; Path=/; HttpOnly; SameSite=Lax`,
    );
  });

  test("has the attributes that ingress-nginx gives it", () => {
    const full = { domain: "a.test", expires: 60, absoluteTimeout: 30, sameSite: "", secure: true, path: "" } as const;
    expect(sessionCookie({ ...session, ...full }, value, http)).toBe(
      `where=${value}; Expires=Thu, 01 Jan 1970 00:01:00 GMT; Max-Age=30; Domain=a.test; Path=/cart; Secure; HttpOnly`,
    );
  });

  test("has another name beside that of a cluster's own ingress", () => {
    const beside = { ...session, besidesIngress: true };
    expect(sessionCookie(beside, value, { ...http, mode: "ingress" })).toContain(`where-EDGE=${value};`);
    expect(sessionCookie(beside, value, http)).toContain(`where=${value};`);
    const both = new Headers({ cookie: `where=1700.1|abc; where-EDGE=${value}` });
    expect([sessionValueIn(both, beside), sessionValueIn(both, session)]).toEqual([value, "1700.1|abc"]);
  });

  test("goes without SameSite=None to browsers that misread it, where that is asked", () => {
    const chrome60 =
      "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/60.0.0 Safari/537.36";
    const none = { ...session, sameSite: "None", conditionalSameSiteNone: true } as const;
    const sent = (userAgent: string, policy: SessionPersistence = none) =>
      sessionCookie(policy, value, { ...http, userAgent }).includes("SameSite=None");
    expect(sent(chrome60)).toBe(false);
    expect(sent(chrome60.replace("/60", "/120"))).toBe(true);
    expect(sent(chrome60, { ...none, conditionalSameSiteNone: false })).toBe(true);
  });

  test("comes back as it went out", () => {
    const [pair = ""] = sessionCookie(session, value, http).split(";");
    expect(parseSession(cookieOf(new Headers({ cookie: `other=1; ${pair}` }), "where"))).toEqual({
      token: sessionToken(id),
      backend: 0,
    });
    expect(parseSession(sessionValue(id, 1))).toEqual({ token: sessionToken(id), backend: 1 });
  });
});

describe("SameSite=None is misread by", () => {
  const safari = "AppleWebKit/605.1.15 (KHTML, like Gecko) Version/12.0 Safari/605.1.15";
  test.each<[browser: string, misread: boolean]>([
    [`Mozilla/5.0 (iPhone; CPU iPhone OS 12_4 like Mac OS X) ${safari}`, true],
    [`Mozilla/5.0 (iPhone; CPU iPhone OS 13_0 like Mac OS X) ${safari}`, false],
    [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_6) ${safari}`, true],
    [`Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15) ${safari}`, false],
    ["Mozilla/5.0 (Macintosh; Intel Mac OS X 10_14_2) AppleWebKit/605.1.15 (KHTML, like Gecko)", true],
    ["Mozilla/5.0 (Linux; U; Android 8) AppleWebKit/537.36 UCBrowser/12.13.0.1 Mobile Safari/537.36", true],
    ["Mozilla/5.0 (Linux; U; Android 8) AppleWebKit/537.36 UCBrowser/12.13.2.1 Mobile Safari/537.36", false],
    ["", false],
  ])("%s: %s", (browser, misread) => {
    expect(misreadsSameSiteNone(browser)).toBe(misread);
  });
});
