import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { DEFAULT_OUTLIER_DETECTION } from "../../../src/table/policies/outlier-detection.ts";
import { DEFAULT_RETRY } from "../../../src/table/policies/retry.ts";
import { DEFAULT_RULE_POLICIES } from "../../../src/table/policies/rule-policies.ts";
import { edgeOf, refused } from "../edge-of.ts";
import { edgeBefore, frozen, inOrder, status } from "./clusters.ts";

// Logged on purpose, and often.
beforeEach(() => void vi.spyOn(console, "warn").mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

const ok = () => new Response("ok");

async function statuses(send: () => Promise<Response>, count: number): Promise<number[]> {
  const codes: number[] = [];
  for (let request = 0; request < count; request++) codes.push((await send()).status);
  return codes;
}

describe("the deadline of a request", () => {
  test("is not passed by a back-off: the answer comes without the retry", async () => {
    const clusters = inOrder("a", "b", "c");
    const edge = edgeBefore(
      { a: refused, b: refused, c: ok },
      { clusters, timeouts: { request: 200 }, retry: { backoff: { base: 60_000, max: 600_000 } } },
    );
    vi.spyOn(Math, "random").mockReturnValue(0.9);
    expect((await edge.send()).status).toBe(502);
    expect(edge.reached()).toEqual(["a", "b"]);
  });

  test("that leaves a try less than its due says nothing of the endpoint's health", async () => {
    const clusters = inOrder("a", "b");
    const timeouts = { request: 30, backendRequest: 60_000 };
    const edge = edgeBefore({ a: frozen, b: ok }, { clusters, timeouts, retry: { attempts: 0 } });
    expect(await statuses(edge.send, 8)).toEqual(Array(8).fill(504));
    expect(edge.count("b")).toBe(0);
    const own = edgeBefore({ a: frozen, b: ok }, { clusters, retry: { attempts: 0, perTryTimeout: 5 } });
    expect(await statuses(own.send, 8)).toEqual([504, 504, 504, 504, 504, 200, 200, 200]);
  });
});

describe("a body that is to be held and breaks off", () => {
  test("is 400, not a fault of the edge, and goes to no cluster", async () => {
    const error = vi.spyOn(console, "error");
    const edge = edgeBefore({ a: ok }, { retry: { maxBodySize: 100 } });
    const body = new ReadableStream({ start: (controller) => controller.error(new Error("gone")) });
    const response = await edge.send({ method: "POST", headers: { "content-length": "10" }, body });
    expect([response.status, edge.count("a")]).toEqual([400, 0]);
    expect(error).not.toHaveBeenCalled();
  });
});

describe("by latency, an endpoint that fails fast is not the fastest", () => {
  const slow = async () => {
    await scheduler.wait(5);
    return new Response("ok");
  };
  const off = { outlierDetection: { ...DEFAULT_OUTLIER_DETECTION, consecutive5xx: 0, consecutiveGatewayFailure: 0 } };

  test.each([
    ["refuses", refused],
    ["answers 500", status(500)],
  ])("one that %s", async (_, broken) => {
    const edge = edgeBefore(
      { good: slow, broken },
      { clusters: { broken: off, good: off }, loadBalancing: { type: "LeastLatency" } },
    );
    await statuses(edge.send, 60);
    expect(edge.count("broken")).toBeLessThan(edge.count("good") / 2);
  });
});

describe("what never ends is not waited for", () => {
  const TOKEN = { EDGE_INGRESS_STATUS_TOKEN: "token" };

  test("the loser of a hedge is given up, and counts as pending no more", async () => {
    const rule = { hostname: "shop.test", path: "/", service: "shop", targets: { a: 1, b: 1 } };
    const hedge = { ...DEFAULT_RULE_POLICIES, retry: { ...DEFAULT_RETRY, hedge: { delay: 1 } } };
    const lost: AbortSignal[] = [];
    const edge = edgeOf(
      { rules: [{ ...rule, policies: hedge }], clusters: inOrder("a", "b") },
      {
        a: (request) => {
          lost.push(request.signal);
          return new Promise((_, reject) => request.signal.addEventListener("abort", () => reject(new Error("gone"))));
        },
        b: ok,
      },
      TOKEN,
    );
    for (let count = 0; count < 5; count++) expect((await edge("http://shop.test/")).status).toBe(200);
    expect(lost.map(({ aborted }) => aborted)).toEqual(Array(5).fill(true));
    const told = await edge("http://shop.test/.edge-ingress/status", { headers: { authorization: "Bearer token" } });
    expect(await told.json()).toMatchObject({
      clusters: [{ endpoints: [{ pending: 0, ejections: 0 }] }, { endpoints: [{ pending: 0 }] }],
    });
  });
});

describe("an answer whose body is counted", () => {
  test("is whole where its length is that of an encoded body", async () => {
    const zipped = new Response("x".repeat(10_000)).body?.pipeThrough(new CompressionStream("gzip"));
    const bytes = await new Response(zipped).arrayBuffer();
    const encoded = () =>
      new Response(bytes, {
        encodeBody: "manual",
        headers: { "content-encoding": "gzip", "content-length": `${bytes.byteLength}` },
      });
    const edge = edgeBefore(
      { a: encoded },
      { clusters: { a: { circuitBreaker: { maxPendingRequests: 0, maxRequests: 5 } } } },
    );
    const response = await edge.send();
    expect((await response.arrayBuffer()).byteLength).toBeGreaterThan(0);
  });
});
