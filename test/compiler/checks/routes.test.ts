import { describe, expect, test } from "vitest";
import { checked, ingress, messages } from "./manifests.ts";

const REGEX = { "use-regex": "true" };
const OPEN = { "ssl-redirect": "false" };

describe("EI5005, a rule that no request reaches", () => {
  test("a pattern behind a longer one that takes all of it, with the rule and a request", () => {
    const result = checked([
      ingress({ name: "a", hosts: { "a.test": ["~/api/.{0,9}", "~/api/v1"] }, annotations: REGEX }),
    ]);
    expect(messages(result, "EI5005")).toEqual([
      'no request reaches the pattern "/api/v1" of Ingress shop/a for a.test: the pattern "/api/.{0,9}" of Ingress shop/a comes first, and takes GET https://a.test/api/v1',
    ]);
    const [found] = result.diagnostics.filter(({ code }) => code === "EI5005");
    expect(found?.related[0]?.message).toBe("the rule that takes GET https://a.test/api/v1");
  });

  test("a pattern of which several ones before it leave nothing", () => {
    const paths = ["~/(?:x|y)[ab].*", "~/(?:x|y)[^ab]", "~/(?:x|y)$", "~/[xy]"];
    const result = checked([ingress({ name: "a", hosts: { "a.test": paths }, annotations: REGEX })]);
    expect(messages(result, "EI5005")).toHaveLength(1);
    expect(messages(result, "EI5005")[0]).toMatch(/^no request reaches the pattern "\/\[xy\]"/);
  });

  test("a pattern that takes no path at all", () => {
    const result = checked([ingress({ name: "a", hosts: { "a.test": ["~/a(?!b)(?=b)", "/"] }, annotations: REGEX })]);
    expect(messages(result, "EI5005")).toEqual([expect.stringMatching(/for a\.test: no path is like it$/)]);
  });

  test("not one that a request reaches, be it the only one", () => {
    const hosts = { "a.test": ["~/api/.*", "~/api/v1", "~/ap."] };
    const result = checked([ingress({ name: "a", hosts, annotations: REGEX })]);
    expect(messages(result, "EI5005")).toEqual([]);
  });

  test("not one that requests with `;` alone reach, which lead to a rule of the same effect in their other reading", () => {
    const result = checked([
      ingress({ name: "a", hosts: { "a.test": ["~/x"] }, annotations: REGEX }),
      ingress({ name: "b", hosts: { "a.test": ["/", "~/a;x"] } }),
    ]);
    expect(messages(result, "EI5005")).toEqual([]);
  });

  test("a path that servers read as one of another rule", () => {
    const result = checked([ingress({ name: "a", hosts: { "a.test": ["~/a%2Fb", "/a"] } })]);
    expect(messages(result, "EI5005")).toEqual([
      'no request reaches Prefix "/a%2Fb" of Ingress shop/a for a.test: servers read its path in ways that lead to different rules, so that GET https://a.test/a%2Fb is answered 400',
    ]);
  });
});

test("of two rules with one match the older one is shown with a request", () => {
  const result = checked([
    ingress({ name: "a", hosts: { "a.test": ["/x", "=/x"] } }),
    ingress({ name: "b", hosts: { "a.test": ["/x"] } }),
  ]);
  const [found] = result.diagnostics.filter(({ code }) => code === "EI5001");
  expect(found?.related[0]?.message).toBe("kept: takes GET https://a.test/x/");
});

describe("EI5006, a host of another namespace", () => {
  const first = ingress({ name: "z", hosts: { "a.test": ["/"] } });

  test("a path of it", () => {
    const result = checked([first, ingress({ name: "login", namespace: "evil", hosts: { "a.test": ["/login"] } })]);
    expect(messages(result, "EI5006")).toEqual([
      "Ingress evil/login takes requests of a host that Ingress shop/z of another namespace had first, GET https://a.test/login for one",
    ]);
  });

  test("a name below a wildcard", () => {
    const wildcard = ingress({ name: "z", hosts: { "*.test": ["/"] } });
    const result = checked([wildcard, ingress({ name: "a", namespace: "evil", hosts: { "a.test": ["/"] } })]);
    expect(messages(result, "EI5006")).toHaveLength(1);
  });

  test("not of the same namespace, nor paths that nobody else has", () => {
    const hosts = { "a.test": ["/shop"] };
    const result = checked([
      ingress({ name: "z", hosts }),
      ingress({ name: "y", hosts: { "a.test": ["/shop/cart"] } }),
      ingress({ name: "x", namespace: "other", hosts: { "a.test": ["/blog"] } }),
    ]);
    expect(messages(result, "EI5006")).toEqual([]);
  });
});

describe("EI5007, a host that hides paths of its wildcard", () => {
  test("with a request that is answered 404", () => {
    const result = checked([ingress({ name: "a", hosts: { "*.test": ["/api", "/"], "a.test": ["/api"] } })]);
    expect(messages(result, "EI5007")).toEqual([
      "a.test has rules of its own and none for a path that Ingress shop/a has for *.test: GET https://a.test/ is answered 404",
    ]);
  });

  test("not where it has them all", () => {
    const result = checked([ingress({ name: "a", hosts: { "*.test": ["/api", "=/b"], "a.test": ["/"] } })]);
    expect(messages(result, "EI5007")).toEqual([]);
  });
});

describe("EI5008, a redirect that leads back to itself", () => {
  const to = (url: string) => ({ "permanent-redirect": url, ...OPEN });

  test("of two hosts that lead to each other, once", () => {
    const result = checked([
      ingress({ name: "a", hosts: { "a.test": ["/"] }, annotations: to("https://b.test$request_uri") }),
      ingress({ name: "b", hosts: { "b.test": ["/"] }, annotations: to("https://a.test$request_uri") }),
    ]);
    expect(messages(result, "EI5008")).toEqual([
      "a redirect of Ingress shop/a leads back to itself: GET https://a.test/ → https://b.test/ → https://a.test/",
    ]);
  });

  test("to http, and by the habit back to https", () => {
    const tls = [{ hosts: ["a.test"], secretName: "tls" }];
    const result = checked([
      ingress({ name: "a", hosts: { "a.test": ["/b"] }, tls }),
      ingress({ name: "b", hosts: { "a.test": ["/"] }, tls, annotations: { "permanent-redirect": "http://a.test/b" } }),
      ingress({ name: "c", hosts: { "c.test": ["/"] }, tls, annotations: { "permanent-redirect": "http://c.test/" } }),
    ]);
    expect(messages(result, "EI5008")).toEqual([expect.stringMatching(/^a redirect of Ingress shop\/c /)]);
  });

  test("a path that grows for ever", () => {
    const result = checked([
      ingress({ name: "a", hosts: { "a.test": ["/"] }, annotations: to("https://a.test/x$request_uri") }),
    ]);
    expect(messages(result, "EI5008")).toEqual([expect.stringMatching(/a\.test\/x\/x\/ → https.* → …$/)]);
  });

  test("not what ends, leaves the edge, or depends on the client", () => {
    const result = checked([
      ingress({ name: "a", hosts: { "a.test": ["/"] }, annotations: to("https://elsewhere.example/$request_uri") }),
      ingress({ name: "b", hosts: { "b.test": ["/"] }, annotations: to("https://b.test/$arg_to") }),
      ingress({ name: "c", hosts: { "c.test": ["/"] }, annotations: { "app-root": "/home", ...OPEN } }),
    ]);
    expect(messages(result, "EI5008")).toEqual([]);
  });
});
