import { describe, expect, test } from "vitest";
import { type Access, inTable, NO_ACCESS_LISTS } from "../../../src/compiler/ir/access.ts";
import { type Cors, DEFAULT_CORS } from "../../../src/table/policies/cors.ts";
import type { RulePolicies } from "../../../src/table/policies/rule-policies.ts";
import { type Answer, edgeOf, refused } from "../edge-of.ts";

const SHOP = "https://shop.example.com";

function edgeWith(cors: Partial<Cors>, more: Partial<RulePolicies> = {}, answer: Answer = () => new Response("ok")) {
  const seen: Request[] = [];
  const only: Answer = (request) => {
    seen.push(request);
    return answer(request);
  };
  const policies = { cors: { ...DEFAULT_CORS, ...cors }, ...more };
  const rules = [{ hostname: "api.test", path: "/", service: "api", policies }];
  return { edge: edgeOf({ rules }, { only }), seen };
}

/** What the answer says of cross-origin requests, by the names without their common beginning. */
function saidBy(answer: Response): Readonly<Record<string, string>> {
  const said = [...answer.headers].filter(([name]) => name.startsWith("access-control-"));
  return Object.fromEntries(said.map(([name, value]) => [name.slice("access-control-".length), value]));
}

const ALL = {
  "allow-methods": DEFAULT_CORS.allowMethods,
  "allow-headers": DEFAULT_CORS.allowHeaders,
  "max-age": "1728000",
};

const denyAll: Partial<Access> = { allow: ["203.0.113.1"] };
const closed = { access: inTable({ ...NO_ACCESS_LISTS, ...denyAll }) };
const preflight = (origin: string) => ({
  method: "OPTIONS",
  headers: { origin, "access-control-request-method": "POST" },
});

describe("an origin is allowed", () => {
  test.each<[origins: string[], origin: string, allowed: boolean]>([
    [[SHOP], SHOP, true],
    [[SHOP], "HTTPS://Shop.Example.COM", true],
    [[SHOP, "https://other.test"], "https://other.test", true],
    [[SHOP], "http://shop.example.com", false],
    [[SHOP], "https://shop.example.com:8443", false],
    [["https://shop.example.com:8443"], SHOP, false],
    [[SHOP], "https://shop-example.com", false],
    [[SHOP], "https://shopxexample.com", false],
    // What ends or begins as an allowed one: the origins of somebody else.
    [[SHOP], "https://evil.test/https://shop.example.com", false],
    [[SHOP], "https://evilshop.example.com", false],
    [[SHOP], "https://shop.example.com.evil.test", false],
    [[SHOP], "xhttps://shop.example.com", false],
    [[SHOP], "https://user@shop.example.com", false],
    [[SHOP], `${SHOP}, https://evil.test`, false],
    [[SHOP], `https://evil.test, ${SHOP}`, false],
    [[SHOP], "null", false],
    [[SHOP], "", false],
    [["null"], "null", true],
    [["null"], "https://evil-null", false],
    [["https://*.example.com"], "https://a.example.com", true],
    [["https://*.example.com"], "https://a-1.example.com", true],
    [["https://*.example.com"], "https://a.b.example.com", false],
    [["https://*.example.com"], "https://example.com", false],
    [["https://*.example.com"], "https://.example.com", false],
    [["https://*.example.com"], "https://evil.test/.example.com", false],
    [["https://*.example.com"], "https://a.example.com:8443", false],
    [["https://*.example.com"], "https://axexample.com", false],
    [["https://*.example.com:8443"], "https://a.example.com:8443", true],
    [["https://*.example.com"], "https://*.example.com", true],
    [["app://localhost"], "app://localhost", true],
    [[], SHOP, false],
  ])("by %j: %s is %s", async (allowOrigins, origin, allowed) => {
    const { edge } = edgeWith({ allowOrigins });
    const answer = await edge("http://api.test/", { headers: { origin } });
    expect(saidBy(answer)).toEqual(allowed ? { ...ALL, "allow-origin": origin } : {});
    expect(answer.status).toBe(200);
  });

  test("by `*` is any, and a request without one is told so", async () => {
    const { edge } = edgeWith({ allowOrigins: ["*"] });
    for (const headers of [{ origin: SHOP }, { origin: "null" }, {}]) {
      expect(saidBy(await edge("http://api.test/", { headers }))).toEqual({ ...ALL, "allow-origin": "*" });
    }
  });
});

