import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import { inTable, NO_ACCESS_LISTS } from "../../../src/compiler/ir/access.ts";
import type { ErrorPages } from "../../../src/table/policies/error-pages.ts";
import type { RulePolicies } from "../../../src/table/policies/rule-policies.ts";
import { type Answer, edgeOf, refused } from "../edge-of.ts";

beforeEach(() => void vi.spyOn(console, "warn").mockImplementation(() => undefined));
afterEach(() => void vi.restoreAllMocks());

function edgeWith(
  pages: Partial<ErrorPages>,
  answer: Answer,
  more: Partial<RulePolicies> = {},
  page: Answer = () => new Response("page"),
  mode: "ingress" | "service" = "service",
) {
  const seen: Request[] = [];
  const errors: Answer = (request) => {
    seen.push(request);
    return page(request);
  };
  const errorPages = { statuses: [], intercepts: true, standsIn: true, ...pages };
  const rule = {
    hostname: "shop.test",
    path: "/",
    service: "shop",
    targets: { web: 1 },
    policies: { errorPages, ...more },
  };
  const other = { service: "errors", weight: 0, targets: { errors: 1 } };
  const endpoints = { web: { mode }, errors: { mode: "service" } } as const;
  const edge = edgeOf({ rules: [{ ...rule, other }], endpoints }, { web: answer, errors });
  return { edge, seen };
}

const status =
  (code: number): Answer =>
  () =>
    new Response("own", { status: code });
const URL_OF_CART = "http://shop.test/cart?x=1";

describe("an error of a Service", () => {
  test("is answered by the default backend, with its status, and asked for by `/`", async () => {
    const { edge, seen } = edgeWith({ statuses: [404] }, status(404));
    const headers = { accept: "text/html", "x-code": "999", "x-request-id": "r1" };
    const answer = await edge(URL_OF_CART, { method: "POST", body: "a", headers });
    expect([answer.status, await answer.text()]).toEqual([200, "page"]);
    const [asked] = seen;
    expect([asked?.method, asked?.url, asked?.body]).toEqual(["POST", "http://shop.test/?x=1", null]);
    const told = ["code", "format", "original-uri", "namespace", "ingress-name", "service-name", "service-port"];
    expect(told.map((name) => asked?.headers.get(`x-${name}`))).toEqual([
      "404",
      "text/html",
      "/cart?x=1",
      "test",
      "shop",
      "shop",
      "80",
    ]);
    expect(asked?.headers.get("x-request-id")).toBe("r1");
  });

  test.each<[what: string, pages: Partial<ErrorPages>, mode: "ingress" | "service"]>([
    ["another status", { statuses: [500] }, "service"],
    ["answers that are not to be replaced", { statuses: [404], intercepts: false }, "service"],
    ["a cluster's own ingress, which does the same", { statuses: [404] }, "ingress"],
  ])("is left: %s", async (_, pages, mode) => {
    const { edge, seen } = edgeWith(pages, status(404), {}, undefined, mode);
    const answer = await edge(URL_OF_CART);
    expect([answer.status, await answer.text(), seen.length]).toEqual([404, "own", 0]);
  });

  test("is asked for without a `?` that nothing follows, and tells no format that nobody asked for", async () => {
    const { edge, seen } = edgeWith({ statuses: [404] }, status(404));
    await edge("http://shop.test/cart?", { headers: { "x-format": "claimed" } });
    expect([seen[0]?.url, seen[0]?.headers.get("x-format")]).toEqual(["http://shop.test/", null]);
  });

  test("is left where the default backend does not answer", async () => {
    const { edge } = edgeWith({ statuses: [404] }, status(404), {}, refused);
    const answer = await edge(URL_OF_CART);
    expect([answer.status, await answer.text()]).toEqual([404, "own"]);
  });
});

describe("an error of the edge's own", () => {
  const access = inTable({ ...NO_ACCESS_LISTS, allow: ["203.0.113.1"] });

  test("is replaced too, also where those of Services are not", async () => {
    const { edge, seen } = edgeWith({ statuses: [403], intercepts: false }, status(200), { access });
    expect(await (await edge(URL_OF_CART)).text()).toBe("page");
    expect(seen[0]?.headers.get("x-code")).toBe("403");
  });

  test("of another status is left", async () => {
    const { edge, seen } = edgeWith({ statuses: [404] }, status(200), { access });
    expect([(await edge(URL_OF_CART)).status, seen.length]).toEqual([403, 0]);
  });
});

describe("a Service that can't be reached", () => {
  test("is stood in for, with the request as it is and X-Code 503", async () => {
    const { edge, seen } = edgeWith({}, refused);
    expect(await (await edge(URL_OF_CART)).text()).toBe("page");
    expect([seen[0]?.url, seen[0]?.headers.get("x-code")]).toEqual([URL_OF_CART, "503"]);
    expect(["x-format", "x-original-uri"].map((name) => seen[0]?.headers.get(name))).toEqual([null, null]);
  });

  test("takes no request by lot", async () => {
    const { edge, seen } = edgeWith({}, status(200));
    for (let request = 0; request < 20; request++) expect(await (await edge(URL_OF_CART)).text()).toBe("own");
    expect(seen).toEqual([]);
  });
});
