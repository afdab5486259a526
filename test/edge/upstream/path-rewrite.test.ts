import { beforeEach, describe, expect, test } from "vitest";
import type { PathRewrite } from "../../../src/table/policies/path-rewrite.ts";
import type { RuleSketch } from "../../support/router.ts";
import { edgeOf } from "../edge-of.ts";

/** What the Service or the cluster's ingress got. */
let got: { url: string; prefix: string | null }[] = [];

beforeEach(() => {
  got = [];
});

function edgeWith(
  path: string,
  rewrite: Partial<PathRewrite>,
  mode: "service" | "ingress" = "service",
  more: RuleSketch[] = [],
) {
  const pathRewrite = { template: "/", forwardedPrefix: "", ...rewrite };
  const rule: RuleSketch = {
    hostname: "shop.test",
    type: "RegularExpression",
    path,
    service: "web",
    targets: { only: 1 },
    policies: { pathRewrite },
  };
  return edgeOf(
    { rules: [rule, ...more], endpoints: { only: { mode } } },
    {
      only: (request) => {
        got.push({ url: request.url, prefix: request.headers.get("x-forwarded-prefix") });
        return new Response("ok");
      },
    },
  );
}

async function pathAt(path: string, template: string, sent: string): Promise<string | number> {
  const response = await edgeWith(path, { template })(`http://shop.test${sent}`);
  return response.status === 200 ? (got.at(-1)?.url.replace("http://shop.test", "") ?? "") : response.status;
}

describe("what a Service sees", () => {
  test.each([
    ["/something(/|$)(.*)", "/$2", "/something", "/"],
    ["/something(/|$)(.*)", "/$2", "/SomeThing/new?q=%2F&x=$1", "/new?q=%2F&x=$1"],
    ["/something(/|$)(.*)", "/$2", "/something/a/b/", "/a/b/"],
    ["/", "/new/backend", "/any/thing?a", "/new/backend?a"],
    ["/", "/new/backend", "/any/thing?", "/new/backend"],
    ["/(en|de)?/?(.*)", "/$1x/$2$3", "/shop", "/x/shop"],
    ["/a|/b/(.)", "/at$1", "/x/b/c/a", "/atc"],
    ["/x|/(.)y", "/at$1", "/ay/x", "/ata"],
    ["/(.*)", "/$1", "/caf%C3%A9%20%3f%23%25%7c%5b", "/caf%C3%A9%20%3F%23%25%7C["],
    ["/(.*)", "/p/$1", "/%2561dmin", "/p/%2561dmin"],
    ["/x/(.*)", "/$1", "/x/a//b", "/a/b"],
    ["/x/(.*)", "/$1", "/x/a%2Fb", "/a/b"],
    ["/x/(.*)", "/$1", "/x/a;b", "/a;b"],
  ])("%s to %s: %s is %s", async (path, template, sent, seen) => {
    expect(await pathAt(path, template, sent)).toBe(seen);
  });
});

describe("what nobody can foresee is 400", () => {
  test.each([
    ["/(.*)x(.*)", "/$1$2", "/.x./admin"],
    ["/(.*)x(.*)", "/a/$1$2", "/.x."],
    ["/(.*)x(.*)", "/a/$1$2/b", "/.x"],
    ["/x(.*)", "$1", "/xy"],
    ["/x(.*)", "$1", "/x"],
    ["/(.*)", "/$1", "/a%0Ab"],
  ])("%s to %s: %s", async (path, template, sent) => {
    expect(await pathAt(path, template, sent)).toBe(400);
    expect(got).toEqual([]);
  });
});

test("a cluster's own ingress gets the path as it came: it rewrites itself", async () => {
  const edge = edgeWith("/api/(.*)", { template: "/$1", forwardedPrefix: "/api" }, "ingress");
  await edge("http://shop.test/api/a%2Fb?c", { headers: { "x-forwarded-prefix": "/evil" } });
  expect(got).toEqual([{ url: "http://shop.test/api/a%2Fb?c", prefix: null }]);
});

test("X-Forwarded-Prefix may hold groups, and is never the client's", async () => {
  const edge = edgeWith("/(api|web)/(.*)", { template: "/$2", forwardedPrefix: "/in/$1" });
  await edge("http://shop.test/api/x", { headers: { "x-forwarded-prefix": "/evil" } });
  const without = edgeWith("/(api|web)/(.*)", { template: "/$2" });
  await without("http://shop.test/web/x", { headers: { "x-forwarded-prefix": "/evil" } });
  expect(got.map(({ prefix }) => prefix)).toEqual(["/in/api", null]);
});

test("readings that lead to two rules are refused before anything is rewritten", async () => {
  const open: RuleSketch = { hostname: "shop.test", type: "RegularExpression", path: "/", service: "open" };
  const edge = edgeWith("/admin/(.*)", { template: "/$1" }, "service", [open]);
  expect((await edge("http://shop.test/admin%2Fx")).status).toBe(400);
  expect((await edge("http://shop.test/admin/%2561")).status).toBe(200);
  expect(got.map(({ url }) => url)).toEqual(["http://shop.test/%2561"]);
});