describe("a preflight", () => {
  test("of an allowed origin is answered before any guard and any cluster", async () => {
    const { edge, seen } = edgeWith({ allowOrigins: [SHOP] }, closed);
    const answer = await edge("http://api.test/", preflight(SHOP));
    expect([answer.status, await answer.text(), answer.headers.get("content-type")]).toEqual([
      204,
      "",
      "text/plain charset=UTF-8",
    ]);
    expect(saidBy(answer)).toEqual({ ...ALL, "allow-origin": SHOP });
    expect(seen).toEqual([]);
  });

  test("is any OPTIONS of an allowed origin", async () => {
    const { edge } = edgeWith({ allowOrigins: ["*"] });
    expect((await edge("http://api.test/", { method: "OPTIONS" })).status).toBe(204);
  });

  test("of another origin meets the guard", async () => {
    const { edge, seen } = edgeWith({ allowOrigins: [SHOP] }, closed);
    const answer = await edge("http://api.test/", preflight("https://evil.test"));
    expect([answer.status, saidBy(answer), seen.length]).toEqual([403, {}, 0]);
  });

  test("of another origin goes to the cluster where nothing guards", async () => {
    const { edge, seen } = edgeWith({ allowOrigins: [SHOP] });
    expect((await edge("http://api.test/", preflight("https://evil.test"))).status).toBe(200);
    expect(seen.map(({ method }) => method)).toEqual(["OPTIONS"]);
  });

  test("of a path that no rule takes is none", async () => {
    const { edge } = edgeWith({ allowOrigins: ["*"] });
    expect((await edge("http://other.test/", preflight(SHOP))).status).toBe(404);
  });
});

describe("every answer to an allowed origin says so:", () => {
  const backend =
    (status: number): Answer =>
    () =>
      new Response(null, { status });

  test.each<[what: string, status: number, answer: Answer, more: Partial<RulePolicies>]>([
    ["the cluster's", 200, backend(200), {}],
    ["the cluster's 404", 404, backend(404), {}],
    ["the cluster's 500", 500, backend(500), {}],
    ["a redirect", 302, () => new Response(null, { status: 302, headers: { location: "/a" } }), {}],
    ["304", 304, backend(304), {}],
    ["403 of a guard", 403, backend(200), closed],
    ["502", 502, refused, {}],
    ["a fallback", 503, refused, { fallback: { status: 503, contentType: "text/plain", body: "later" } }],
  ])("%s", async (_, status, answer, more) => {
    const { edge } = edgeWith({ allowOrigins: [SHOP] }, more, answer);
    const got = await edge("http://api.test/", { headers: { origin: SHOP } });
    expect([got.status, saidBy(got)]).toEqual([status, { ...ALL, "allow-origin": SHOP }]);
  });

  test("401 of a guard", async () => {
    const apiKey = {
      from: [{ in: "header", name: "x-api-key", prefix: "" }],
      scopes: [],
      ownerHeader: "",
      forward: false,
    } as const;
    const { edge } = edgeWith({ allowOrigins: [SHOP] }, { apiKey });
    const got = await edge("http://api.test/", { headers: { origin: SHOP } });
    expect([got.status, saidBy(got)]).toEqual([401, { ...ALL, "allow-origin": SHOP }]);
  });
});

describe("what the cluster says", () => {
  const said = {
    "access-control-allow-origin": "https://evil.test",
    "access-control-allow-credentials": "true",
    "access-control-allow-methods": "*",
    "access-control-allow-headers": "*",
    "access-control-expose-headers": "x-secret",
    "access-control-max-age": "1",
  };
  const talking: Answer = () => new Response("ok", { headers: said });

  test("is replaced and not repeated: a controller behind the edge reads the same manifest", async () => {
    const twice: Answer = () => {
      const answer = new Response("ok", { headers: said });
      answer.headers.append("access-control-allow-origin", SHOP);
      return answer;
    };
    const { edge } = edgeWith({ allowOrigins: [SHOP], allowCredentials: true, exposeHeaders: "x-total" }, {}, twice);
    expect(saidBy(await edge("http://api.test/", { headers: { origin: SHOP } }))).toEqual({
      ...ALL,
      "allow-origin": SHOP,
      "allow-credentials": "true",
      "expose-headers": "x-total",
    });
  });

  test("stays where the edge says nothing: to other origins, and of what it does not speak", async () => {
    const { edge } = edgeWith({ allowOrigins: [SHOP] }, {}, talking);
    const toOther = saidBy(await edge("http://api.test/", { headers: { origin: "https://evil.test" } }));
    expect(toOther["allow-origin"]).toBe("https://evil.test");
    const toAllowed = saidBy(await edge("http://api.test/", { headers: { origin: SHOP } }));
    expect([toAllowed["allow-credentials"], toAllowed["expose-headers"]]).toEqual(["true", "x-secret"]);
  });
});
