import { describe, expect, test } from "vitest";
import { edgeOf } from "../edge-of.ts";

const TOKEN = "a-token-of-some-length";
const NAME = "x-edge-ingress-trace";
const sketch = {
  rules: [
    { hostname: "*.test", path: "/", service: "shop", targets: { a: 1 } },
    { hostname: "*.test", path: "/limited", service: "shop", targets: { a: 1 }, timeouts: { request: 5_000 } },
  ],
};
let seen: Headers | null = null;
const endpoints = {
  a: (request: Request) => {
    seen = request.headers;
    return new Response("a", { status: 203, headers: { "cache-control": "public", [NAME]: "from the cluster" } });
  },
};
const asking = (token: string) => ({ headers: { [NAME]: token } });
const edge = (env = {}) => edgeOf(sketch, endpoints, env);
const withToken = { EDGE_INGRESS_STATUS_TOKEN: TOKEN };

describe("who brings the token", () => {
  test("is told the table, the rule and the endpoint; no cache keeps it", async () => {
    const response = await edge(withToken)("http://shop.test/x", asking(TOKEN));
    expect(JSON.parse(response.headers.get(NAME) ?? "")).toEqual({
      table: expect.stringMatching(/^[0-9a-f]{64}$/),
      rule: { host: "*.test", type: "PathPrefix", path: "/", from: "Ingress test/shop" },
      endpoint: expect.stringContaining("a"),
    });
    expect([response.status, await response.text()]).toEqual([203, "a"]);
    expect(response.headers.get("cache-control")).toBe("no-store");
  });

  test.each([
    ["http://other.example/", 404],
    ["http://shop.test/%00", 400],
  ])("is told that no rule took %s", async (url, status) => {
    const response = await edge(withToken)(url, asking(TOKEN));
    expect(response.status).toBe(status);
    expect(JSON.parse(response.headers.get(NAME) ?? "")).toMatchObject({ rule: null, endpoint: null });
  });
});

describe("who does not is told nothing, and served as anybody", () => {
  test.each([
    ["with a wrong token", withToken, asking("wrong")],
    ["with a part of it", withToken, asking(TOKEN.slice(0, -1))],
    ["with an empty one", withToken, asking("")],
    ["where the edge has none", {}, asking(TOKEN)],
    ["where the edge has an empty one", { EDGE_INGRESS_STATUS_TOKEN: "" }, asking("")],
  ])("%s", async (_, env, init) => {
    const response = await edge(env)("http://shop.test/x", init);
    expect(response.status).toBe(203);
    expect(response.headers.get(NAME) ?? "").not.toContain("table");
    expect(response.headers.get("cache-control")).toBe("public");
  });
});

test.each([NAME, "X_Edge_Ingress_Trace"])("no cluster sees %s", async (name) => {
  await edge(withToken)("http://shop.test/x", { headers: { [name]: TOKEN } });
  expect(JSON.stringify([...(seen ?? [])])).not.toContain(TOKEN);
});
