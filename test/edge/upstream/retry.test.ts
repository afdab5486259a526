import { describe, expect, test } from "vitest";
import type { Attempt } from "../../../src/edge/upstream/attempt.ts";
import { backoff, holdBody, isRepeatable, isWorthRetrying, lengthOf } from "../../../src/edge/upstream/retry.ts";
import { DEFAULT_RETRY, RETRY_CONDITIONS, type Retry } from "../../../src/table/policies/retry.ts";
import { fc } from "../../support/properties.ts";
import { stateOf } from "./endpoints.ts";

const policy = (more: Partial<Retry> = {}): Retry => ({ ...DEFAULT_RETRY, ...more });
const requestOf = (method: string, headers: Record<string, string> = {}, body: string | null = null) =>
  new Request("http://shop.test/", { method, headers, body });

describe("a request that may go out again", () => {
  test.each(["GET", "HEAD", "OPTIONS", "PUT", "DELETE"])("%s without body", (method) => {
    expect(isRepeatable(requestOf(method), false, policy())).toBe(true);
  });

  test.each([
    ["POST", requestOf("POST"), false, {}],
    ["PATCH", requestOf("PATCH"), false, {}],
    ["an unknown method", requestOf("PURGE"), false, {}],
    ["PUT with a body that is not held", requestOf("PUT", {}, "x"), false, {}],
    ["POST with a held body", requestOf("POST", {}, "x"), true, {}],
    ["POST with a key of which the policy knows nothing", requestOf("POST", { "idempotency-key": "1" }), false, {}],
    ["POST without the key", requestOf("POST"), false, { idempotencyKey: true }],
    ["POST with an empty key", requestOf("POST", { "idempotency-key": "" }), false, { idempotencyKey: true }],
    [
      "POST with a key, its body not held",
      requestOf("POST", { "idempotency-key": "1" }, "x"),
      false,
      { idempotencyKey: true },
    ],
    ["GET where the policy lists nothing", requestOf("GET"), false, { methods: [] }],
    ["a method in another case", requestOf("GET"), false, { methods: ["get"] }],
    ["GET that asks to be taken for a POST", requestOf("GET", { "x-http-method-override": "POST" }), false, {}],
    ["GET by the second such name", requestOf("GET", { "x-http-method": "DELETE" }), false, {}],
    ["GET by the third such name", requestOf("GET", { "x-method-override": "GET" }), false, {}],
    [
      "with a key, but another method meant",
      requestOf("POST", { "idempotency-key": "1", "x-http-method": "PUT" }),
      false,
      { idempotencyKey: true },
    ],
  ])("is not %s", (_, request, held, more) => {
    expect(isRepeatable(request, held, policy(more))).toBe(false);
  });

  test.each([
    ["POST that the policy lists", requestOf("POST"), false, { methods: ["POST"] }],
    ["POST that the policy lists, its body held", requestOf("POST", {}, "x"), true, { methods: ["POST"] }],
    ["POST with a key", requestOf("POST", { "idempotency-key": "1" }), false, { idempotencyKey: true }],
    [
      "POST with a key, its body held",
      requestOf("POST", { "idempotency-key": "1" }, "x"),
      true,
      { idempotencyKey: true },
    ],
    ["PUT with a held body", requestOf("PUT", {}, "x"), true, {}],
  ])("is %s", (_, request, held, more) => {
    expect(isRepeatable(request, held, policy(more))).toBe(true);
  });
});

