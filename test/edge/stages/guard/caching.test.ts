import { afterEach, describe, expect, test, vi } from "vitest";
import { inTable, NO_ACCESS_LISTS } from "../../../../src/compiler/ir/access.ts";
import { DEFAULT_CLIENT_CERTIFICATE } from "../../../../src/table/policies/client-certificate.ts";
import { DEFAULT_CORS } from "../../../../src/table/policies/cors.ts";
import type { RulePolicies } from "../../../../src/table/policies/rule-policies.ts";
import { edgeOf } from "../../edge-of.ts";
import { worldOf } from "./external-auth/asking.ts";

afterEach(() => void vi.restoreAllMocks());

const access = inTable({ ...NO_ACCESS_LISTS, allow: ["127.0.0.1/32"] });
const rule = { hostname: "shop.test", path: "/", service: "web", targets: { web: 1 } };
const web = { host: "endpoint", transport: { name: "public-name" } } as const;

test.each([
  ["of a guarded rule are not kept: the cache knows nothing of who was let in", { access }, "no-store"],
  ["of an open rule may be kept", {}, undefined],
])("by the platform's cache, answers %s", async (_, policies, cache) => {
  const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok"));
  const edge = edgeOf({ rules: [{ ...rule, policies }], endpoints: { web } }, {});
  expect((await edge("http://shop.test/logo.png", { method: "POST", body: "x" })).status).toBe(200);
  const [sent] = fetched.mock.calls[0] ?? [];
  expect(sent).toBeInstanceOf(Request);
  expect(Reflect.get(sent as Request, "cache")).toBe(cache);
  expect(await (sent as Request).text()).toBe("x");
});

test("by the platform's cache, what a service said of a client is not kept, which others would be answered from", async () => {
  const fetched = vi.spyOn(globalThis, "fetch").mockImplementation(async () => new Response("ok"));
  const { ask } = worldOf({ url: "https://auth.example.test/check.js", via: "name" });
  expect((await ask("http://shop.test/")).status).toBe(200);
  const [sent] = fetched.mock.calls[0] ?? [];
  expect(Reflect.get(sent as Request, "cache")).toBe("no-store");
});

test("through a binding, which has no cache, nothing is said", async () => {
  const seen: unknown[] = [];
  const answers = {
    web: (request: Request) => {
      seen.push(Reflect.get(request, "cache"));
      return new Response("ok");
    },
  };
  const edge = edgeOf({ rules: [{ ...rule, policies: { access } }] }, answers);
  expect((await edge("http://shop.test/")).status).toBe(200);
  expect(seen).toEqual([undefined]);
});

/** `Cache-Control` and the other headers of an answer to whoever is let in, of a cluster that answers with these. */
async function answered(headers: HeadersInit, policies: Partial<RulePolicies> = { access }, status = 200) {
  const web = () => new Response(status === 304 ? null : "ok", { status, headers });
  const edge = edgeOf({ rules: [{ ...rule, policies }] }, { web });
  return (await edge("http://shop.test/logo.png")).headers;
}

describe("of a guarded rule no shared cache may keep what it could give to others", () => {
  test.each([
    ["nothing: a cache may guess", null, "private"],
    ["an empty one", "", "private"],
    ["an age", "max-age=600", "private, max-age=600"],
    ["leave for all", "public, max-age=600", "private, max-age=600"],
    ["leave in capitals", "PUBLIC, Max-Age=600", "private, Max-Age=600"],
    ["an age of shared caches", "s-maxage=600", "private"],
    ["leave by revalidation (RFC 9111 §3.5)", "must-revalidate, max-age=1", "private, must-revalidate, max-age=1"],
    ["leave by revalidation of proxies", "proxy-revalidate, max-age=1", "private, max-age=1"],
    ["revalidation", "no-cache", "private, no-cache"],
    ["a private field alone", 'private="set-cookie", max-age=600', "private, max-age=600"],
    ["a list of fields with commas", 'private="a, public", max-age=1', "private, max-age=1"],
    ["`private` within a text", 'x="private, no-store", public', 'private, x="private, no-store"'],
    ["a text without an end", 'max-age=600, x="private', "private"],
    ["a contradiction", "private, public, s-maxage=9", "private"],
    ["another contradiction", "no-store, public", "no-store"],
    ["a longer word", "privateer, max-age=1", "private, privateer, max-age=1"],
    [
      "what may be changed on the way",
      "max-age=1, immutable, no-transform",
      "private, max-age=1, immutable, no-transform",
    ],
  ])("%s", async (_, written, wanted) => {
    expect((await answered(written === null ? {} : { "cache-control": written })).get("cache-control")).toBe(wanted);
  });

  test.each(["private", "no-store", "private, max-age=600", "No-Store", "no-cache, no-store, must-revalidate"])(
    "what is private already stays as it is: %s",
    async (written) => expect((await answered({ "cache-control": written })).get("cache-control")).toBe(written),
  );

  test.each([
    ...["cdn-cache-control", "cloudflare-cdn-cache-control", "akamai-cache-control"],
    ...["surrogate-control", "edge-control", "x-accel-expires"],
  ])("what is said to single caches is taken off: %s", async (name) => {
    const headers = await answered({ "cache-control": "private", [name]: "max-age=600" });
    expect(headers.has(name)).toBe(false);
    expect(headers.get("cache-control")).toBe("private");
  });

  test("several headers of the name are one list", async () => {
    const headers = new Headers([
      ["cache-control", "max-age=600"],
      ["cache-control", "public"],
    ]);
    expect((await answered(headers)).get("cache-control")).toBe("private, max-age=600");
  });

  test.each([200, 206, 301, 304, 404, 410, 500])("whatever the status: %i", async (status) => {
    const headers = await answered({ "cache-control": "public, max-age=600" }, { access }, status);
    expect(headers.get("cache-control")).toBe("private, max-age=600");
  });

  const deletes = { principal: null, methods: ["DELETE"], paths: [], headers: [], all: [], any: [], not: null };
  const secret = { name: "shop/users", binding: "USERS" };
  test.each<[guard: string, policies: Partial<RulePolicies>]>([
    ["an authorization", { authorization: { rules: [{ action: "Deny", when: deletes }] } }],
    ["a client certificate", { clientCertificate: { ...DEFAULT_CLIENT_CERTIFICATE, mode: "Optional" } }],
    ["a list, where another check lets in", { access, basicAuth: { secret, key: "auth", realm: "" }, satisfy: "any" }],
  ])("whatever guards it: %s", async (_, policies) => {
    const headers = await answered({ "cache-control": "public" }, policies);
    expect(headers.get("cache-control")).toBe("private");
  });

  test.each<[what: string, policies: Partial<RulePolicies>]>([
    ["without policies", {}],
    ["with policies that guard nothing", { cors: DEFAULT_CORS }],
  ])("a rule %s is left as it is", async (_, policies) => {
    const written = { "cache-control": "public, s-maxage=600", "cdn-cache-control": "max-age=1" };
    const headers = await answered(written, policies);
    expect(headers.get("cache-control")).toBe("public, s-maxage=600");
    expect(headers.get("cdn-cache-control")).toBe("max-age=1");
  });
});
