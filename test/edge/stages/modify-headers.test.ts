import { describe, expect, test } from "vitest";
import { inTable, NO_ACCESS_LISTS } from "../../../src/compiler/ir/access.ts";
import type { HeaderChange } from "../../../src/table/policies/header-modifier.ts";
import type { RulePolicies } from "../../../src/table/policies/rule-policies.ts";
import type { RouterSketch } from "../../support/router.ts";
import { type Answer, edgeOf, refused } from "../edge-of.ts";

const change = (
  action: HeaderChange["action"],
  name: string,
  value = "",
  more: Partial<HeaderChange> = {},
): HeaderChange => ({
  action,
  name,
  value: value === "" ? [] : [{ type: "text", value }],
  besidesIngress: false,
  onlySuccess: false,
  ...more,
});

const OF_SERVICE = { only: { mode: "service" } } as const;

function edgeWith(
  policies: Partial<RulePolicies>,
  answer: Answer = () => new Response("ok", { headers: { "x-powered-by": "php", "x-a": "backend" } }),
  endpoints: RouterSketch["endpoints"] = OF_SERVICE,
) {
  const seen: Request[] = [];
  const only: Answer = (request) => {
    seen.push(request);
    return answer(request);
  };
  const edge = edgeOf(
    { rules: [{ hostname: "shop.test", path: "/", service: "shop", policies }], endpoints },
    { only },
  );
  return { edge, seen };
}

describe("headers of answers", () => {
  const responseHeaders = [change("set", "X-A", "edge"), change("add", "X-B", "1"), change("remove", "X-Powered-By")];

  test("are set, added and removed", async () => {
    const { headers } = await edgeWith({ responseHeaders }).edge("http://shop.test/");
    expect([headers.get("x-a"), headers.get("x-b"), headers.get("x-powered-by")]).toEqual(["edge", "1", null]);
  });

  test("of the edge's own refusals too", async () => {
    const access = inTable({ ...NO_ACCESS_LISTS, allow: ["203.0.113.1"] });
    const answer = await edgeWith({ responseHeaders, access }).edge("http://shop.test/");
    expect([answer.status, answer.headers.get("x-a")]).toEqual([403, "edge"]);
  });

  test("and where no cluster answers", async () => {
    const answer = await edgeWith({ responseHeaders }, refused).edge("http://shop.test/");
    expect([answer.status, answer.headers.get("x-a")]).toEqual([502, "edge"]);
  });

  test("are added to answers of success alone, where that is asked", async () => {
    const added = [change("add", "X-B", "1", { onlySuccess: true })];
    const answered = async (status: number) =>
      (await edgeWith({ responseHeaders: added }, () => new Response(null, { status })).edge("http://shop.test/"))
        .headers;
    expect((await answered(200)).get("x-b")).toBe("1");
    expect((await answered(307)).get("x-b")).toBe("1");
    expect((await answered(202)).has("x-b")).toBe(false);
    expect((await answered(404)).has("x-b")).toBe(false);
  });

  test("that a cluster's own ingress adds are not added twice", async () => {
    const added = [change("add", "X-A", "edge", { besidesIngress: true })];
    const ofIngress = edgeWith({ responseHeaders: added }, undefined, {});
    expect((await ofIngress.edge("http://shop.test/")).headers.get("x-a")).toBe("backend");
    const ofService = edgeWith({ responseHeaders: added });
    expect((await ofService.edge("http://shop.test/")).headers.get("x-a")).toBe("backend, edge");
  });
});

describe("headers of requests", () => {
  const value = [
    { type: "text", value: "to " },
    { type: "host", value: "" },
  ] as const;
  const requestHeaders = [
    change("set", "X-A", "", { value: [...value] }),
    change("remove", "X-Debug"),
    change("add", "X-B", "edge"),
    change("set", "X-Forwarded-Host", "other.test"),
  ];
  const init = { headers: { "x-a": "client", "x-debug": "1", "x-b": "client" } };
  const sent = (request: Request | undefined) =>
    ["x-a", "x-b", "x-debug", "x-forwarded-host"].map((name) => request?.headers.get(name));

  test("are set, added and removed", async () => {
    const { edge, seen } = edgeWith({ requestHeaders });
    await edge("http://shop.test/", init);
    expect(sent(seen[0])).toEqual(["to shop.test", "client, edge", null, "other.test"]);
  });

  test("towards Services alone, where a cluster's own ingress does it", async () => {
    const { edge, seen } = edgeWith(
      { requestHeaders: requestHeaders.map((each) => ({ ...each, besidesIngress: true })) },
      undefined,
      {},
    );
    await edge("http://shop.test/", init);
    expect(sent(seen[0])).toEqual(["client", "client", "1", "shop.test"]);
  });
});

describe("another Host", () => {
  const upstreamHost = "app.internal:8443";
  const seenBy = async (endpoints: RouterSketch["endpoints"]) => {
    const { edge, seen } = edgeWith({ upstreamHost }, undefined, endpoints);
    await edge("http://shop.test:8080/cart?x=1");
    return [seen[0]?.url, seen[0]?.headers.get("x-forwarded-host")];
  };

  test("is what Services see, and X-Forwarded-Host tells the client's", async () => {
    expect(await seenBy(OF_SERVICE)).toEqual(["http://app.internal:8443/cart?x=1", "shop.test:8080"]);
  });

  test("is left to a cluster's own ingress", async () => {
    expect(await seenBy({})).toEqual(["http://shop.test:8080/cart?x=1", "shop.test:8080"]);
  });
});
