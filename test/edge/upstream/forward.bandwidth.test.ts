import { describe, expect, test } from "vitest";
import { edgeOf } from "../edge-of.ts";

const TEXT = "x".repeat(3_000);
/** 3,000 bytes in 30 ms: far longer than an answer takes that nothing holds back, and no test waits long for it. */
const limit = { rate: 100_000, after: 0, onlyServices: true };

function edge(mode: "service" | "ingress", bandwidthLimit: typeof limit | null, answer = () => new Response(TEXT)) {
  const rule = { hostname: "shop.test", path: "/", service: "shop", policies: { bandwidthLimit } };
  return edgeOf({ rules: [rule], endpoints: { only: { mode } } }, { only: answer });
}

/** Milliseconds by the runtime's clock, which stands still unless something is waited for. */
async function timed(fetch: ReturnType<typeof edge>, url = "http://shop.test/") {
  const start = Date.now();
  const response = await fetch(url);
  const text = await response.text();
  return { response, text, milliseconds: Date.now() - start };
}

describe("an answer with a bandwidth limit", () => {
  test("of a Service is paced, and whole", async () => {
    const { text, milliseconds } = await timed(edge("service", limit));
    expect(text).toBe(TEXT);
    expect(milliseconds).toBeGreaterThanOrEqual(30);
  });

  test("keeps its length and its headers", async () => {
    const headers = { "content-length": "3000", etag: '"a"' };
    const { response, text } = await timed(edge("service", limit, () => new Response(TEXT, { headers })));
    expect([response.headers.get("content-length"), response.headers.get("etag"), text]).toEqual(["3000", '"a"', TEXT]);
  });

  test("without a body is as it was", async () => {
    const { response } = await timed(edge("service", limit, () => new Response(null, { status: 204 })));
    expect([response.status, response.body]).toEqual([204, null]);
  });
});

describe("what says on which side it is paced", () => {
  /** At one byte a second no such answer comes before the test's end. */
  const slow = { rate: 1, after: 0 };

  test("an annotation leaves it to the cluster's own ingress", async () => {
    const { text } = await timed(edge("ingress", { ...slow, onlyServices: true }));
    expect(text).toBe(TEXT);
  });

  test("an EdgePolicy does not", async () => {
    const { text, milliseconds } = await timed(edge("ingress", { ...limit, onlyServices: false }));
    expect(text).toBe(TEXT);
    expect(milliseconds).toBeGreaterThanOrEqual(30);
  });
});
