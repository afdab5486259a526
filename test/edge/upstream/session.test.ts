import { describe, expect, test } from "vitest";
import { cookieOf, sessionCookie, sessionToken, sessionValue } from "../../../src/edge/upstream/session.ts";

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
  const session = { sessionName: "where", absoluteTimeout: 0 };

  test("names the endpoint by 8 hex digits that tell nothing of it", () => {
    expect(sessionToken(id)).toMatch(/^[0-9a-f]{8}$/);
    expect(sessionToken(id)).not.toBe(sessionToken(`${id}3`));
  });

  test("lasts as long as the browser's session, or as the policy says", () => {
    const token = sessionToken(id);
    expect(sessionCookie(session, sessionValue(id, 0), true)).toBe(
      `where=${token}; Path=/; HttpOnly; SameSite=Lax; Secure`,
    );
    expect(sessionCookie({ ...session, absoluteTimeout: 3600 }, sessionValue(id, 0), false)).toBe(
      `where=${token}; Path=/; HttpOnly; SameSite=Lax; Max-Age=3600`,
    );
  });

  test("comes back as it went out", () => {
    const [pair = ""] = sessionCookie(session, sessionValue(id, 0), true).split(";");
    expect(cookieOf(new Headers({ cookie: `other=1; ${pair}` }), "where")).toBe(sessionToken(id));
  });
});