describe("what is worth another try", () => {
  const state = stateOf("a");
  const failed = (condition: Retry["on"][number]): Attempt => ({
    state,
    problem: "badGateway",
    condition,
    cause: "",
    sent: true,
    isInconclusive: false,
  });
  const answered = (status: number): Attempt => ({ state, response: new Response(null, { status }) });

  test.each(RETRY_CONDITIONS)("%s where the policy asks for it, and not where it asks for nothing", (condition) => {
    expect(isWorthRetrying(failed(condition), policy({ on: [condition] }))).toBe(true);
    expect(isWorthRetrying(failed(condition), policy({ on: [] }))).toBe(false);
  });

  test("a condition is no other one, but a reset is told like a refused connection", () => {
    const pairs = RETRY_CONDITIONS.flatMap((asked) =>
      RETRY_CONDITIONS.filter((got) => isWorthRetrying(failed(got), policy({ on: [asked] }))).map(
        (got) => `${asked}: ${got}`,
      ),
    );
    expect(pairs).toEqual([
      "connect-failure: connect-failure",
      "connect-failure: reset",
      "reset: reset",
      "timeout: timeout",
      "platform-error: platform-error",
    ]);
  });

  test("no answer, unless its status is listed; ranges are inclusive", () => {
    for (const status of [200, 404, 500, 502, 503, 504])
      expect(isWorthRetrying(answered(status), policy())).toBe(false);
    const some = policy({
      statuses: [
        { from: 502, to: 504 },
        { from: 429, to: 429 },
      ],
    });
    const worth = [428, 429, 430, 500, 501, 502, 503, 504, 505].filter((status) =>
      isWorthRetrying(answered(status), some),
    );
    expect(worth).toEqual([429, 502, 503, 504]);
  });
});

describe("the pause before a retry", () => {
  test("none before the first, then up to base × 2^(n-1), at most the maximum", () => {
    const longest = [0, 1, 2, 3, 4, 5, 6, 100].map((retries) => backoff(retries, { base: 25, max: 250 }, 0.999999));
    expect(longest.map(Math.round)).toEqual([0, 0, 50, 100, 200, 250, 250, 250]);
  });

  test("is random from nothing on", () => {
    expect(backoff(3, { base: 25, max: 250 }, 0)).toBe(0);
    expect(backoff(3, { base: 25, max: 250 }, 0.5)).toBe(50);
    fc.assert(
      fc.property(
        fc.nat(1000),
        fc.nat(10_000),
        fc.nat(10_000),
        fc.double({ min: 0, max: 0.999, noNaN: true }),
        (retries, base, max, random) => {
          const pause = backoff(retries, { base, max }, random);
          expect(pause >= 0 && pause <= max).toBe(true);
        },
      ),
    );
  });
});

describe("a body that is held", () => {
  const withLength = (body: string, length = String(body.length)) =>
    new Request("http://shop.test/", { method: "POST", headers: { "content-length": length }, body });

  test.each([
    ["no body", requestOf("POST"), 100],
    ["nothing is to be held", withLength("x"), 0],
    ["a byte too long", withLength("xxxx"), 3],
    ["of no told length", requestOf("POST", {}, "x"), 100],
    ["of a length that is no number", withLength("x", "1, 1"), 100],
    ["of a negative length", withLength("x", "-1"), 100],
  ])("not: %s; and it is left unread", async (_, request, most) => {
    expect(await holdBody(request, most)).toBeNull();
    expect(request.bodyUsed).toBe(false);
  });

  test("as long as allowed, byte for byte", async () => {
    const bytes = new Uint8Array([0, 255, 10, 13]);
    const request = new Request("http://shop.test/", {
      method: "POST",
      headers: { "content-length": "4" },
      body: bytes,
    });
    const held = await holdBody(request, 4);
    expect(held instanceof ArrayBuffer && [...new Uint8Array(held)]).toEqual([...bytes]);
  });

  test("a client that breaks off is told from one that sends all", async () => {
    const body = new ReadableStream({ start: (controller) => controller.error(new Error("gone")) });
    const request = new Request("http://shop.test/", { method: "POST", headers: { "content-length": "4" }, body });
    expect(await holdBody(request, 4)).toBe("broken");
  });

  test.each([
    ["12", 12],
    ["0", 0],
    ["1e3", null],
    ["0x10", null],
    [" ", null],
    ["1, 1", null],
  ])("a length written %j is %j", (written, length) => {
    expect(lengthOf(new Headers({ "content-length": written }))).toBe(length);
  });
});
