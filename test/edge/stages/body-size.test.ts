import { describe, expect, test } from "vitest";
import { DEFAULT_RULE_POLICIES, type RulePolicies } from "../../../src/table/policies/rule-policies.ts";
import { type Answer, edgeOf } from "../edge-of.ts";

function edgeWith(
  policies: Partial<RulePolicies>,
  answer: Answer = async (request) => new Response(await request.text()),
) {
  const rule = { hostname: "shop.test", path: "/", service: "shop", targets: { one: 1, two: 1 }, policies };
  return edgeOf({ rules: [rule] }, { one: answer, two: answer });
}

/** A body whose length nobody tells, in parts. */
function parts(...texts: readonly string[]): ReadableStream {
  const left = [...texts];
  return new ReadableStream({
    pull(controller) {
      const next = left.shift();
      if (next === undefined) controller.close();
      else controller.enqueue(new TextEncoder().encode(next));
    },
  });
}

const url = "http://shop.test/";
const requestBody = { maxSize: 5 };

describe("a body over the limit", () => {
  test("413 by Content-Length, before CORS, access lists and the cluster", async () => {
    const none = { v4: new Uint32Array(0), v6: new Uint32Array(0) };
    const all = { v4: Uint32Array.of(0, 0xffff_ffff), v6: new Uint32Array(0) };
    const lists = { allow: none, deny: all, allowCountries: [], denyCountries: [], allowAsns: [], denyAsns: [] };
    const edge = edgeWith({ requestBody, access: lists }, () => {
      throw new Error("nobody asks");
    });
    const response = await edge(url, { method: "POST", body: "123456", headers: { "content-length": "6" } });
    expect([response.status, response.headers.get("access-control-allow-origin")]).toEqual([413, null]);
  });

  test("a redirect of the root comes first, one of any path later; HSTS is on the refusal", async () => {
    const to = (only: "root" | "always") =>
      ({ only, status: 302, location: [{ type: "text", value: "/app" }], cutSlash: false }) as const;
    const strictTransport = "max-age=1";
    const send = (policies: Partial<RulePolicies>, path: string) =>
      edgeWith({ requestBody, strictTransport, ...policies })(`https://shop.test${path}`, {
        method: "POST",
        body: "123456",
        headers: { "content-length": "6" },
        redirect: "manual",
      });
    const [root, below, always] = await Promise.all([
      send({ redirects: [to("root")] }, "/"),
      send({ redirects: [to("root")] }, "/x"),
      send({ redirects: [to("always")] }, "/"),
    ]);
    expect([root.status, below.status, always.status]).toEqual([302, 413, 413]);
    expect(below.headers.get("strict-transport-security")).toBe("max-age=1");
  });

  test("413 while it comes, with one try alone", async () => {
    let tries = 0;
    const edge = edgeWith({ requestBody }, async (request) => {
      tries++;
      return new Response(await request.text());
    });
    const response = await edge(url, { method: "PUT", body: parts("123", "456", "789") });
    expect([response.status, tries]).toEqual([413, 1]);
  });

  test("413 also where retries hold bodies back, and where an answer stands in for the cluster's", async () => {
    const { retry } = DEFAULT_RULE_POLICIES;
    const fallback = { status: 200, contentType: "text/plain", body: "later" };
    const edge = edgeWith({ requestBody, fallback, retry: { ...retry, maxBodySize: 1000 } });
    const declared = await edge(url, { method: "PUT", body: "123456", headers: { "content-length": "6" } });
    const streamed = await edge(url, { method: "PUT", body: parts("123", "456") });
    expect([declared.status, streamed.status]).toEqual([413, 413]);
  });
});

describe("a body within the limit", () => {
  test.each([
    ["by its length", { body: "12345", headers: { "content-length": "5" } }],
    ["streamed", { body: parts("123", "45") }],
    ["empty", { body: parts() }],
  ])("%s arrives as it was sent", async (_, init) => {
    const sent = init.body === "12345" ? "12345" : null;
    const response = await edgeWith({ requestBody })(url, { method: "POST", ...init });
    const text = await response.text();
    expect(response.status).toBe(200);
    if (sent !== null) expect(text).toBe(sent);
    else expect(["12345", ""]).toContain(text);
  });

  test("no limit: nothing is counted", async () => {
    const response = await edgeWith({})(url, { method: "POST", body: parts("123", "456") });
    expect([response.status, await response.text()]).toEqual([200, "123456"]);
  });
});
