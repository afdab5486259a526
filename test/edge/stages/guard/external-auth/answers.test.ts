import { describe, expect, test } from "vitest";
import { type AuthAnswer, AuthAnswers } from "../../../../../src/edge/stages/guard/external-auth/answers.ts";
import type { Answer } from "../../../edge-of.ts";
import { authOf, worldOf } from "./asking.ts";

const answer: AuthAnswer = { status: 200, told: [["X-User", "alice"]], challenge: null, cookies: [] };
const durations = [
  { from: 200, to: 299, duration: 10_000 },
  { from: 401, to: 401, duration: 1_000 },
  { from: 200, to: 599, duration: 60_000 },
];

const NOW = Date.UTC(2026, 0, 1);

/** How long an answer is kept that comes now: the last millisecond after which it is there, or null. */
function keptFor(headers: HeadersInit, one = answer): number | null {
  const answers = new AuthAnswers();
  answers.keep("key", one, new Headers(headers), durations, NOW);
  const times = [0, 999, 1_000, 4_999, 5_000, 9_999, 10_000, 59_999, 60_000];
  return times.filter((now) => answers.get("key", NOW + now) !== null).at(-1) ?? null;
}

describe("an answer is kept", () => {
  test.each([
    [200, 9_999],
    [204, 9_999],
    [401, 999],
    [403, 59_999],
  ])("of status %i as long as the first duration for it says", (status, last) => {
    expect(keptFor({}, { ...answer, status })).toBe(last);
  });

  test.each<[HeadersInit, number | null]>([
    [{ "cache-control": "max-age=5" }, 4_999],
    [{ "cache-control": "public, S-MaxAge=5, max-age=7" }, 4_999],
    [{ "cache-control": "max-age=3600" }, 9_999],
    [{ "cache-control": "must-revalidate" }, 9_999],
    [{ "cache-control": "no-store" }, null],
    [{ "cache-control": "No-Cache" }, null],
    [{ "cache-control": 'private="x", max-age=5' }, null],
    [{ "cache-control": "max-age=0" }, null],
    [{ "cache-control": "max-age=-1" }, null],
    [{ "cache-control": "max-age=99999999999" }, null],
    [{ expires: new Date(NOW + 5_000).toUTCString() }, 4_999],
    [{ expires: "0" }, null],
    [{ expires: "Thu, 19 Nov 1981 08:52:00 GMT" }, null],
    [{ expires: "never" }, null],
    [{ expires: "3600" }, null],
    [{ expires: "Fri, 31 Feb 2100 08:52:00 GMT" }, 9_999],
    [{ "x-accel-expires": "5", "cache-control": "no-store" }, 4_999],
    [{ "x-accel-expires": "0" }, null],
    [{ "x-accel-expires": "@5" }, null],
    [{ vary: "Cookie" }, null],
    [{ vary: "*" }, null],
  ])("with %j no longer than it says itself", (headers, last) => {
    expect(keptFor(headers)).toBe(last);
  });

  test.each<[string, AuthAnswer]>([
    ["has a cookie", { ...answer, cookies: ["a=1"] }],
    ["is large", { ...answer, told: [["X-User", "a".repeat(4_097)]] }],
    ["has a large challenge", { ...answer, challenge: "a".repeat(4_097) }],
    ["has a status that no duration is for", { ...answer, status: 101 }],
  ])("not where it %s", (_, one) => {
    expect(keptFor({}, one)).toBeNull();
  });

  test("in the place of an older one, and no more than 2,048 of them", () => {
    const answers = new AuthAnswers();
    const keep = (key: string, status: number) => answers.keep(key, { ...answer, status }, new Headers(), durations, 0);
    for (let number = 0; number < 2_048; number++) keep(`${number}`, 200);
    keep("0", 403);
    keep("one more", 200);
    expect(answers.get("0", 1)?.status).toBe(403);
    expect(answers.get("1", 1)).toBeNull();
    expect(answers.get("2", 1)).not.toBeNull();
  });
});

