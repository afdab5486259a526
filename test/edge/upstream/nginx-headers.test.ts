import { describe, expect, test } from "vitest";
import type { NginxHeaders } from "../../../src/table/nginx-headers.ts";
import type { RuleSketch } from "../../support/router.ts";
import { edgeOf } from "../edge-of.ts";

interface World {
  readonly mode?: "service" | "ingress";
  readonly dialect?: "kubernetes" | "ingress-nginx";
  readonly nginxHeaders?: Partial<NginxHeaders>;
  readonly trustedProxies?: readonly string[];
}

const ANSWERED = { "x-kept": "1", server: "secret/1.0", "x-accel-redirect": "/x", "x-powered-by": "y" };

/** What the endpoint gets of these headers of a client, and the client of those of its answer. */
async function exchanged(sent: Readonly<Record<string, string>>, world: World = {}) {
  const { mode = "service", dialect = "ingress-nginx", nginxHeaders = {}, trustedProxies = [] } = world;
  let seen = new Headers();
  const rule: RuleSketch = { hostname: "shop.test", path: "/", service: "shop", policies: { dialect } };
  const edge = edgeOf(
    { rules: [rule], endpoints: { only: { mode } }, nginxHeaders, trustedProxies },
    {
      only: (request) => {
        seen = new Headers(request.headers);
        return new Response("ok", { headers: ANSWERED });
      },
    },
  );
  const answer = await edge("https://shop.test/", { headers: { "cf-connecting-ip": "203.0.113.5", ...sent } });
  expect(answer.status).toBe(200);
  return { seen, answer: answer.headers };
}

describe("a Service of ingress-nginx's dialect", () => {
  test("is told scheme and what the client claimed as by ingress-nginx", async () => {
    const { seen } = await exchanged({
      "x-forwarded-for": "1.2.3.4",
      "x-forwarded-host": "admin.test",
      "x-forwarded-scheme": "ftp",
      "x-forwarded-proto": "ftp",
      "x-scheme": "ftp",
      "x-original-forwarded-for": "6.6.6.6",
    });
    expect(Object.fromEntries([...seen].filter(([name]) => name !== "x-request-id"))).toEqual({
      "x-forwarded-for": "203.0.113.5",
      "x-real-ip": "203.0.113.5",
      "x-forwarded-host": "shop.test",
      "x-forwarded-port": "443",
      "x-forwarded-proto": "https",
      "x-forwarded-scheme": "https",
      "x-scheme": "https",
      "x-original-forwarded-for": "1.2.3.4",
      "x-original-forwarded-host": "admin.test",
    });
  });

  test("does not get X-Original-… where the client claimed nothing, whatever it calls original", async () => {
    const { seen } = await exchanged({ "x-original-forwarded-for": "6.6.6.6", "x-original-url": "/admin" });
    expect([...seen.keys()].filter((name) => name.startsWith("x-original"))).toEqual([]);
  });

  test.each([
    ["plain", ["x-good"]],
    ["underscores", ["x-good", "x_user"]],
    ["any", ["x-good", "x.user", "x_user"]],
  ] as const)("gets headers with names that nginx knows (%s)", async (names, got) => {
    const sent = { "x-good": "1", x_user: "1", "x.user": "1", x_real_ip: "1", "x_forwarded-for": "1" };
    const { seen } = await exchanged(sent, { nginxHeaders: { names } });
    const usual = /^x-(?:forwarded|real|request|scheme)/;
    expect([...seen.keys()].filter((name) => !usual.test(name))).toEqual(got);
  });

  test("has no Server and nothing that is between it and nginx in its answers", async () => {
    const { answer } = await exchanged({});
    expect([...answer.keys()].sort()).toEqual(["content-type", "x-kept", "x-powered-by", "x-request-id"]);
  });

  test("loses of its answers what hide-headers names", async () => {
    const { answer } = await exchanged({}, { nginxHeaders: { hidden: ["x-powered-by"] } });
    expect(answer.get("x-powered-by")).toBeNull();
    expect(answer.get("server")).toBe("secret/1.0");
  });
});

describe("behind a trusted proxy", () => {
  const trusted = { trustedProxies: ["203.0.113.0/24"] };
  const sent = { "x-forwarded-for": "1.2.3.4, 203.0.113.9", "x-forwarded-proto": "myproto" };

  test("X-Forwarded-For is the client alone, and the protocol what the proxy calls it", async () => {
    const { seen } = await exchanged(sent, trusted);
    expect(seen.get("x-forwarded-for")).toBe("1.2.3.4");
    expect(seen.get("x-forwarded-proto")).toBe("myproto");
    expect(seen.get("x-forwarded-scheme")).toBe("myproto");
    expect(seen.get("x-original-forwarded-for")).toBe("1.2.3.4, 203.0.113.9");
  });

  test("it is the whole chain by compute-full-forwarded-for", async () => {
    const { seen } = await exchanged(sent, { ...trusted, nginxHeaders: { fullForwardedFor: true } });
    expect(seen.get("x-forwarded-for")).toBe("1.2.3.4, 203.0.113.9, 203.0.113.5");
  });

  test("what is no name of a protocol is none", async () => {
    const { seen } = await exchanged({ ...sent, "x-forwarded-proto": "https, http" }, trusted);
    expect(seen.get("x-forwarded-proto")).toBe("https");
  });
});

test.each([
  ["the cluster's own ingress", { mode: "ingress" }],
  ["a Service of another dialect", { dialect: "kubernetes" }],
] as const)("%s gets and answers without it", async (_, world) => {
  const { seen, answer } = await exchanged({ "x-forwarded-for": "1.2.3.4", x_user: "1" }, world);
  const usual = ["x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto"];
  expect([...seen.keys()].sort()).toEqual([...usual, "x-real-ip", "x-request-id", "x_user"]);
  expect(answer.get("server")).toBe("secret/1.0");
  expect(answer.get("x-accel-redirect")).toBe("/x");
});
