import { describe, expect, test } from "vitest";
import { DEFAULT_HEALTH_CHECK } from "../../../src/table/policies/health-check.ts";
import { edgeOf, refused } from "../edge-of.ts";

const TOKEN = "a-token-of-some-length";
const sketch = {
  rules: [{ hostname: "shop.test", path: "/", service: "shop", targets: { a: 1, b: 1 } }],
  clusters: { b: { priority: 1, drain: true } },
};
const endpoints = { a: () => new Response("a"), b: () => new Response("b") };
const withToken = { EDGE_INGRESS_STATUS_TOKEN: TOKEN };
const url = "http://shop.test/.edge-ingress/status";
const asking = (token: string) => ({ headers: { authorization: `Bearer ${token}` } });

describe("who may not see the status", () => {
  test.each([
    ["without a token", {}],
    ["with a wrong one", asking("wrong")],
    ["with a part of it", asking(TOKEN.slice(0, -1))],
    ["with an empty one", asking("")],
    ["with another scheme", { headers: { authorization: `Basic ${btoa(TOKEN)}` } }],
  ])("%s: 401, and nothing of the inside", async (_, init) => {
    const response = await edgeOf(sketch, endpoints, withToken)(url, init);
    expect(response.status).toBe(401);
    expect(response.headers.get("www-authenticate")).toContain("Bearer");
    expect(await response.text()).not.toMatch(/a\.test|cluster/);
  });

  test.each([{}, { EDGE_INGRESS_STATUS_TOKEN: "" }, { EDGE_INGRESS_STATUS_TOKEN: 5 }])(
    "where the edge has no token, the path is a cluster's like any other: %j",
    async (env) => {
      const edge = edgeOf(sketch, endpoints, env);
      expect(await (await edge(url, asking(""))).text()).toBe("a");
      expect(await (await edge(url, asking(TOKEN))).text()).toBe("a");
    },
  );

  test("no other path is taken from the clusters", async () => {
    const edge = edgeOf(sketch, endpoints, withToken);
    for (const path of ["/.edge-ingress", "/.edge-ingress/status/", "/.edge-ingress/statusx"]) {
      expect(await (await edge(`http://shop.test${path}`, asking(TOKEN))).text()).toBe("a");
    }
  });
});

describe("the status", () => {
  test("tells each cluster and endpoint, on any host; without health checks no object is missed", async () => {
    const response = await edgeOf(sketch, endpoints, withToken)("http://any.host/.edge-ingress/status", asking(TOKEN));
    expect(response.headers.get("cache-control")).toBe("no-store");
    const status: Record<string, unknown> = await response.json();
    expect(status.table).toMatch(/^[0-9a-f]{64}$/);
    expect(status.problem).toBeNull();
    expect(status.isolate).toMatchObject({ snapshotAge: null, retryBudget: { active: 0, used: 0 } });
    expect(status.clusters).toMatchObject([
      { name: "a", priority: 0, drain: false, endpoints: [{ address: "http://a.test:80", state: "unknown" }] },
      { name: "b", priority: 1, drain: true, endpoints: [{ drained: true }] },
    ]);
  });

  test("tells ejections and retries as they happen", async () => {
    const both = { ...sketch, clusters: {} };
    const edge = edgeOf(both, { ...endpoints, a: refused }, withToken);
    for (let count = 0; count < 12; count++) expect((await edge("http://shop.test/")).status).toBe(200);
    const status = await (await edge(url, asking(TOKEN))).json();
    expect(status).toMatchObject({
      isolate: { retryBudget: { active: 12, used: 5 } },
      clusters: [
        { endpoints: [{ ejectionCause: "consecutive-gateway-failure", ejections: 1 }] },
        { endpoints: [{ ejectedUntil: 0, ejections: 0 }] },
      ],
    });
  });

  test("tells that health checks are not made where there is no object", async () => {
    const checked = { ...sketch, clusters: { a: { healthCheck: DEFAULT_HEALTH_CHECK } } };
    const told: { problem: string } = await (await edgeOf(checked, endpoints, withToken)(url, asking(TOKEN))).json();
    expect(told.problem).toContain("EDGE_INGRESS_HEALTH");
  });

  test("tells which backends are ejected from an endpoint, and leaves it well for the others", async () => {
    const broken = { ...sketch, clusters: {} };
    const edge = edgeOf(broken, { ...endpoints, a: () => new Response(null, { status: 500 }) }, withToken);
    for (let count = 0; count < 12; count++) await edge("http://shop.test/");
    const status = await (await edge(url, asking(TOKEN))).json();
    const until = expect.any(Number);
    expect(status).toMatchObject({
      clusters: [
        {
          endpoints: [
            {
              ejectedUntil: 0,
              ejections: 0,
              backendEjections: [{ backend: "test/shop:80", cause: "consecutive-5xx", until }],
            },
          ],
        },
        { endpoints: [{ backendEjections: [] }] },
      ],
    });
  });

  test("a health object that fails or hangs is a problem in the status, not of it", async () => {
    const namespace = (status: () => Promise<unknown>) => ({
      idFromName: () => "id",
      get: () => ({ status, sync: async () => Promise.reject(new Error("down")) }),
    });
    for (const [status, problem] of [
      [() => Promise.reject(new Error("overloaded")), "overloaded"],
      [() => new Promise(() => undefined), "in time"],
      [async () => undefined, "no status"],
      [async () => ({ at: 1, endpoints: {} }), "no status"],
    ] as const) {
      const env = { ...withToken, EDGE_INGRESS_HEALTH: namespace(status) };
      const answer = await edgeOf(sketch, endpoints, env)(url, asking(TOKEN));
      expect(answer.status).toBe(200);
      const told: { problem: string; clusters: unknown[] } = await answer.json();
      expect(told.problem).toContain(problem);
      expect(told.clusters).toHaveLength(2);
    }
  });
});
