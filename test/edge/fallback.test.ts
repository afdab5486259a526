import { describe, expect, test } from "vitest";
import type { RuleSketch } from "../support/router.ts";
import { edgeOf, refused } from "./edge-of.ts";

const page = { status: 503, contentType: "text/html; charset=utf-8", body: "<h1>Back soon</h1>" };
const rule: RuleSketch = {
  hostname: "shop.test",
  path: "/",
  service: "shop",
  targets: { a: 1, b: 1 },
  policies: { fallback: page },
};

describe("a rule's own page where no cluster answers", () => {
  const edge = edgeOf({ rules: [rule] }, { a: refused, b: refused });

  test("has its status, type and body, the request id, and is not cached", async () => {
    const response = await edge("http://shop.test/", { headers: { "x-request-id": "r-1" } });
    expect([response.status, await response.text()]).toEqual([503, page.body]);
    expect(response.headers.get("content-type")).toBe(page.contentType);
    expect(response.headers.get("cache-control")).toBe("no-store");
    expect(response.headers.get("x-request-id")).toBe("r-1");
  });

  test("HEAD gets its headers alone", async () => {
    const response = await edge("http://shop.test/", { method: "HEAD" });
    expect([response.status, await response.text()]).toEqual([503, ""]);
  });

  test("is not shown while one of them answers", async () => {
    const half = edgeOf({ rules: [rule] }, { a: refused, b: () => new Response("ok") });
    expect(await (await half("http://shop.test/")).text()).toBe("ok");
  });

  test("does not take the place of a cluster's own errors, or of 400 and 404", async () => {
    const answering = edgeOf({ rules: [rule] }, { a: () => new Response("own", { status: 500 }) });
    expect(await (await answering("http://other.test/")).status).toBe(404);
    expect((await edge("http://shop.test/a%00")).status).toBe(400);
    const own = edgeOf({ rules: [{ ...rule, targets: { a: 1 } }] }, { a: () => new Response("own", { status: 500 }) });
    expect(await (await own("http://shop.test/")).text()).toBe("own");
  });

  test("also where all clusters are drained", async () => {
    const drained = edgeOf(
      { rules: [rule], clusters: { a: { drain: true }, b: { drain: true } } },
      { a: () => new Response("a"), b: () => new Response("b") },
    );
    expect(await (await drained("http://shop.test/")).text()).toBe(page.body);
  });
});
