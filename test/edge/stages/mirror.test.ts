import { describe, expect, test, vi } from "vitest";
import { parseTemplate } from "../../../src/compiler/resources/templates.ts";
import type { Mirror } from "../../../src/table/policies/mirror.ts";
import type { RulePolicies } from "../../../src/table/policies/rule-policies.ts";
import type { Template } from "../../../src/table/policies/template.ts";
import { edgeOf, settled } from "../edge-of.ts";

const MIRROR: Mirror = {
  service: { via: "binding", binding: "COPIES", scheme: "https", hostname: "copies.test", port: 443, targets: [] },
  path: parseTemplate("$request_uri") as Template,
  body: true,
  percent: 100,
  onlyServices: true,
};

interface World {
  readonly mirror?: Partial<Mirror>;
  readonly policies?: Partial<RulePolicies>;
  readonly mode?: "service" | "ingress";
  readonly copies?: (request: Request) => Response | Promise<Response>;
  readonly only?: (request: Request) => Response | Promise<Response>;
}

/** One request through an edge with a mirror: what the client, the Service and the mirror get. */
async function sent(url: string, init: RequestInit = {}, world: World = {}) {
  const events: string[] = [];
  const copies: { url: string; method: string; headers: Headers; body: string }[] = [];
  let seen = "";
  const rule = {
    hostname: "shop.test",
    path: "/",
    service: "shop",
    policies: { mirror: { ...MIRROR, ...world.mirror }, ...world.policies },
  };
  const edge = edgeOf(
    { rules: [rule], endpoints: { only: { mode: world.mode ?? "service" } } },
    {
      only: async (request) => {
        seen = await request.text();
        events.push("service");
        return (await world.only?.(request)) ?? new Response("ok");
      },
      COPIES: async (request) => {
        events.push("copy");
        copies.push({
          url: request.url,
          method: request.method,
          headers: new Headers(request.headers),
          body: await request.text(),
        });
        return (await world.copies?.(request)) ?? new Response("nobody reads this", { status: 500 });
      },
    },
  );
  const answer = await edge(url, init);
  const text = await answer.text();
  await settled();
  return { status: answer.status, text, seen, copies, events };
}

describe("a request to a Service", () => {
  test("is copied with method, path, query and body; the client gets the Service's answer", async () => {
    const body = "a=1";
    const headers = { "content-length": "3", "x-mine": "1" };
    const { status, text, seen, copies, events } = await sent("http://shop.test/a%2Fb?q=1", {
      method: "POST",
      body,
      headers,
    });
    expect([status, text, seen]).toEqual([200, "ok", body]);
    expect(copies).toMatchObject([{ url: "https://copies.test/a%2Fb?q=1", method: "POST", body }]);
    expect(copies[0]?.headers.get("x-mine")).toBe("1");
    expect(events).toEqual(["service", "copy"]);
  });

  test("is answered whether the copy fails or hangs", async () => {
    const failing = await sent("http://shop.test/", {}, { copies: () => Promise.reject(new Error("gone")) });
    expect([failing.status, failing.text, failing.copies.length]).toEqual([200, "ok", 1]);
  });

  test("is copied too where the Service can't be reached", async () => {
    const down = await sent("http://shop.test/", {}, { only: () => Promise.reject(new Error("gone")) });
    expect([down.status, down.copies.length]).toEqual([502, 1]);
  });

  test("is copied without its body where that is asked for", async () => {
    const init = { method: "POST", body: "abc", headers: { "content-length": "3" } };
    const { seen, copies } = await sent("http://shop.test/", init, { mirror: { body: false } });
    expect([seen, copies[0]?.body, copies[0]?.headers.get("content-length") ?? null]).toEqual(["abc", "", null]);
  });

  test.each([
    ["of no known length", { body: new Response("abc").body, headers: {} }],
    ["of more than 1 MiB", { body: "x".repeat(2 ** 20 + 1), headers: { "content-length": String(2 ** 20 + 1) } }],
  ])("is not copied with a body %s, and arrives", async (_, { body, headers }) => {
    const { status, seen, copies } = await sent("http://shop.test/", { method: "PUT", body, headers });
    expect([status, seen.length > 0, copies.length]).toEqual([200, true, 0]);
  });
});

test("what no Service sees, no copy has: who a client says it is, what guards keep or set, parameters for the edge", async () => {
  const { copies } = await sent(
    "http://shop.test/",
    { headers: { "x-user": "admin", X_User: "admin", authorization: "Basic YTpi", "x-forwarded-for": "6.6.6.6" } },
    {
      policies: {
        identityHeaders: ["x-user"],
        requestHeaders: [
          { action: "remove", name: "Authorization", value: [], besidesIngress: true, onlySuccess: false },
          {
            action: "set",
            name: "X-Secret",
            value: [{ type: "text", value: "s" }],
            besidesIngress: false,
            onlySuccess: false,
          },
        ],
      },
    },
  );
  const names = [...(copies[0]?.headers.keys() ?? [])];
  expect(names.filter((name) => /user|authorization|secret/.test(name))).toEqual([]);
  expect(copies[0]?.headers.get("x-forwarded-for")).toBe("127.0.0.1");
});

test("a request that a guard or a redirect keeps is not copied", async () => {
  const none = { v4: new Uint32Array(0), v6: new Uint32Array(0) };
  const all = { v4: Uint32Array.of(0, 0xffff_ffff), v6: new Uint32Array(0) };
  const access = { allow: none, deny: all, allowCountries: [], denyCountries: [], allowAsns: [], denyAsns: [] };
  const { status, copies } = await sent("http://shop.test/", {}, { policies: { access } });
  expect([status, copies.length]).toEqual([403, 0]);
});

test("a cluster's own ingress makes the copy itself", async () => {
  const { status, copies } = await sent("http://shop.test/", {}, { mode: "ingress" });
  expect([status, copies.length]).toEqual([200, 0]);
});

test("of a policy, whose copies no cluster's ingress makes, a request to one is copied too", async () => {
  const world = { mode: "ingress", mirror: { onlyServices: false } } as const;
  const { status, copies } = await sent("http://shop.test/", {}, world);
  expect([status, copies.length]).toEqual([200, 1]);
});

test.each([
  [0.0999, 1],
  [0.1, 0],
])("of 10 per cent a request that draws %d has %i copies", async (drawn, count) => {
  const draw = vi.spyOn(Math, "random").mockReturnValue(drawn);
  const { status, copies } = await sent("http://shop.test/", {}, { mirror: { percent: 10 } });
  draw.mockRestore();
  expect([status, copies.length]).toEqual([200, count]);
});

test("a copy that comes back to this edge is not copied again", async () => {
  const { copies } = await sent("http://shop.test/", { headers: { "cdn-loop": "x" } });
  const loop = copies[0]?.headers.get("cdn-loop") ?? "";
  expect(loop).toContain("edge-ingress-");
  expect((await sent("http://shop.test/", { headers: { "cdn-loop": loop } })).copies).toEqual([]);
});
