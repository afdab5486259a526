import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DEFAULT_OUTLIER_DETECTION } from "../../../src/table/policies/outlier-detection.ts";
import { type Answer, refused } from "../edge-of.ts";
import { edgeBefore, frozen, inOrder, status } from "./clusters.ts";

const ok = () => new Response("ok");
const echo: Answer = async (request) => new Response(await request.arrayBuffer());
const two = { clusters: inOrder("a", "b") };

// Logged on purpose, and often.
beforeEach(() => void vi.spyOn(console, "warn").mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

describe("an answer of a listed status", () => {
  const statuses = [{ from: 502, to: 504 }];

  test.each([502, 503, 504])("%d is answered by another cluster", async (code) => {
    const edge = edgeBefore({ a: status(code), b: ok }, { ...two, retry: { statuses } });
    expect(await (await edge.send()).text()).toBe("ok");
    expect(edge.reached()).toEqual(["a", "b"]);
  });

  test.each([500, 501, 505, 429, 404])("%d, which is not listed, is the answer", async (code) => {
    const edge = edgeBefore({ a: status(code), b: ok }, { ...two, retry: { statuses } });
    expect(await (await edge.send()).text()).toBe(`status ${code}`);
    expect(edge.reached()).toEqual(["a"]);
  });

  test("of every cluster: the last one's answer is passed on whole, the others are cancelled", async () => {
    const cancelled: string[] = [];
    const answer = (name: string) => () =>
      new Response(
        new ReadableStream({
          start: (controller) => controller.enqueue(new TextEncoder().encode(name)),
          cancel: () => void cancelled.push(name),
          pull: (controller) => controller.close(),
        }),
        { status: 503 },
      );
    const edge = edgeBefore({ a: answer("a"), b: answer("b") }, { ...two, retry: { statuses } });
    const response = await edge.send();
    expect([response.status, await response.text(), cancelled]).toEqual([503, "b", ["a"]]);
  });

  test("to a request that may not go out again is the answer", async () => {
    const edge = edgeBefore({ a: status(503), b: ok }, { ...two, retry: { statuses } });
    expect((await edge.send({ method: "POST" })).status).toBe(503);
    expect(edge.reached()).toEqual(["a"]);
  });
});

describe("conditions", () => {
  const late = { timeouts: { backendRequest: 10 } };
  test.each([
    ["connect-failure", refused, {}],
    ["reset", refused, {}],
    ["timeout", frozen, late],
    ["platform-error", status(522), {}],
  ] as const)("%s is tried elsewhere only where the policy says so", async (condition, answer, more) => {
    const wanted = edgeBefore({ a: answer, b: ok }, { ...two, ...more, retry: { on: [condition] } });
    expect((await wanted.send()).status).toBe(200);
    const others = (["connect-failure", "reset", "timeout", "platform-error"] as const).filter(
      (one) => one !== condition && !(condition === "reset" && one === "connect-failure"),
    );
    const unwanted = edgeBefore(
      { a: answer, b: ok },
      { ...two, ...more, retry: { on: condition === "connect-failure" ? [] : others } },
    );
    expect((await unwanted.send()).status).toBeGreaterThan(500);
    expect(unwanted.reached()).toEqual(["a"]);
  });

  test("a try has its own time, the request the rest", async () => {
    const edge = edgeBefore(
      { a: frozen, b: frozen, c: ok },
      { clusters: inOrder("a", "b", "c"), retry: { perTryTimeout: 5 } },
    );
    expect((await edge.send()).status).toBe(200);
    expect(edge.reached()).toEqual(["a", "b", "c"]);
  });

  test("nothing is tried any more when the request's time is over", async () => {
    const edge = edgeBefore({ a: frozen, b: ok }, { ...two, timeouts: { request: 10 } });
    expect((await edge.send()).status).toBe(504);
    expect(edge.reached()).toEqual(["a"]);
  });
});

describe("attempts", () => {
  test.each([
    [0, 1],
    [1, 2],
    [2, 3],
    [99, 4],
  ])("%d retries: %d of four dead clusters are asked, none twice", async (attempts, asked) => {
    const dead = { a: refused, b: refused, c: refused, d: refused };
    const edge = edgeBefore(dead, { retry: { attempts } });
    expect((await edge.send()).status).toBe(502);
    expect(edge.reached()).toHaveLength(asked);
    expect(new Set(edge.reached()).size).toBe(asked);
  });
});

describe("methods", () => {
  const listed = { methods: ["GET", "POST"] };
  const keyed = { idempotencyKey: true };
  const key = { headers: { "idempotency-key": "8e03978e" } };

  test.each([
    ["POST", {}, {}],
    ["POST", {}, key],
    ["POST", keyed, {}],
    ["POST", keyed, { headers: { "idempotency-key": "" } }],
    ["POST", keyed, { ...key, body: "x" }],
    ["POST", listed, { body: "x" }],
    ["POST", listed, { headers: { "x-http-method-override": "PUT" } }],
    ["GET", {}, { headers: { "x-http-method-override": "POST" } }],
    ["GET", {}, { headers: { "x-http-method": "POST" } }],
    ["GET", {}, { headers: { "x-method-override": "POST" } }],
    ["PATCH", keyed, {}],
  ])("%s is sent once: %j %j", async (method, retry, init) => {
    const edge = edgeBefore({ a: refused, b: refused }, { ...two, retry });
    expect((await edge.send({ method, ...init })).status).toBe(502);
    expect(edge.reached()).toEqual(["a"]);
  });

  test.each([
    ["POST", listed, {}],
    ["POST", keyed, key],
    ["PATCH", keyed, key],
  ])("%s goes on: %j %j", async (method, retry, init) => {
    const edge = edgeBefore({ a: refused, b: ok }, { ...two, retry });
    expect((await edge.send({ method, ...init })).status).toBe(200);
    expect(edge.reached()).toEqual(["a", "b"]);
  });
});

describe("bodies", () => {
  const bytes = Uint8Array.from({ length: 1000 }, (_, index) => index & 255);
  const put = (length: number, told = String(length)): RequestInit => ({
    method: "PUT",
    headers: { "content-length": told },
    body: bytes.slice(0, length),
  });
  const readThenRefuse: Answer = async (request) => {
    await request.arrayBuffer();
    throw new Error("Network connection lost.");
  };

  test.each([0, 1, 999, 1000])("%d bytes of at most 1000 come again byte for byte", async (length) => {
    const edge = edgeBefore(
      { a: readThenRefuse, b: readThenRefuse, c: echo },
      { clusters: inOrder("a", "b", "c"), retry: { maxBodySize: 1000 } },
    );
    const response = await edge.send(put(length));
    expect(response.status).toBe(200);
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([...bytes.slice(0, length)]);
    expect(edge.reached()).toEqual(["a", "b", "c"]);
  });

  test.each([
    ["more than is held", put(1000), 999],
    ["where nothing is held", put(1), 0],
    ["of untold length", { method: "PUT", body: bytes }, 1000],
    ["in chunks", { method: "PUT", body: new Response(bytes).body }, 1000],
  ])("%s: sent once", async (_, init, maxBodySize) => {
    const edge = edgeBefore({ a: refused, b: echo }, { ...two, retry: { maxBodySize } });
    expect((await edge.send(init)).status).toBe(502);
    expect(edge.reached()).toEqual(["a"]);
  });

  test.each([
    ["more than is held", put(1000), 999],
    ["of untold length", { method: "PUT", body: bytes }, 1000],
  ])("%s: passed on whole all the same", async (_, init, maxBodySize) => {
    const edge = edgeBefore({ a: echo }, { retry: { maxBodySize } });
    expect(new Uint8Array(await (await edge.send(init)).arrayBuffer())).toEqual(bytes);
  });

  test("a POST with a key and a held body goes on", async () => {
    const edge = edgeBefore(
      { a: readThenRefuse, b: echo },
      { ...two, retry: { maxBodySize: 1000, idempotencyKey: true } },
    );
    const { body = null } = put(10);
    const headers = { "content-length": "10", "idempotency-key": "1" };
    const response = await edge.send({ method: "POST", headers, body });
    expect([...new Uint8Array(await response.arrayBuffer())]).toEqual([...bytes.slice(0, 10)]);
  });

  test("a POST with a held body that may not go out again is sent once", async () => {
    const edge = edgeBefore({ a: readThenRefuse, b: echo }, { ...two, retry: { maxBodySize: 1000 } });
    expect((await edge.send({ ...put(10), method: "POST" })).status).toBe(502);
    expect(edge.reached()).toEqual(["a"]);
  });
});

describe("the retry budget, with all clusters answering 500", () => {
  beforeEach(() => void vi.useFakeTimers({ toFake: ["Date"] }));
  afterEach(() => void vi.useRealTimers());
  const failing = { a: status(500), b: status(500), c: status(500) };
  const statuses = [{ from: 500, to: 599 }];
  const OFFERED = 1000;

  async function flood(retry: NonNullable<Parameters<typeof edgeBefore>[1]>["retry"]): Promise<number> {
    const edge = edgeBefore(failing, { retry: { statuses, ...retry } });
    for (let request = 0; request < OFFERED; request++) expect((await edge.send()).status).toBe(500);
    return edge.reached().length / OFFERED;
  }

  test("what is sent rises by a fifth at most", async () => {
    expect(await flood({})).toBeLessThanOrEqual(1.2);
  });

  test("without it, it is three times as much", async () => {
    expect(await flood({ budget: { percent: 1000, interval: 10_000, minRetries: 10 } })).toBeGreaterThan(2.9);
  });

  test("the ten retries that are always allowed are for who has few requests", async () => {
    const outlierDetection = { ...DEFAULT_OUTLIER_DETECTION, consecutive5xx: 0 };
    const clusters = Object.fromEntries(Object.keys(failing).map((name) => [name, { outlierDetection }]));
    const edge = edgeBefore(failing, { retry: { statuses }, clusters });
    for (let request = 0; request < 5; request++) await edge.send();
    expect(edge.reached()).toHaveLength(15);
    await edge.send();
    expect(edge.reached()).toHaveLength(16);
    vi.setSystemTime(Date.now() + 10_000);
    await edge.send();
    expect(edge.reached()).toHaveLength(19);
  });
});
