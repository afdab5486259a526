import { afterEach, describe, expect, test, vi } from "vitest";
import { probe } from "../../../src/edge/health/probe.ts";
import { DEFAULT_HEALTH_CHECK } from "../../../src/table/policies/health-check.ts";
import { edgeOf } from "../edge-of.ts";
import { tableOf } from "../health/table.ts";

const VALUE = "0123456789abcdef-HUNTER2";
const originSecret = {
  header: "x-origin-verify",
  secret: { name: "edge/origin", binding: "SECRET_EDGE_ORIGIN" },
  key: "secret",
};
const bound = (secret: string) => ({ SECRET_EDGE_ORIGIN: JSON.stringify({ secret }) });

/** An edge before clusters of which `guarded` wants the header, and what each of them got. */
function edgeWith(env: Readonly<Record<string, unknown>>, targets: Readonly<Record<string, number>> = { guarded: 1 }) {
  const got: Record<string, Headers[]> = { guarded: [], open: [] };
  const answerOf = (name: string) => (request: Request) => {
    got[name]?.push(request.headers);
    return new Response(name);
  };
  const rule = { hostname: "shop.test", path: "/", service: "web", targets };
  const endpoints = Object.fromEntries(Object.keys(targets).map((name) => [name, answerOf(name)]));
  const edge = edgeOf({ rules: [rule], clusters: { guarded: { originSecret } } }, endpoints, env);
  return { edge, got };
}

afterEach(() => void vi.restoreAllMocks());

describe("the secret of an origin", () => {
  test("goes with every request to its cluster", async () => {
    const { edge, got } = edgeWith(bound(VALUE));
    expect((await edge("http://shop.test/")).status).toBe(200);
    expect((await edge("http://shop.test/", { method: "POST", body: "x" })).status).toBe(200);
    expect(got.guarded?.map((headers) => headers.get("x-origin-verify"))).toEqual([VALUE, VALUE]);
  });

  test("may end with a line break, as files do", async () => {
    const { edge, got } = edgeWith(bound(`${VALUE}\n`));
    expect((await edge("http://shop.test/")).status).toBe(200);
    expect(got.guarded?.[0]?.get("x-origin-verify")).toBe(VALUE);
  });

  test.each(["x-origin-verify", "X-ORIGIN-VERIFY", "x_origin_verify", "X-Origin_Verify", "x.origin.verify"])(
    "takes the place of what a client sends as %s",
    async (name) => {
      const { edge, got } = edgeWith(bound(VALUE));
      const headers = new Headers([
        [name, "guess"],
        [name, "another"],
        ["connection", "x-origin-verify"],
      ]);
      expect((await edge("http://shop.test/", { headers })).status).toBe(200);
      const passed = [...(got.guarded?.[0] ?? [])].filter(([header]) => /^x.origin.verify$/.test(header));
      expect(passed).toEqual([["x-origin-verify", VALUE]]);
    },
  );

  test("goes to no other cluster", async () => {
    const { edge, got } = edgeWith(bound(VALUE), { open: 1 });
    expect((await edge("http://shop.test/")).status).toBe(200);
    expect([...(got.open?.[0] ?? [])].flat().join()).not.toContain(VALUE);
  });
});

describe("without it nothing is sent: 503", () => {
  test.each<[what: string, env: Readonly<Record<string, unknown>>]>([
    ["no Secret", {}],
    ["a Secret that is no JSON", { SECRET_EDGE_ORIGIN: VALUE }],
    ["a Secret without the key", { SECRET_EDGE_ORIGIN: JSON.stringify({ other: VALUE }) }],
    ["an empty one", bound("")],
    ["a short one", bound("short")],
    ["one of two lines", bound(`${VALUE}\r\nX-Admin: 1`)],
    ["one with spaces", bound("0123456789 abcdef 0123456789")],
    ["one beyond ASCII", bound("0123456789abcdef\u00e9\u00e9")],
  ])("%s", async (_, env) => {
    const logged = vi.spyOn(console, "warn").mockImplementation(() => {});
    const { edge, got } = edgeWith(env);
    const answer = await edge("http://shop.test/");
    expect(answer.status).toBe(503);
    expect(got.guarded).toEqual([]);
    expect(await answer.text()).not.toContain("HUNTER2");
    const lines = logged.mock.calls.flat().join("\n");
    expect(lines).toContain("no secret for the header of its origin");
    expect(lines).not.toContain("HUNTER2");
  });

  test("another cluster is asked, and the one without is not taken for broken", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const { edge, got } = edgeWith({}, { guarded: 1, open: 1 });
    for (let sent = 0; sent < 20; sent++) expect((await edge("http://shop.test/")).status).toBe(200);
    expect([got.guarded?.length, got.open?.length]).toEqual([0, 20]);
  });
});

describe("probes", () => {
  const usual = tableOf({ a: {} }).endpoint(0);
  const endpoint = { ...usual, cluster: { ...usual.cluster, originSecret } };
  const probed = async (env: Readonly<Record<string, unknown>>) => {
    let sent: string | null = null;
    const a = {
      fetch: async (request: Request) => {
        sent = request.headers.get("x-origin-verify");
        return new Response();
      },
    };
    const verdict = await probe(endpoint, DEFAULT_HEALTH_CHECK, { a, ...env });
    return { sent, ...verdict };
  };

  test("have it too", async () => {
    expect(await probed(bound(VALUE))).toEqual({ sent: VALUE, ok: true, cause: "status 200" });
  });

  test("are bad without it", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    expect(await probed({})).toEqual({ sent: null, ok: false, cause: "no secret for the header of its origin" });
  });
});
