import { describe, expect, test } from "vitest";
import { outcomeOf } from "../../../../../src/compiler/frontends/ingress/annotations/invalid-values.ts";
import { registry } from "../../../../../src/compiler/frontends/ingress/annotations/registry.ts";
import { cluster, compiled } from "../../../../support/compiled.ts";
import { annotated } from "./annotated.ts";

/** What the whole compile makes of annotations, with --lenient and without. */
function read(annotations: Readonly<Record<string, string>>, lenient = true) {
  const { output, diagnostics } = compiled([cluster("eu"), annotated(annotations)].join("---\n"), { lenient });
  const rules = output?.report.hosts.flatMap((host) => host.rules) ?? [];
  return {
    rules: output === null ? null : rules.map(({ role }) => role),
    denied: rules.map(({ filters }) => (filters ?? []).some((each) => /answer 503/.test(JSON.stringify(each)))),
    fields: rules.flatMap(({ policies }) => policies.map(({ field }) => field)),
    said: diagnostics
      .filter(({ severity }) => severity !== "info")
      .map(({ code, message }) => `${code} ${message.replace(/^.*; /, "")}`),
  };
}

const DEFAULT = "EI4041 as in ingress-nginx it counts as if it were not there";
const DENIED = "EI4041 as in ingress-nginx every path of the Ingress answers 503";
const DROPPED = "EI4041 as in ingress-nginx the whole Ingress is left out";

test.each([
  ["rewrite-target", "/$host/x"],
  ["auth-tls-match-cn", "CN=a++"],
])("%s: %s, which ingress-nginx takes, stays an error with --lenient", (name, value) => {
  const { rules, said } = read({ [name]: value, ...(name !== "rewrite-target" && { "auth-tls-secret": "shop/ca" }) });
  expect(rules).toBeNull();
  expect(said.join()).not.toContain("EI4041");
});

describe("with --lenient a value that ingress-nginx does not take", () => {
  test.each<[name: string, value: string]>([
    ["use-regex", "maybe"],
    ["proxy-read-timeout", "soon"],
    ["enable-cors", "perhaps"],
    ["satisfy", "some"],
    ["backend-protocol", "GOPHER"],
    ["session-cookie-max-age", "long"],
  ])("%s: %s counts as if it were not there", (name, value) => {
    const more = name.startsWith("session") ? { affinity: "cookie" } : {};
    const { rules, denied, said } = read({ ...more, [name]: value });
    expect({ rules, denied, said }).toEqual({ rules: ["rule"], denied: [false], said: [DEFAULT] });
  });

  test.each<[name: string, value: string]>([
    ["allowlist-source-range", "10.0.0.0/33"],
    ["denylist-source-range", "somebody"],
    ["auth-type", "magic"],
    ["auth-url", "not a url"],
  ])("%s: %s denies the paths of the Ingress, and nothing else of it holds there", (name, value) => {
    const { rules, denied, fields, said } = read({ [name]: value, "enable-cors": "true", "proxy-read-timeout": "5" });
    expect(rules).toContain("rule");
    expect(denied).not.toContain(false);
    expect(fields).toEqual([]);
    expect(said).toEqual([DENIED]);
  });

  test.each<[name: string, value: string]>([
    ["limit-rps", "many"],
    ["auth-realm", "a;b"],
    ["custom-http-errors", "all"],
    ["from-to-www-redirect", "both"],
  ])("%s: %s leaves the Ingress out", (name, value) => {
    const more = name === "auth-realm" ? { "auth-type": "basic", "auth-secret": "users" } : {};
    const { said } = read({ ...more, [name]: value });
    expect(said).toContain(DROPPED);
    expect(read({ ...more, [name]: value }).rules ?? []).not.toContain("rule");
  });

  test("is an error without it", () => {
    expect(read({ "use-regex": "maybe" }, false)).toMatchObject({ rules: null });
    expect(read({ "use-regex": "maybe" }, false).said[0]).toMatch(/^EI4006 /);
  });
});

test("what the edge can't do, and guards that guard nothing, stay errors with --lenient", () => {
  expect(read({ "auth-type": "digest", "auth-secret": "users" }).rules).toBeNull();
  expect(read({ "auth-secret": "users" }).rules).toBeNull();
  expect(read({ "permanent-redirect": "https://a.test/$geoip_city" }).rules).toBeNull();
  expect(read({ "enable-modsecurity": "true" }).rules).toBeNull();
  expect(read({ "whitelist-source-rage": "10.0.0.0/8" }).rules).toBeNull();
});

test("whatever values annotations have, alone and together, reading them ends", () => {
  const everything = Object.fromEntries([...registry.keys()].map((name) => [name, "two words; and {more}"]));
  expect(read(everything).said.length).toBeGreaterThan(0);
  for (const name of registry.keys()) expect(() => read({ [name]: "no such value" })).not.toThrow();
});

test("a bad value of a guard never counts as none, but for those of which ingress-nginx makes that", () => {
  const open = [...registry.values()].filter(({ name, guards }) => guards && outcomeOf(name, guards) === "default");
  expect(open.map(({ name }) => name).sort()).toEqual([
    "auth-signin",
    "auth-signin-redirect-param",
    "auth-tls-verify-client",
    "auth-tls-verify-depth",
    "limit-burst-multiplier",
    "limit-rate",
    "limit-rate-after",
    "satisfy",
  ]);
});

describe("with --lenient a Secret of users that can't be read", () => {
  const annotations = { "auth-type": "basic", "auth-secret": "users" };
  const SECRET = (key: string) => `apiVersion: v1
kind: Secret
metadata: { name: users, namespace: shop }
stringData: { ${key}: "a:{SHA}qZk+NkcGgWq6PiVxeFDCbJzQ2J0=" }
`;
  const made = (more: readonly string[], flags: object) => {
    const { output, diagnostics } = compiled([cluster("eu"), annotated(annotations), ...more].join("---\n"), flags);
    const rules = output?.report.hosts.flatMap((host) => host.rules) ?? null;
    return {
      denied: rules?.map(({ filters }) => (filters ?? []).some((each) => /answer 503/.test(JSON.stringify(each)))),
      fields: rules?.flatMap(({ policies }) => policies.map(({ field }) => field)),
      codes: diagnostics.filter(({ severity }) => severity !== "info").map(({ code }) => code),
    };
  };

  test.each([
    ["is missing", []],
    ["lacks its key", [SECRET("users")]],
  ])("%s: every path of the Ingress answers 503", (_, more) => {
    expect(made(more, { lenient: true })).toEqual({ denied: [true], fields: [], codes: ["EI4041"] });
    expect(made(more, { lenient: false }).denied).toBeUndefined();
  });

  test("asks for users where it is there, or will be", () => {
    expect(made([SECRET("auth")], { lenient: true })).toMatchObject({ denied: [false] });
    const external = made([], { lenient: true, externalSecrets: true });
    expect(external.denied).toEqual([false]);
    expect(external.fields).toContain("basicAuth");
  });
});
