import { describe, expect, test } from "vitest";
import { inTable, NO_ACCESS_LISTS } from "../../../src/compiler/ir/access.ts";
import { parseTemplate } from "../../../src/compiler/resources/templates.ts";
import { DEFAULT_CORS } from "../../../src/table/policies/cors.ts";
import type { Redirect } from "../../../src/table/policies/redirect.ts";
import type { RulePolicies } from "../../../src/table/policies/rule-policies.ts";
import type { Template } from "../../../src/table/policies/template.ts";
import { edgeOf } from "../edge-of.ts";

const text = (written: string) => parseTemplate(written) as Template;
const TO_HTTPS: Redirect = {
  only: "http",
  status: 308,
  location: [{ type: "text", value: "https://" }, { type: "redirect_host", value: "" }, ...text("$request_uri")],
  cutSlash: true,
};
const ELSEWHERE: Redirect = { only: "always", status: 301, location: text("http://new.test/x"), cutSlash: false };
const ROOT: Redirect = { only: "root", status: 302, location: text("$scheme://$http_host/app"), cutSlash: false };
const HSTS = "max-age=31536000; includeSubDomains";

function edgeWith(policies: Partial<RulePolicies>, trustedProxies: readonly string[] = []) {
  let asked = 0;
  const only = () => {
    asked += 1;
    return new Response("ok", { headers: { "strict-transport-security": "max-age=1" } });
  };
  const rules = [{ hostname: "a.test", path: "/", service: "a", policies }];
  const edge = edgeOf({ rules, trustedProxies }, { only });
  return async (url: string, headers: Record<string, string> = {}, method = "GET") => {
    const answer = await edge(url, { method, headers, redirect: "manual" });
    const { status } = answer;
    return {
      status,
      location: answer.headers.get("location"),
      hsts: answer.headers.get("strict-transport-security"),
      asked,
    };
  };
}

describe("the way to https", () => {
  test.each([
    ["http://a.test/", "https://a.test"],
    ["http://a.test/x/", "https://a.test/x"],
    ["http://a.test/x//", "https://a.test/x/"],
    ["http://a.test/a/b?c=d", "https://a.test/a/b?c=d"],
    ["http://a.test/?next=/", "https://a.test/?next="],
    ["http://a.test:8080/x", "https://a.test/x"],
  ])("of %s is %s: no port, and one slash is cut off", async (url, location) => {
    const ask = edgeWith({ redirects: [TO_HTTPS] });
    expect(await ask(url)).toEqual({ status: 308, location, hsts: null, asked: 0 });
  });

  test("keeps the slash where it is to be kept", async () => {
    const ask = edgeWith({ redirects: [{ ...TO_HTTPS, cutSlash: false }] });
    expect(await ask("http://a.test/x/")).toMatchObject({ location: "https://a.test/x/" });
  });

  test("is not shown to who came by it", async () => {
    expect(await edgeWith({ redirects: [TO_HTTPS] })("https://a.test/x")).toMatchObject({ status: 200, asked: 1 });
  });

  test("goes by what a trusted proxy says of scheme and host, and by that of nobody else", async () => {
    const told = { "x-forwarded-proto": "https" };
    const named = { "x-forwarded-host": "shop.test:80, evil.test" };
    const behind = edgeWith({ redirects: [TO_HTTPS] }, ["127.0.0.1/32"]);
    expect(await behind("http://a.test/x", told)).toMatchObject({ status: 200 });
    expect(await behind("http://a.test/x", named)).toMatchObject({ location: "https://shop.test/x" });
    const open = edgeWith({ redirects: [TO_HTTPS] });
    expect(await open("http://a.test/x", { ...told, ...named })).toMatchObject({ location: "https://a.test/x" });
  });
});

describe("the redirect of the root", () => {
  test.each(["/", "//", "///?a=b"])("takes %s, as nginx does, which merges slashes", async (path) => {
    const location = "http://a.test/app";
    expect(await edgeWith({ redirects: [ROOT] })(`http://a.test${path}`)).toMatchObject({ status: 302, location });
  });
});

describe("the order of redirects and others", () => {
  test("is root, CORS preflight, elsewhere, https, guards", async () => {
    const nobody = inTable({ ...NO_ACCESS_LISTS, allow: ["203.0.113.1"] });
    const policies = { cors: DEFAULT_CORS, redirects: [TO_HTTPS, ELSEWHERE, ROOT], access: nobody };
    const ask = edgeWith(policies);
    expect(await ask("http://a.test:81/?x=1", {}, "OPTIONS")).toMatchObject({
      status: 302,
      location: "http://a.test:81/app",
    });
    expect(await ask("http://a.test/x", {}, "OPTIONS")).toMatchObject({ status: 204 });
    expect(await ask("http://a.test/x")).toMatchObject({ status: 301, location: "http://new.test/x" });
    const guarded = edgeWith({ ...policies, redirects: [TO_HTTPS] });
    expect(await guarded("http://a.test/x")).toMatchObject({ status: 308 });
    expect(await guarded("https://a.test/x")).toMatchObject({ status: 403, asked: 0 });
  });
});

describe("a redirect elsewhere", () => {
  test("can't be led on by what clients write", async () => {
    const location = text("https://new.test$request_uri");
    const ask = edgeWith({ redirects: [{ ...ELSEWHERE, location }] });
    expect(await ask("http://a.test/x?a=%0d%0aSet-Cookie:b")).toMatchObject({
      location: "https://new.test/x?a=%0d%0aSet-Cookie:b",
    });
  });
});

describe("Strict-Transport-Security", () => {
  test("is on every answer over https, in the place of the cluster's, and on none over http", async () => {
    const ask = edgeWith({ strictTransport: HSTS });
    expect(await ask("https://a.test/")).toMatchObject({ hsts: HSTS });
    expect(await ask("http://a.test/")).toMatchObject({ hsts: "max-age=1" });
    const moved = edgeWith({ strictTransport: HSTS, redirects: [ELSEWHERE] });
    expect(await moved("https://a.test/")).toMatchObject({ status: 301, hsts: HSTS });
  });
});
