import { afterEach, describe, expect, test, vi } from "vitest";
import { probe } from "../../../src/edge/health/probe.ts";
import type { Endpoint } from "../../../src/table/model.ts";
import { DEFAULT_HEALTH_CHECK, type HealthCheck } from "../../../src/table/policies/health-check.ts";
import { tableOf } from "./table.ts";
import type { Answer } from "./worker.ts";

const usual: Endpoint = { ...tableOf({ a: {} }).endpoint(0), hostname: "a.test", port: 8080 };

/** Probes an endpoint that answers so, by its service binding. */
function probed(answer: Answer, check: Partial<HealthCheck> = {}, endpoint: Partial<Endpoint> = {}) {
  const env = { a: { fetch: async (request: Request) => answer(request) } };
  return probe({ ...usual, ...endpoint }, { ...DEFAULT_HEALTH_CHECK, ...check }, env);
}

/** The request that an endpoint gets. */
async function requestOf(check: Partial<HealthCheck>, endpoint: Partial<Endpoint> = {}): Promise<Request> {
  let seen: Request | null = null;
  await probed(
    (request) => {
      seen = request;
      return new Response();
    },
    check,
    endpoint,
  );
  if (seen === null) throw new Error("nothing was sent");
  return seen;
}

afterEach(() => vi.unstubAllGlobals());

describe("a bad probe", () => {
  const never = new Promise<never>(() => undefined);

  test("no binding", async () => {
    expect(await probe(usual, DEFAULT_HEALTH_CHECK, {})).toEqual({ ok: false, cause: "no binding a" });
  });

  test("a Host outside the zone would go astray without a word", async () => {
    const zoned = { transport: "zone-name", zone: "example.com", hostname: "lb.example.com" } as const;
    const verdict = await probed(() => new Response(), { host: "elsewhere.test" }, zoned);
    expect(verdict).toEqual({ ok: false, cause: "host outside the zone example.com" });
  });

  test("a connection that breaks", async () => {
    const verdict = await probed(() => {
      throw new Error("Network connection lost.");
    });
    expect(verdict).toEqual({ ok: false, cause: "Network connection lost." });
  });

  test("a path that is no URL", async () => {
    const verdict = await probed(() => new Response(), {}, { hostname: "not a host" });
    expect(verdict.ok).toBe(false);
  });

  test("no answer in time; the request is called off", async () => {
    let signal: AbortSignal | null = null;
    const verdict = await probed(
      (request) => {
        signal = request.signal;
        return never;
      },
      { timeout: 20 },
    );
    expect(verdict).toEqual({ ok: false, cause: "timeout" });
    expect((signal as AbortSignal | null)?.aborted).toBe(true);
  });

  test("headers, and then a body that never ends where one is expected", async () => {
    const { readable, writable } = new IdentityTransformStream();
    void writable.getWriter().write(new TextEncoder().encode("o"));
    const verdict = await probed(() => new Response(readable), { timeout: 20, expectedBody: "ok" });
    expect(verdict).toEqual({ ok: false, cause: "timeout" });
  });

  test.each([302, 404, 500, 522])("status %d", async (status) => {
    const verdict = await probed(() => new Response(null, { status }), { expectedStatus: [{ from: 200, to: 299 }] });
    expect(verdict).toEqual({ ok: false, cause: `status ${status}` });
  });

  test.each([
    ["another body", "down"],
    ["none", null],
    ["the text begins after 64 KiB", `${" ".repeat(64 * 1024)}ok`],
    ["the text is cut by the end of the 64 KiB", `${" ".repeat(64 * 1024 - 1)}ok`],
  ])("%s", async (_, body) => {
    const verdict = await probed(() => new Response(body), { expectedBody: "ok" });
    expect(verdict).toEqual({ ok: false, cause: "status 200 without the expected body" });
  });

  test("a cause is kept short", async () => {
    const verdict = await probed(() => {
      throw new Error("x".repeat(10_000));
    });
    expect(verdict.cause).toHaveLength(200);
  });
});

describe("a good probe", () => {
  test.each([200, 204, 301, 399])("status %d; a redirect is not followed", async (status) => {
    const location = { location: "http://elsewhere.test/" };
    const verdict = await probed(() => new Response(null, { status, headers: location }));
    expect(verdict).toEqual({ ok: true, cause: `status ${status}` });
  });

  test("any of the expected ranges", async () => {
    const expectedStatus = [
      { from: 200, to: 200 },
      { from: 401, to: 403 },
    ];
    expect((await probed(() => new Response(null, { status: 402 }), { expectedStatus })).ok).toBe(true);
  });

  test("the expected text, also where it comes in pieces, in letters of several bytes, before a body that never ends", async () => {
    const bytes = new TextEncoder().encode("all is grün here");
    const { readable, writable } = new IdentityTransformStream();
    const writer = writable.getWriter();
    void (async () => {
      for (const byte of bytes) await writer.write(new Uint8Array([byte]));
    })().catch(() => undefined);
    expect((await probed(() => new Response(readable), { expectedBody: "grün" })).ok).toBe(true);
  });

  test("the body is called off where nobody reads it", async () => {
    const cancelled = vi.fn();
    await probed(() => new Response(new ReadableStream({ cancel: cancelled })));
    expect(cancelled).toHaveBeenCalledOnce();
  });
});

describe("the request", () => {
  test("method, path with its query, and who asks", async () => {
    const request = await requestOf({ method: "HEAD", path: "/healthz?full=1" });
    expect([request.method, request.url]).toEqual(["HEAD", "http://a.test:8080/healthz?full=1"]);
    expect(request.headers.get("user-agent")).toBe("edge-ingress-health/1");
    expect(request.redirect).toBe("manual");
  });

  test.each([
    ["by a service binding: the Host is the check's", {}, "http://shop.test/", null],
    [
      "to an endpoint that sees its own name: the check's Host goes beside it",
      { host: "endpoint" },
      "http://a.test:8080/",
      "shop.test",
    ],
  ] as const)("%s", async (_, endpoint, url, forwarded) => {
    const request = await requestOf({ host: "shop.test" }, endpoint);
    expect(request.url).toBe(url);
    expect(request.headers.get("x-forwarded-host")).toBe(forwarded);
  });

  test.each([
    ["the endpoint's own name", "", "https://lb.example.com/"],
    ["the check's Host at the endpoint's address", "shop.example.com", "https://shop.example.com/"],
  ])("by the zone's name: %s", async (_, host, url) => {
    const fetched = vi.fn(async (_request: Request, _init?: RequestInit) => new Response());
    vi.stubGlobal("fetch", fetched);
    const zoned = { transport: "zone-name", zone: "example.com", hostname: "lb.example.com" } as const;
    const endpoint = { ...usual, ...zoned, scheme: "https", port: 443 } as const;
    expect((await probe(endpoint, { ...DEFAULT_HEALTH_CHECK, host }, {})).ok).toBe(true);
    expect(fetched.mock.calls[0]?.[0].url).toBe(url);
    expect(fetched.mock.calls[0]?.[1]).toEqual({ cf: { resolveOverride: "lb.example.com" } });
  });
});
