import { describe, expect, test } from "vitest";
import type { AnswerRewrites } from "../../../src/table/policies/answer-rewrites.ts";
import { edgeOf } from "../edge-of.ts";

const to = (value: string) => [{ type: "text", value } as const];
const NOTHING: AnswerRewrites = { cookieDomain: null, cookiePath: null, redirects: [] };

async function answered(
  rewrites: Partial<AnswerRewrites>,
  headers: [string, string][],
  mode: "ingress" | "service" = "service",
) {
  const policies = { answerRewrites: { ...NOTHING, ...rewrites } };
  const rules = [{ hostname: "shop.test", path: "/", service: "shop", policies }];
  const only = () => new Response(null, { headers });
  return (await edgeOf({ rules, endpoints: { only: { mode } } }, { only })("https://shop.test/")).headers;
}

describe("attributes of cookies", () => {
  const rewrites = {
    cookieDomain: { from: "localhost", to: to("example.org") },
    cookiePath: { from: "/one/", to: to("/") },
  };

  test.each([
    ["a=b; Domain=localhost; Path=/one/x", "a=b; Domain=example.org; Path=/x"],
    ["a=b; domain=.LOCALHOST; Secure", "a=b; domain=.example.org; Secure"],
    ["a=b; Domain=sub.localhost; path=/two/one/", "a=b; Domain=sub.localhost; path=/two/one/"],
    ["domain=localhost", "domain=localhost"],
    ["a=b;Path=/one/;HttpOnly", "a=b;Path=/;HttpOnly"],
  ])("%s become %s", async (sent, got) => {
    expect((await answered(rewrites, [["set-cookie", sent]])).getSetCookie()).toEqual([got]);
  });

  test("of each cookie, and not of those that come through a cluster's own ingress", async () => {
    const cookies: [string, string][] = [
      ["set-cookie", "a=b; Path=/one/x"],
      ["set-cookie", "c=d; Path=/one/y"],
    ];
    expect((await answered(rewrites, cookies)).getSetCookie()).toEqual(["a=b; Path=/x", "c=d; Path=/y"]);
    expect((await answered(rewrites, cookies, "ingress")).getSetCookie()[0]).toBe("a=b; Path=/one/x");
  });
});

describe("redirects", () => {
  const redirects = [
    { from: "http://hello.test/", to: [...to(""), { type: "scheme", value: "" } as const, ...to("://bye/")] },
  ];

  test.each([
    ["location", "http://hello.test/x?y", "https://bye/x?y"],
    ["location", "http://other.test/http://hello.test/", "http://other.test/http://hello.test/"],
    ["location", "/x", "/x"],
    ["refresh", "5; url=http://hello.test/x", "5; url=https://bye/x"],
    ["refresh", "5", "5"],
  ])("%s: %s becomes %s", async (name, sent, got) => {
    expect((await answered({ redirects }, [[name, sent]])).get(name)).toBe(got);
  });

  test("of a cluster's own ingress are left", async () => {
    const headers = await answered({ redirects }, [["location", "http://hello.test/x"]], "ingress");
    expect(headers.get("location")).toBe("http://hello.test/x");
  });
});
