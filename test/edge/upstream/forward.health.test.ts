import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DEFAULT_OUTLIER_DETECTION } from "../../../src/table/policies/outlier-detection.ts";
import { eventually } from "../../support/eventually.ts";
import { type Answer, refused } from "../edge-of.ts";
import { edgeBefore, frozen, inOrder, status } from "./clusters.ts";

const ok = () => new Response("ok");
const consume: Answer = async (request) => new Response(await request.text());
const detect = (more: Partial<typeof DEFAULT_OUTLIER_DETECTION>) => ({
  outlierDetection: { ...DEFAULT_OUTLIER_DETECTION, ...more },
});

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
  vi.useFakeTimers({ toFake: ["Date"] });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});
const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);

type Edge = ReturnType<typeof edgeBefore>;
async function send(edge: Edge, times: number, init: RequestInit | (() => RequestInit) = {}): Promise<number[]> {
  const statuses: number[] = [];
  for (let time = 0; time < times; time++) {
    const response = await edge.send(typeof init === "function" ? init() : init);
    await response.arrayBuffer();
    statuses.push(response.status);
  }
  return statuses;
}

describe("a cluster that fails", () => {
  test.each([
    ["refuses", refused, {}],
    ["answers 500", status(500), {}],
    ["answers 503", status(503), {}],
    ["answers 521", status(521), {}],
    ["never answers", frozen, { timeouts: { backendRequest: 5 } }],
  ] as const)("and %s is asked five times, then not for 30 s, then again", async (_, answer, more) => {
    const edge = edgeBefore({ a: answer, b: ok }, { clusters: inOrder("a", "b"), ...more });
    await send(edge, 20);
    expect(edge.count("a")).toBe(5);
    pass(29_999);
    await send(edge, 20);
    expect(edge.count("a")).toBe(5);
    pass(60_000);
    await send(edge, 20);
    expect(edge.count("a")).toBe(10);
  });

  test.each([400, 404, 429, 499])("answers of %d are no failures", async (code) => {
    const edge = edgeBefore({ a: status(code), b: ok }, { clusters: inOrder("a", "b") });
    await send(edge, 20);
    expect(edge.count("b")).toBe(0);
  });

  test("in a POST too", async () => {
    const edge = edgeBefore({ a: refused, b: ok }, { clusters: inOrder("a", "b") });
    expect(await send(edge, 7, { method: "POST" })).toEqual([502, 502, 502, 502, 502, 200, 200]);
  });

  test("with detection off is asked for ever", async () => {
    const off = detect({ consecutive5xx: 0, consecutiveGatewayFailure: 0 });
    const edge = edgeBefore({ a: status(500), b: ok }, { clusters: { a: { ...off }, b: { priority: 1 } } });
    await send(edge, 50);
    expect(edge.count("a")).toBe(50);
  });

  test("comes back slowly", async () => {
    let answer: Answer = status(500);
    const edge = edgeBefore({ a: (request) => answer(request), b: ok }, {});
    await send(edge, 20);
    answer = ok;
    pass(30_000);
    const before = edge.count("a");
    await send(edge, 1000);
    expect((edge.count("a") - before) / 1000).toBeCloseTo(0.1 / 1.1, 2);
    pass(10_000);
    const slow = edge.count("a");
    await send(edge, 1000);
    expect((edge.count("a") - slow) / 1000).toBeCloseTo(0.5, 2);
  });
});

describe("the cap on ejections: two of three answer 500", () => {
  const failing = { a: status(500), b: status(500), c: ok };
  const capped = (maxEjectionPercent: number) => ({
    clusters: Object.fromEntries(Object.keys(failing).map((name) => [name, detect({ maxEjectionPercent })])),
  });

  test.each([
    [75, 2],
    [50, 1],
    [10, 1],
    [0, 0],
  ])("%d per cent: %d of them are not asked after their fifth failure", async (percent, out) => {
    const edge = edgeBefore(failing, capped(percent));
    await send(edge, 300);
    const asked = [edge.count("a"), edge.count("b")];
    expect(asked.filter((count) => count === 5)).toHaveLength(out);
    expect(asked.filter((count) => count > 50)).toHaveLength(2 - out);
  });

  test("where the third joins in, all of them go on answering: the cause is in common", async () => {
    const edge = edgeBefore({ ...failing, c: status(500) }, capped(75));
    expect(new Set(await send(edge, 300))).toEqual(new Set([500]));
    for (const name of Object.keys(failing)) expect(edge.count(name)).toBeGreaterThan(50);
  });
});

