import { describe, expect, test } from "vitest";
import { indexServices } from "../../../../src/compiler/frontends/ingress/backends.ts";
import type { ServedResource } from "../../../../src/compiler/frontends/ingress/dialect.ts";
import { PatternHosts, PLAIN_PATHS } from "../../../../src/compiler/frontends/ingress/pattern-hosts.ts";
import { type RuleContext, readRules } from "../../../../src/compiler/frontends/ingress/rules.ts";
import type { BackendRef } from "../../../../src/compiler/ir/backend.ts";
import { DEFAULT_TIMEOUTS, type RouteRule } from "../../../../src/compiler/ir/rule.ts";
import type { IngressBody, IngressPath } from "../../../../src/compiler/resources/resource.ts";
import { inClusters, ingress, path, to } from "./resources.ts";

const CONTEXT: RuleContext = {
  services: indexServices([]),
  edgeDefault: null,
  timeouts: DEFAULT_TIMEOUTS,
  policies: [],
  filters: [],
  habits: PLAIN_PATHS,
  patternHosts: new PatternHosts([]),
  naming: new Map(),
  catchAlls: [],
};
const EDGE_DEFAULT: BackendRef = {
  ref: { kind: "Service", namespace: "edge", name: "sorry", port: 80 },
  weight: 1,
  at: null,
};

function read(body: Partial<IngressBody>, context: Partial<RuleContext> = {}) {
  return readRules(ingress("web", body), { ...CONTEXT, ...context });
}

function onePath(value: string, pathType: IngressPath["pathType"]) {
  return read({ rules: [{ host: "a.example.com", paths: [path(value, pathType)] }] });
}

/** A rule in one line: role, hostname, path, backend. */
function line(rule: RouteRule): string {
  const { type, value } = rule.match.path;
  const [backend] = rule.backendRefs;
  return `${rule.role} ${rule.hostname} ${type} ${value} -> ${backend?.ref.name}`;
}

describe("a path", () => {
  test.each([
    ["/a\\.b", "ImplementationSpecific", "backslash in path"],
    ["/a%zz", "Prefix", "malformed percent-encoding"],
    ["/a/../../b", "ImplementationSpecific", "dot segments leave the root"],
    ["/a b", "Exact", "control character in path"],
  ] as const)("%s that no request can have is an error, and no rule", (value, pathType, reason) => {
    const { rules, diagnostics } = onePath(value, pathType);
    expect(rules).toEqual([]);
    expect(diagnostics).toMatchObject([
      { code: "EI2053", severity: "error", position: { file: "web:spec.rules.0.http.paths.0.path" } },
    ]);
    expect(diagnostics[0]?.message).toContain(reason);
  });

  test.each(["/foo(/|$)(.*)", "/*", "/api/v[0-9]", "/a+b"])(
    "%s of the type ImplementationSpecific is an error: it would be compared as text",
    (value) => {
      const { rules, diagnostics } = onePath(value, "ImplementationSpecific");
      expect(rules.map((rule) => rule.match.path)).toEqual([{ type: "PathPrefix", value }]);
      expect(diagnostics.map(({ code, severity }) => [code, severity])).toEqual([["EI2054", "error"]]);
    },
  );

  test.each([
    ["/a?b=1", "Exact"],
    ["/a#b", "Prefix"],
    ["/a?", "ImplementationSpecific"],
  ] as const)("%s holds what ends a path: a warning", (value, pathType) => {
    expect(onePath(value, pathType).diagnostics).toMatchObject([{ code: "EI2055", severity: "warning" }]);
  });

  test.each([
    ["/", "Prefix", "PathPrefix", "/"],
    ["/foo", "Prefix", "PathPrefix", "/foo"],
    ["/foo/", "Prefix", "PathPrefix", "/foo"],
    ["/foo/", "ImplementationSpecific", "PathPrefix", "/foo"],
    ["", "ImplementationSpecific", "PathPrefix", "/"],
    ["/foo", "Exact", "Exact", "/foo"],
    ["/foo/", "Exact", "Exact", "/foo/"],
    ["/", "Exact", "Exact", "/"],
    ["/Foo", "Prefix", "PathPrefix", "/Foo"],
    ["/%7Euser/%c3%a4", "Prefix", "PathPrefix", "/~user/%C3%A4"],
    ["/odata/$metadata", "Exact", "Exact", "/odata/$metadata"],
    ["/a(b)", "Prefix", "PathPrefix", "/a(b)"],
  ] as const)("%s of the type %s is %s %s", (value, pathType, type, expected) => {
    const { rules, diagnostics } = onePath(value, pathType);
    expect(diagnostics).toEqual([]);
    expect(rules.map((rule) => rule.match)).toEqual([
      { path: { type, value: expected }, method: null, headers: [], queryParams: [] },
    ]);
  });
});

