import { afterEach, beforeAll, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import {
  FRESH_FOR,
  RETRY_INTERVAL,
  UNKNOWN_KEY_INTERVAL,
  USABLE_FOR,
} from "../../../../../src/edge/stages/guard/fetched.ts";
import { VERIFIED_FOR } from "../../../../../src/edge/stages/guard/jwt/verified-tokens.ts";
import { settled } from "../../../edge-of.ts";
import { bearer, guardedBy, inSeconds, providerOf, type Signer, signer, tokenOf } from "./tokens.ts";

let first: Signer;
let second: Signer;
let count = 0;

/** What the issuer answers now, and how often it was asked. */
let issuer: MockInstance<typeof fetch>;
let log: MockInstance<typeof console.warn>;

beforeAll(async () => {
  [first, second] = await Promise.all([signer("ES256", "first"), signer("ES256", "second")]);
});

beforeEach(() => {
  vi.useFakeTimers({ toFake: ["Date"] });
  vi.setSystemTime("2026-06-01T00:00:00Z");
  issuer = vi.spyOn(globalThis, "fetch");
  log = vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

function publishes(...signers: readonly Signer[]): void {
  issuer.mockImplementation(async () => Response.json({ keys: signers.map(({ publicJwk }) => publicJwk) }));
}

function pass(milliseconds: number): void {
  vi.setSystemTime(Date.now() + milliseconds);
}

/** Each has a URL of its own: fetched keys are shared by all of an isolate. */
function edge() {
  const uri = `https://issuer.test/${count++}/jwks.json`;
  const ask = guardedBy([providerOf([], { jwks: { uri, keys: [] } })]);
  return { uri, status: async (token: string) => (await ask(bearer(token))).status, ask };
}

const long = () => ({ claims: { exp: inSeconds(10 * 24 * 3600) } });

describe("keys by URL", () => {
  test("are fetched once, without following redirects, past caches", async () => {
    publishes(first);
    const { uri, status } = edge();
    expect(issuer).not.toHaveBeenCalled();
    expect(await status(await tokenOf(first))).toBe(200);
    expect(await status(await tokenOf(first, { claims: { sub: "bob" } }))).toBe(200);
    expect(issuer).toHaveBeenCalledTimes(1);
    expect(issuer).toHaveBeenCalledWith(uri, expect.objectContaining({ redirect: "manual", cache: "no-store" }));
  });

  test("requests that come together wait for one fetch", async () => {
    publishes(first);
    const { status } = edge();
    const tokens = await Promise.all(["a", "b", "c", "d"].map((sub) => tokenOf(first, { claims: { sub } })));
    expect(await Promise.all(tokens.map(status))).toEqual([200, 200, 200, 200]);
    expect(issuer).toHaveBeenCalledTimes(1);
  });

  test("a token of another issuer causes no fetch, nor does one that is none", async () => {
    publishes(first);
    const { status } = edge();
    expect(await status(await tokenOf(first, { claims: { iss: "https://other.test" } }))).toBe(401);
    expect(await status("a.b.c")).toBe(401);
    expect(issuer).not.toHaveBeenCalled();
  });
});

describe("an issuer that has no keys for us", () => {
  const huge = () => new Response(`{"keys":[],"more":"${"a".repeat(130 * 1024)}"}`);
  test.each<[string, () => Response | Promise<Response>]>([
    ["is down", () => Promise.reject(new Error("Network connection lost."))],
    ["answers 500", () => new Response("{}", { status: 500 })],
    ["answers 404 with a key set", () => Response.json({ keys: [first.publicJwk] }, { status: 404 })],
    ["redirects", () => Response.redirect("https://evil.test/jwks.json", 302)],
    ["redirects with keys", () => Response.json({ keys: [first.publicJwk] }, { status: 302 })],
    ["answers nothing", () => new Response(null)],
    ["answers with a page", () => new Response("<html>")],
    ["answers with another object", () => Response.json({ key: first.publicJwk })],
    ["answers with a list", () => Response.json([first.publicJwk])],
    ["answers with too much", huge],
    ["answers with too many keys", () => Response.json({ keys: Array.from({ length: 101 }, () => first.publicJwk) })],
    ["breaks off", () => new Response(new ReadableStream({ start: (c) => c.error(new Error("lost")) }))],
    ["answers with bytes that are no text", () => new Response(new Uint8Array([0x7b, 0xff, 0x7d]))],
  ])("and %s: 503, and the next try is not at once", async (_, answer) => {
    issuer.mockImplementation(async () => answer());
    const { uri, status, ask } = edge();
    const token = await tokenOf(first);
    const asked = await ask(bearer(token));
    expect([asked.status, asked.challenge, asked.seen]).toEqual([503, null, null]);
    expect(await status(token)).toBe(503);
    expect(issuer).toHaveBeenCalledTimes(1);
    expect(log.mock.calls.map(([line]) => JSON.parse(line as string))).toContainEqual(
      expect.objectContaining({ event: "check-undecided", by: "jwt", what: uri }),
    );
    pass(RETRY_INTERVAL);
    publishes(first);
    expect(await status(token)).toBe(200);
  });

  test("a set without any key that can be used refuses tokens: nobody's are good", async () => {
    publishes();
    const { status } = edge();
    expect(await status(await tokenOf(first))).toBe(401);
  });

  test("secret keys in a set are no keys for us, and private ones only what is public of them", async () => {
    const hmac = { kty: "oct", kid: "first", k: "c2VjcmV0", alg: "HS256" };
    issuer.mockImplementation(async () =>
      Response.json({ keys: [hmac, null, 7, "key", { kty: "new", kid: "n" }, { ...first.publicJwk, d: "AAAA" }] }),
    );
    const { status } = edge();
    expect(await status(await tokenOf(first))).toBe(200);
  });
});

describe("a key that is not known", () => {
  test("is looked for once, so that a new key of the issuer works at once", async () => {
    publishes(first);
    const { status } = edge();
    expect(await status(await tokenOf(first))).toBe(200);
    pass(UNKNOWN_KEY_INTERVAL);
    publishes(first, second);
    expect(await status(await tokenOf(second))).toBe(200);
    expect(await status(await tokenOf(first))).toBe(200);
    expect(issuer).toHaveBeenCalledTimes(2);
  });

  test("causes at most one fetch in an interval, however many are made up", async () => {
    publishes(first);
    const { status } = edge();
    for (let index = 0; index < 20; index++) {
      const made = await tokenOf(second, { header: { kid: `made-up-${index}` } });
      expect(await status(made)).toBe(401);
      pass(UNKNOWN_KEY_INTERVAL / 20);
    }
    expect(issuer).toHaveBeenCalledTimes(1);
    expect(await status(await tokenOf(second))).toBe(401);
    expect(issuer).toHaveBeenCalledTimes(2);
  });

  test("does no harm where the issuer is down just then", async () => {
    publishes(first);
    const { status } = edge();
    await status(await tokenOf(first));
    pass(UNKNOWN_KEY_INTERVAL);
    issuer.mockRejectedValue(new Error("down"));
    expect(await status(await tokenOf(second))).toBe(401);
    expect(await status(await tokenOf(first, { claims: { sub: "bob" } }))).toBe(200);
  });
});

describe("keys that are older", () => {
  test("than FRESH_FOR are used at once, and fetched anew beside the requests", async () => {
    publishes(first);
    const { status } = edge();
    const token = await tokenOf(first, long());
    await status(token);
    pass(FRESH_FOR);
    publishes(second);
    expect(await status(token)).toBe(200);
    await settled();
    expect(issuer).toHaveBeenCalledTimes(2);
    pass(VERIFIED_FOR);
    expect(await status(token)).toBe(401);
  });

  test("than FRESH_FOR go on while the issuer is down, until USABLE_FOR; then the route is shut", async () => {
    publishes(first);
    const { status } = edge();
    const token = await tokenOf(first, long());
    await status(token);
    issuer.mockRejectedValue(new Error("down"));
    pass(FRESH_FOR);
    expect(await status(token)).toBe(200);
    await settled();
    pass(USABLE_FOR - FRESH_FOR - 1);
    expect(await status(token)).toBe(200);
    await settled();
    pass(VERIFIED_FOR);
    expect(await status(token)).toBe(503);
    pass(RETRY_INTERVAL);
    publishes(first);
    expect(await status(token)).toBe(200);
  });

  test("than USABLE_FOR do not count, also where nobody asked in between: a key taken back opens nothing", async () => {
    publishes(first);
    const { status } = edge();
    const token = await tokenOf(first, long());
    await status(token);
    pass(USABLE_FOR);
    publishes(second);
    expect(await status(token)).toBe(401);
  });
});

describe("a verified token", () => {
  test("is not verified again for VERIFIED_FOR, and then it is", async () => {
    publishes(first);
    const { status } = edge();
    const token = await tokenOf(first, long());
    await status(token);
    const verify = vi.spyOn(crypto.subtle, "verify");
    pass(VERIFIED_FOR - 1);
    expect(await status(token)).toBe(200);
    expect(verify).not.toHaveBeenCalled();
    pass(1);
    expect(await status(token)).toBe(200);
    expect(verify).toHaveBeenCalledTimes(1);
  });

  test("is refused at the second in which it expires, clock skew included, though it is remembered", async () => {
    publishes(first);
    const { status } = edge();
    const token = await tokenOf(first, { claims: { exp: inSeconds(10) } });
    await status(token);
    pass(40_000);
    await status(token);
    pass(29_999);
    expect(await status(token)).toBe(200);
    pass(1);
    expect(await status(token)).toBe(401);
  });

  test("opens nothing for another provider", async () => {
    publishes(first);
    const one = edge();
    const token = await tokenOf(first);
    expect(await one.status(token)).toBe(200);
    const strict = guardedBy([providerOf([first], { audiences: ["other-api"] })]);
    expect((await strict(bearer(token))).status).toBe(401);
  });

  test("is forgotten when a thousand others came after it", async () => {
    publishes(first);
    const { status } = edge();
    const token = await tokenOf(first);
    await status(token);
    const others = Array.from({ length: 1000 }, (_, index) => tokenOf(first, { claims: { sub: `${index}` } }));
    for (const other of await Promise.all(others)) await status(other);
    const verify = vi.spyOn(crypto.subtle, "verify");
    expect(await status(token)).toBe(200);
    expect(verify).toHaveBeenCalledTimes(1);
  });

  test("is kept under its digest: the token itself is not in memory", async () => {
    publishes(first);
    const { status } = edge();
    const set = vi.spyOn(Map.prototype, "set");
    const token = await tokenOf(first);
    await status(token);
    const kept = set.mock.calls.map(([key]) => key).filter((key) => typeof key === "string");
    expect(kept.some((key) => key.length === 32)).toBe(true);
    expect(kept.some((key) => key.includes(token))).toBe(false);
  });
});