describe("an upload that is passed on as it comes", () => {
  const broken = (): RequestInit => ({
    method: "PUT",
    body: new ReadableStream({
      start(controller) {
        controller.enqueue(new TextEncoder().encode("half of it"));
        controller.error(new Error("the client went away"));
      },
    }),
  });

  test("says nothing of its cluster's health when it breaks, however often", async () => {
    const edge = edgeBefore({ a: consume, b: ok }, { clusters: inOrder("a", "b") });
    for (const code of await send(edge, 20, broken)) expect(code).toBe(502);
    await send(edge, 5);
    expect(edge.count("b")).toBe(0);
  });

  test("nor when it is too slow for its time limit", async () => {
    const late = { clusters: inOrder("a", "b"), timeouts: { backendRequest: 1 } };
    const edge = edgeBefore({ a: (request) => (request.method === "PUT" ? frozen(request) : ok()), b: ok }, late);
    const upload = { method: "PUT", headers: { "content-length": "1" }, body: "x" };
    for (const code of await send(edge, 8, upload)) expect(code).toBe(504);
    await send(edge, 5);
    expect(edge.count("b")).toBe(0);
  });

  test("but an answer of 500 to it does", async () => {
    const edge = edgeBefore({ a: status(500), b: ok }, { clusters: inOrder("a", "b") });
    await send(edge, 20, { method: "POST", body: "x" });
    expect(edge.count("a")).toBe(5);
  });

  test("and a held body's failure does: the edge has all of it", async () => {
    const edge = edgeBefore({ a: refused, b: ok }, { clusters: inOrder("a", "b"), retry: { maxBodySize: 10 } });
    await send(edge, 20, { method: "POST", headers: { "content-length": "1" }, body: "x" });
    expect(edge.count("a")).toBe(5);
  });
});

describe("the circuit breaker", () => {
  /** A cluster that answers only when it is told to. */
  function held() {
    const waiting: ((response: Response) => void)[] = [];
    const answer: Answer = () => new Promise((resolve) => waiting.push(resolve));
    return { answer, waiting, release: () => waiting.splice(0).map((resolve) => resolve(new Response("late"))) };
  }
  const limited = (maxPendingRequests: number, maxRequests = 0) => ({
    a: { circuitBreaker: { maxPendingRequests, maxRequests } },
  });

  test("answers 503 with Retry-After: 1 at once, and closes when answers come", async () => {
    const { answer, release } = held();
    const edge = edgeBefore({ a: answer }, { clusters: limited(2) });
    const first = [edge.send(), edge.send()];
    for (const method of ["GET", "POST"]) {
      const response = await edge.send({ method });
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
    }
    expect(edge.count("a")).toBe(2);
    release();
    expect((await Promise.all(first)).map((response) => response.status)).toEqual([200, 200]);
    const next = edge.send();
    await eventually(() => expect(edge.count("a")).toBe(3));
    release();
    expect((await next).status).toBe(200);
  });

  test("lets what it has no room for go to another cluster", async () => {
    const { answer, release } = held();
    const edge = edgeBefore({ a: answer, b: ok }, { clusters: { ...limited(1), b: { priority: 1 } } });
    const first = edge.send();
    expect(await send(edge, 3)).toEqual([200, 200, 200]);
    expect([edge.count("a"), edge.count("b")]).toEqual([1, 3]);
    release();
    await first;
  });

  test("is no failure of the cluster", async () => {
    const { answer, release } = held();
    const edge = edgeBefore({ a: answer }, { clusters: limited(1) });
    const first = edge.send();
    expect(new Set(await send(edge, 20))).toEqual(new Set([503]));
    release();
    expect((await first).status).toBe(200);
  });

  test("closes after failures too", async () => {
    const edge = edgeBefore({ a: refused }, { clusters: limited(1) });
    expect(await send(edge, 4)).toEqual([502, 502, 502, 502]);
  });

  describe("with maxRequests counts bodies under way", () => {
    const streaming =
      (length?: number): Answer =>
      () => {
        const pieces = ["one ", "two ", "three"];
        const body = new ReadableStream({
          pull(controller) {
            const piece = pieces.shift();
            if (piece === undefined) controller.close();
            else controller.enqueue(new TextEncoder().encode(piece));
          },
        });
        return new Response(body, length === undefined ? {} : { headers: { "content-length": `${length}` } });
      };

    test.each([undefined, 13])("until they are read (length %j)", async (length) => {
      const edge = edgeBefore({ a: streaming(length) }, { clusters: limited(0, 1) });
      const first = await edge.send();
      expect((await edge.send()).status).toBe(503);
      expect(await first.text()).toBe("one two three");
      await eventually(async () => expect((await edge.send()).status).toBe(200));
    });

    test("until the client goes away", async () => {
      const edge = edgeBefore({ a: streaming() }, { clusters: limited(0, 1) });
      const first = await edge.send();
      expect((await edge.send()).status).toBe(503);
      await first.body?.cancel();
      await eventually(async () => expect((await edge.send()).status).toBe(200));
    });

    test("of answers without a body nothing is under way", async () => {
      const edge = edgeBefore({ a: () => new Response(null, { status: 204 }) }, { clusters: limited(0, 1) });
      expect(await send(edge, 3)).toEqual([204, 204, 204]);
    });
  });
});
