import { describe, expect, test } from "vitest";
import { readCanaryPattern } from "../../../../../src/compiler/frontends/ingress/annotations/canary-pattern.ts";
import { readAnnotations } from "../../../../../src/compiler/frontends/ingress/annotations/read.ts";
import { ingress, resources } from "../resources.ts";

const PREFIX = "nginx.ingress.kubernetes.io/";

function read(written: Readonly<Record<string, string>>) {
  const annotations = Object.fromEntries(Object.entries(written).map(([name, value]) => [PREFIX + name, value]));
  const { canary, diagnostics } = readAnnotations(ingress("web", {}, { annotations }), resources({}));
  return { canary, said: diagnostics.map(({ code, message }) => `${code} ${message.replace(/^[^:]*: /, "")}`) };
}

const on = { canary: "True" };
const NOTHING = { header: "", headerValue: "", headerPattern: "", patternFails: false, cookie: "", sticky: true };

describe("a canary is read:", () => {
  test.each<[written: Record<string, string>, expected: object]>([
    [{}, { canary: NOTHING, weight: 0, total: 100 }],
    [{ "canary-weight": "5" }, { weight: 5, total: 100 }],
    [
      { "canary-weight": "5", "canary-weight-total": "50" },
      { weight: 5, total: 100 },
    ],
    [
      { "canary-weight": "5", "canary-weight-total": "1000" },
      { weight: 5, total: 1000 },
    ],
    [{ "canary-by-header": "X-Next" }, { canary: { ...NOTHING, header: "x-next" } }],
    [
      { "canary-by-header": "X-Next", "canary-by-header-value": "Yes please" },
      { canary: { ...NOTHING, header: "x-next", headerValue: "Yes please" } },
    ],
    [
      { "canary-by-header": "X-Next", "canary-by-header-pattern": "^v\\d+$" },
      { canary: { ...NOTHING, header: "x-next", headerPattern: "^v\\d+$" } },
    ],
    [{ "canary-by-cookie": "next-one" }, { canary: { ...NOTHING, cookie: "next-one" } }],
    [{ "affinity-canary-behavior": "legacy" }, { canary: { ...NOTHING, sticky: false } }],
  ])("%j", (written, expected) => {
    const { canary, said } = read({ ...on, ...written });
    expect(canary).toMatchObject(expected);
    expect(said).toEqual([]);
  });

  test.each<[written: Record<string, string>, said: string]>([
    [{ "canary-weight": "5 %" }, "EI4006 canary-weight is no whole number"],
    [{ "canary-weight": "-1" }, "EI4006 canary-weight is no whole number"],
    [{ "canary-by-header": "X Next" }, "EI4006 canary-by-header is no name of a header that clients send"],
    [{ "canary-by-header": "Host" }, "EI4006 canary-by-header is no name of a header that clients send"],
    [
      { "canary-by-cookie": "a=b" },
      "EI4006 canary-by-cookie is no name of a cookie: letters, digits, '-', '_' and '.'",
    ],
    [{ "affinity-canary-behavior": "x" }, "EI4006 affinity-canary-behavior is neither sticky nor legacy"],
    [
      { "canary-by-header": "X-Next", "canary-by-header-pattern": "(?i)v" },
      "EI4006 canary-by-header-pattern has a group with an option, which the edge does not take",
    ],
  ])("but is left out where it can't be: %j", (written, said) => {
    expect(read({ ...on, ...written })).toEqual({ canary: null, said: [said] });
  });

  test("a pattern that PCRE can't read either sends whoever has the header to the main Ingress", () => {
    const { canary, said } = read({ ...on, "canary-by-header": "X-Next", "canary-by-header-pattern": "[][**da?$&*" });
    expect(canary).toMatchObject({ canary: { headerPattern: "", patternFails: true } });
    expect(said).toEqual([
      "EI4065 canary-by-header-pattern is no regular expression: requests with the header go to the main Ingress",
    ]);
  });

  test("other annotations have no effect, and guards are a warning", () => {
    const { said } = read({ ...on, "auth-type": "basic", "load-balance": "ewma", "enable-cors": "false" });
    expect(said).toEqual([
      "EI4063 auth-type has no effect on a canary: that of the main Ingress holds",
      "EI4062 load-balance has no effect on a canary: that of the main Ingress holds",
    ]);
  });

  test("names that are misspelt or another controller's are told as on any Ingress, guards as errors", () => {
    const annotations = {
      [`${PREFIX}canary`]: "true",
      [`${PREFIX}auth-urll`]: "https://auth.example.com/",
      "konghq.com/plugins": "key-auth",
      "example.com/auth-required": "yes",
      "example.com/team": "shop",
    };
    const { diagnostics } = readAnnotations(ingress("web", {}, { annotations }), resources({}));
    expect(diagnostics.map(({ code, severity }) => `${code} ${severity}`).sort()).toEqual([
      "EI4003 error",
      "EI4009 error",
      "EI4011 error",
      "EI4012 warning",
    ]);
  });

  test.each<[written: Record<string, string>, said: string[]]>([
    [{ "canary-weight": "5" }, ["EI4064 canary-weight has no effect on an Ingress that is no canary"]],
    [
      { canary: "false", "canary-by-cookie": "a" },
      ["EI4064 canary-by-cookie has no effect on an Ingress that is no canary"],
    ],
    [{ "canary-weight": "0" }, []],
  ])("nothing without `canary: true`: %j", (written, said) => {
    expect(read(written)).toEqual({ canary: undefined, said });
  });

  test("neither true nor false is an error, and the Ingress is not published", () => {
    expect(read({ canary: "yes" })).toEqual({ canary: null, said: ["EI4006 canary is neither true nor false"] });
  });
});

describe("a pattern", () => {
  test.each([
    ["^Do[A-Z][a-z]+y$", "^Do[A-Z][a-z]+y$"],
    ["eu|us", "eu|us"],
    ["^(?:v1|v2)\\.\\d{1,3}$", "^(?:v1|v2)\\.\\d{1,3}$"],
    [".*beta.*", "beta"],
    ["^.*beta.*$", "beta"],
    ["\\.*x", "\\.*x"],
    [".*", "^"],
    ["[^a-z\\d_-]", "[^a-z\\d_-]"],
    ["a+?b", "a+?b"],
  ])("is taken where it means the same in ECMAScript: %s", (pattern, source) => {
    expect(readCanaryPattern(pattern)).toEqual({ source });
  });

  test.each(["*a", "(a", "a)", "[a", "[]", "a\\", "[z-a]", "+"])("is broken as in PCRE: %s", (pattern) => {
    expect(readCanaryPattern(pattern)).toEqual({ source: null });
  });

  test.each([
    "a++",
    "(a+)+",
    "(a|b)*",
    "(?i)a",
    "(?<n>a)",
    "(?=a)",
    "\\Aa",
    "a\\z",
    "\\1",
    "\\s",
    "[[:alpha:]]",
    "[]a]",
    "a+b+",
    "^a+b+c+",
    "a{0,999}b{0,999}",
    "ä",
    "a{",
    "a?a?a?a?a?a?a?a?a?",
  ])("is refused where it may mean another thing, or hold the edge up: %s", (pattern) => {
    expect(readCanaryPattern(pattern)).toMatchObject({ problem: expect.stringContaining("does not take") });
  });
});