describe("through the edge", () => {
  const cacheKey = "$http_authorization$cookie_s";
  /** Says who it is by the Authorization of the question. */
  const byName: Answer = ({ headers }) => {
    const name = headers.get("authorization");
    return new Response(null, name === null ? { status: 401 } : { headers: { "x-user": name } });
  };
  const as = (name: string, more: Record<string, string> = {}) => ({ headers: { authorization: name, ...more } });

  test("each client has the answer that is his, and is asked about once", async () => {
    const { ask, asked, served } = worldOf({ cacheKey, responseHeaders: ["X-User"] }, byName);
    for (const name of ["alice", "bob", "alice", "bob", "alice"]) await ask("http://shop.test/", as(name));
    expect(asked.length).toBe(2);
    expect(served.map(({ headers }) => headers.get("x-user"))).toEqual(["alice", "bob", "alice", "bob", "alice"]);
  });

  test("a kept no stays one for who has the same key, with its challenge and sign-in", async () => {
    const no: Answer = () => new Response(null, { status: 401, headers: { "www-authenticate": "Bearer" } });
    const { ask, asked } = worldOf({ cacheKey }, no);
    const challenges = [await ask("http://shop.test/"), await ask("http://shop.test/")];
    expect(challenges.map(({ status, headers }) => [status, headers.get("www-authenticate")])).toEqual([
      [401, "Bearer"],
      [401, "Bearer"],
    ]);
    expect(asked.length).toBe(1);
    const signIn = worldOf({ cacheKey, signIn: "https://login.test/?" }, no);
    for (const path of ["/a", "/b"]) {
      const response = await signIn.ask(`http://shop.test${path}`);
      expect(response.headers.get("location")).toBe(
        `https://login.test/?rd=http://shop.test${encodeURIComponent(path)}`,
      );
    }
    expect(signIn.asked.length).toBe(1);
  });

  test("nothing is kept without a key, of a failure, or where a cookie is set", async () => {
    const cookie: Answer = () => new Response(null, { headers: { "set-cookie": "a=1" } });
    const cases: [Parameters<typeof worldOf>[0], Answer][] = [
      [{}, byName],
      [{ cacheKey, durations: [{ from: 100, to: 599, duration: 60_000 }] }, () => new Response(null, { status: 503 })],
      [{ cacheKey }, cookie],
    ];
    for (const [auth, by] of cases) {
      const { ask, asked } = worldOf(auth, by);
      for (let count = 0; count < 3; count++) await ask("http://shop.test/", as("alice"));
      expect(asked.length).toBe(3);
    }
  });

  test("no answer is another rule's, another host's or another policy's", async () => {
    const policies = { externalAuth: authOf({ cacheKey }) };
    const rules = [
      { hostname: "shop.test", path: "/admin", service: "admin", policies },
      { hostname: "*.wild.test", path: "/", service: "wild", policies },
      {
        hostname: "shop.test",
        path: "/other",
        service: "other",
        policies: { externalAuth: authOf({ cacheKey, timeout: 1_000 }) },
      },
    ];
    const { ask, asked } = worldOf({ cacheKey }, byName, { rules });
    const urls = ["shop.test/", "shop.test/admin", "a.wild.test/", "b.wild.test/", "shop.test/other"];
    for (const url of [...urls, ...urls]) await ask(`http://${url}`, as("alice"));
    expect(asked.length).toBe(urls.length);
  });

  test("a key is not put together in two ways", async () => {
    const { ask, asked } = worldOf({ cacheKey: "$http_a-$http_b" }, byName);
    await ask("http://shop.test/", as("alice", { a: "x", b: "y" }));
    await ask("http://shop.test/", as("alice", { a: "x", b: "z" }));
    expect(asked.length).toBe(2);
  });

  test("the service is not asked on conditions, whose answer would be one client's", async () => {
    const { ask, asked } = worldOf({ cacheKey }, byName);
    await ask(
      "http://shop.test/",
      as("alice", { "if-none-match": '"a"', range: "bytes=0-1", "if-modified-since": "x" }),
    );
    const { headers = new Headers() } = asked[0] ?? {};
    expect(["if-none-match", "range", "if-modified-since"].map((name) => headers.get(name))).toEqual([
      null,
      null,
      null,
    ]);
  });
});