describe("a rule", () => {
  test.each([
    ["Shop.Example.COM", "shop.example.com"],
    ["*.example.com", "*.example.com"],
    [null, "*"],
  ])("of host %s has hostname %s", (host, hostname) => {
    const { rules } = read({ rules: [{ host, paths: [path("/")] }] });
    expect(rules.map((rule) => [rule.hostname, rule.wildcard])).toEqual([[hostname, "one-label"]]);
  });

  test("keeps who wrote it, when and where", () => {
    const body = { rules: [{ host: null, paths: [path("/a"), path("/b", "Exact", to("api", "http"))] }] };
    const { rules } = readRules(ingress("web", body, { createdAt: 5 }, inClusters("eu")), CONTEXT);
    expect(rules[1]).toEqual({
      owner: {
        kind: "Ingress",
        namespace: "shop",
        name: "web",
        createdAt: 5,
        scope: inClusters("eu"),
        dialect: "kubernetes",
      },
      hostname: "*",
      wildcard: "one-label",
      match: { path: { type: "Exact", value: "/b" }, method: null, headers: [], queryParams: [] },
      filters: [],
      policies: [],
      timeouts: DEFAULT_TIMEOUTS,
      backendRefs: [
        {
          ref: { kind: "Service", namespace: "shop", name: "api", port: "http" },
          weight: 1,
          at: { file: "web:spec.rules.0.http.paths.1.backend:key", line: 1, column: 1, length: 1 },
        },
      ],
      role: "rule",
      at: { file: "web:spec.rules.0.http.paths.1.path", line: 1, column: 1, length: 1 },
    });
  });
});

describe("a rule without paths", () => {
  const rules = [{ host: "a.example.com", paths: null }];

  test("is a warning where there is no default backend", () => {
    const reading = read({ rules });
    expect(reading.rules).toEqual([]);
    expect(reading.diagnostics).toMatchObject([
      { code: "EI2056", severity: "warning", position: { file: "web:spec.rules.0" } },
    ]);
  });

  test("goes to the Ingress's default backend before the edge's", () => {
    const reading = read({ rules, defaultBackend: to("rest") }, { edgeDefault: EDGE_DEFAULT });
    expect(reading.rules.map(line)).toEqual([
      "default-backend a.example.com PathPrefix / -> rest",
      "default-backend * PathPrefix / -> rest",
    ]);
    expect(reading.diagnostics).toEqual([]);
  });

  test("goes to the edge's default backend where the Ingress has none", () => {
    const reading = read({ rules }, { edgeDefault: EDGE_DEFAULT });
    expect(reading.rules.map(line)).toEqual(["default-backend a.example.com PathPrefix / -> sorry"]);
    expect(reading.rules[0]?.owner.name).toBe("web");
    expect(reading.diagnostics).toEqual([]);
  });
});

describe("the default backend of an Ingress", () => {
  test("takes what is left of each of its hostnames once, and of all others", () => {
    const { rules } = read({
      defaultBackend: to("rest"),
      rules: [
        { host: "a.example.com", paths: [path("/a")] },
        { host: "*.example.com", paths: [path("/b")] },
        { host: "a.example.com", paths: [path("/c")] },
      ],
    });
    expect(rules.map(line)).toEqual([
      "rule a.example.com PathPrefix /a -> web",
      "rule *.example.com PathPrefix /b -> web",
      "rule a.example.com PathPrefix /c -> web",
      "default-backend a.example.com PathPrefix / -> rest",
      "default-backend *.example.com PathPrefix / -> rest",
      "default-backend * PathPrefix / -> rest",
    ]);
    expect(rules.at(-1)?.at?.file).toBe("web:spec.defaultBackend:key");
  });

  test("takes in ingress-nginx what is left of the hosts that its Ingress names first, and of no other", () => {
    const hosts = ["a.example.com", "b.example.com", null];
    const rules = hosts.map((host) => ({ host, paths: [path("/a")] }));
    const own = { ...ingress("web", { defaultBackend: to("rest"), rules }), dialect: "ingress-nginx" } as const;
    const older = ingress("older");
    const elsewhere = ingress("older", {}, {}, inClusters("eu"));
    const naming = new Map<string, ServedResource[]>([
      ["a.example.com", [own]],
      ["b.example.com", [older, own]],
    ]);
    const reading = readRules(own, { ...CONTEXT, naming });
    const defaults = reading.rules.filter(({ role }) => role === "default-backend");
    expect(defaults.map(line)).toEqual(["default-backend a.example.com PathPrefix / -> rest"]);
    expect(reading.diagnostics).toMatchObject([{ code: "EI2063", severity: "info" }]);
    expect(reading.diagnostics[0]?.message).toContain("what is left of a.example.com alone");
    const inUs = { ...own, scope: inClusters("us") };
    const apart = readRules(inUs, { ...CONTEXT, naming: new Map([["b.example.com", [elsewhere, own, inUs]]]) });
    const its = apart.rules.filter(({ role }) => role === "default-backend");
    expect(its.map(line)).toEqual(["default-backend b.example.com PathPrefix / -> rest"]);
  });

  test("takes every request of an Ingress without rules", () => {
    expect(read({ defaultBackend: to("rest") }).rules.map(line)).toEqual(["default-backend * PathPrefix / -> rest"]);
  });

  test("is reported once where it is no Service, however many hostnames it takes", () => {
    const { rules, diagnostics } = read({
      defaultBackend: { type: "resource", apiGroup: "", kind: "Bucket", name: "files" },
      rules: [{ host: "a.example.com", paths: [path("/a")] }],
    });
    expect(rules.map((rule) => rule.backendRefs[0]?.ref.kind)).toEqual(["Service", "Resource", "Resource"]);
    expect(diagnostics.map((each) => each.message)).toEqual([
      "the backend Bucket files is not served: requests answer 503",
    ]);
  });
});
