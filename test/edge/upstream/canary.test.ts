import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import type { Canary } from "../../../src/table/policies/canary.ts";
import { DEFAULT_LOAD_BALANCING, DEFAULT_SESSION } from "../../../src/table/policies/load-balancing.ts";
import { type Answer, edgeOf, refused } from "../edge-of.ts";

beforeEach(() => void vi.spyOn(console, "warn").mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

const NOTHING: Canary = {
  header: "",
  headerValue: "",
  headerPattern: "",
  patternFails: false,
  cookie: "",
  sticky: true,
};

const named =
  (name: string): Answer =>
  () =>
    new Response(name);

/** A main backend and a canary with an endpoint each; `weight` of 100 for the canary. */
function edgeWith(canary: Partial<Canary>, weight = 0, main = named("main"), other = named("canary")) {
  const sessionPersistence = { ...DEFAULT_SESSION, sessionName: "where", absoluteTimeout: 0 };
  const policies = {
    canary: { ...NOTHING, ...canary },
    loadBalancing: { ...DEFAULT_LOAD_BALANCING, sessionPersistence },
  };
  const targets = { main: 1 };
  const rule = { hostname: "shop.test", path: "/", service: "web", targets, policies, weight: 100 - weight };
  const second = { service: "web-next", weight, targets: { canary: 1 } };
  const edge = edgeOf({ rules: [{ ...rule, other: second }] }, { main, canary: other });
  const send = (headers: Record<string, string> = {}) => edge("http://shop.test/", { headers });
  return { send, chosen: async (headers?: Record<string, string>) => (await send(headers)).text() };
}

type Row = [headers: Record<string, string>, chosen: "main" | "canary"];

describe("a canary by header", () => {
  test.each<Row>([
    [{ "x-canary": "always" }, "canary"],
    [{ "x-canary": "never" }, "main"],
    [{ "x-canary": "Always" }, "main"],
    [{ "x-canary": "" }, "main"],
    [{}, "main"],
    [{ "x-canary": "other", cookie: "c=always" }, "canary"],
    [{ "x-canary": "never", cookie: "c=always" }, "main"],
  ])("%j", async (headers, chosen) => {
    expect(await edgeWith({ header: "x-canary", cookie: "c" }).chosen(headers)).toBe(chosen);
  });

  test("never beats any weight, and other values leave it to the weight", async () => {
    const { chosen } = edgeWith({ header: "x-canary" }, 100);
    expect([await chosen({ "x-canary": "never" }), await chosen({ "x-canary": "?" })]).toEqual(["main", "canary"]);
  });

  test.each<Row>([
    [{ "x-canary": "eu" }, "canary"],
    [{ "x-canary": "EU" }, "main"],
    [{ "x-canary": "always" }, "main"],
    [{ "x-canary": "eu-west" }, "main"],
    [{ "x-canary": "us", cookie: "c=always" }, "canary"],
  ])("of a value: %j", async (headers, chosen) => {
    expect(await edgeWith({ header: "x-canary", headerValue: "eu", cookie: "c" }).chosen(headers)).toBe(chosen);
  });

  test.each<Row>([
    [{ "x-canary": "eu-1" }, "canary"],
    [{ "x-canary": "from eu-12" }, "canary"],
    [{ "x-canary": "EU-1" }, "main"],
    [{ "x-canary": `${" ".repeat(9000)}eu-1` }, "canary"],
    [{ "x-canary": `${"x".repeat(9000)}eu-1` }, "main"],
    [{ "x-canary": "us", cookie: "c=always" }, "canary"],
  ])("of a pattern: %#", async (headers, chosen) => {
    expect(await edgeWith({ header: "x-canary", headerPattern: "eu-\\d", cookie: "c" }).chosen(headers)).toBe(chosen);
  });

  test("of a pattern that is none: the main backend at once", async () => {
    const { chosen } = edgeWith({ header: "x-canary", patternFails: true, cookie: "c" }, 100);
    expect(await chosen({ "x-canary": "a", cookie: "c=always" })).toBe("main");
    expect(await chosen({})).toBe("canary");
  });
});

describe("a canary by cookie", () => {
  test.each<Row>([
    [{ cookie: "canary-c=always" }, "canary"],
    [{ cookie: "a=b; canary-c=always; d=e" }, "canary"],
    [{ cookie: "CANARY-C=always" }, "canary"],
    [{ cookie: "canary-c=never" }, "main"],
    [{ cookie: 'canary-c="always"' }, "main"],
    [{ cookie: "canary-c=always; canary-c=never" }, "canary"],
    [{}, "main"],
  ])("%j", async (headers, chosen) => {
    expect(await edgeWith({ cookie: "canary-c" }).chosen(headers)).toBe(chosen);
  });
});

test("a canary by weight takes its share", async () => {
  const { chosen } = edgeWith({}, 25);
  const got = await Promise.all(Array.from({ length: 200 }, () => chosen()));
  const share = got.filter((name) => name === "canary").length;
  expect(share).toBeGreaterThanOrEqual(48);
  expect(share).toBeLessThanOrEqual(52);
});

test("a request whose canary fails is not sent to the main backend", async () => {
  const { send } = edgeWith({}, 100, named("main"), refused);
  expect((await send()).status).toBe(502);
});

describe("a session", () => {
  const cookieOf = (answer: Response) => answer.headers.getSetCookie()[0]?.split(";")[0] ?? "";

  test.each([
    [0, "main"],
    [100, "canary"],
  ])("stays with its backend, whatever header says: weight %i", async (weight, chosen) => {
    const { send } = edgeWith({ header: "x-canary" }, weight);
    const cookie = cookieOf(await send());
    for (const value of ["always", "never"]) {
      const answer = await send({ cookie, "x-canary": value });
      expect([await answer.text(), cookieOf(answer)]).toEqual([chosen, ""]);
    }
  });

  test("that the edge did not begin says nothing of the canary", async () => {
    const { chosen } = edgeWith({ header: "x-canary" });
    expect(await chosen({ cookie: "where=1700000000.12.34|abcdef01", "x-canary": "always" })).toBe("canary");
  });

  test("has no part in the choice where that is asked", async () => {
    const { send } = edgeWith({ header: "x-canary", sticky: false });
    const cookie = cookieOf(await send({ "x-canary": "always" }));
    expect(await (await send({ cookie })).text()).toBe("main");
  });
});
