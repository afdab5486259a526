import { describe, expect, test } from "vitest";
import { inOrder } from "../../../src/compiler/diagnostics/order.ts";
import { type PathMatch, pathOnly } from "../../../src/compiler/ir/match.ts";
import { mergeRules, ownerName } from "../../../src/compiler/ir/merge.ts";
import type { Policy } from "../../../src/compiler/ir/policy.ts";
import { DEFAULT_TIMEOUTS, type RouteRule, type RuleOwner } from "../../../src/compiler/ir/rule.ts";
import { EVERY_CLUSTER, type Scope } from "../../../src/compiler/ir/scope.ts";
import { DEFAULT_RETRY } from "../../../src/table/policies/retry.ts";
import { pathMatch } from "../../support/paths.ts";
import { fc } from "../../support/properties.ts";

interface Sketch extends Partial<Pick<RuleOwner, "namespace" | "createdAt" | "scope" | "kind" | "dialect">> {
  readonly name?: string;
  readonly host?: string;
  readonly path?: string;
  readonly type?: PathMatch["type"];
  readonly service?: string;
  readonly role?: RouteRule["role"];
  readonly timeout?: number;
  readonly line?: number;
  readonly policies?: readonly Policy[];
}

function rule(sketch: Sketch): RouteRule {
  const {
    kind = "Ingress",
    namespace = "shop",
    name = "a",
    createdAt = null,
    scope = EVERY_CLUSTER,
    dialect = "kubernetes",
  } = sketch;
  const { host = "a.test", path = "/", type = "PathPrefix", service = "web", role = "rule", line = 1 } = sketch;
  return {
    owner: { kind, namespace, name, createdAt, scope, dialect },
    hostname: host,
    wildcard: "one-label",
    match: pathOnly(pathMatch(type, path)),
    filters: [],
    policies: sketch.policies ?? [],
    timeouts: { ...DEFAULT_TIMEOUTS, request: sketch.timeout ?? DEFAULT_TIMEOUTS.request },
    backendRefs: [{ ref: { kind: "Service", namespace, name: service, port: 80 }, weight: 1, at: null }],
    role,
    at: kind === "Edge" ? null : { file: `${namespace}-${name}.yaml`, line, column: 1, length: 1 },
  };
}

const inClusters = (...names: string[]): Scope => ({ kind: "clusters", names });
const fallback = (sketch: Sketch) => rule({ role: "default-backend", ...sketch });
const EDGE = fallback({ kind: "Edge", namespace: "", name: "", host: "*", service: "edge" });

/** `host type path -> service of owner (+ joined owners) [clusters]`. */
function merged(...rules: readonly RouteRule[]): string[] {
  return mergeRules(rules).hosts.flatMap(({ hostname, rules: ofHost }) =>
    ofHost.map(({ rule: { hostname: own, match, backendRefs, owner }, mergedFrom, scope }) => {
      expect(own).toBe(hostname);
      const ref = backendRefs[0]?.ref;
      const where = scope.kind === "clusters" ? ` [${scope.names.join(" ")}]` : "";
      const joined = mergedFrom.map((other) => ` + ${ownerName(other.owner)}`).join("");
      return `${hostname} ${match.path.type} ${match.path.value} -> ${ref?.name} of ${ownerName(owner)}${joined}${where}`;
    }),
  );
}

const findings = (...rules: readonly RouteRule[]) =>
  inOrder(mergeRules(rules).diagnostics).map(({ code, position }) => `${code} ${position?.file}:${position?.line}`);

describe("of two rules with the same match the older keeps it", () => {
  test.each<readonly [string, Sketch, Sketch]>([
    ["the earlier timestamp", { name: "z", createdAt: 1 }, { name: "a", createdAt: 2 }],
    ["a timestamp before none", { name: "z", createdAt: 9 }, { name: "a" }],
    ["the first namespace", { namespace: "a", name: "z" }, { namespace: "b", name: "a" }],
    ["the first name", { name: "a" }, { name: "b" }],
    ["names by code unit", { name: "B" }, { name: "a" }],
    ["every cluster before one", { service: "x" }, { scope: inClusters("eu") }],
    ["the first cluster", { scope: inClusters("ap", "eu") }, { scope: inClusters("eu") }],
    ["another Service in other clusters", { scope: inClusters("ap"), service: "x" }, { scope: inClusters("eu") }],
    ["other timeouts in other clusters", { scope: inClusters("ap"), timeout: 1 }, { scope: inClusters("eu") }],
  ])("%s", (_, older, younger) => {
    for (const rules of [
      [rule({ line: 7, ...older }), rule({ line: 9, ...younger })],
      [rule({ line: 9, ...younger }), rule({ line: 7, ...older })],
    ]) {
      const { hosts, diagnostics } = mergeRules(rules);
      expect(hosts[0]?.rules.map((kept) => kept.rule.at?.line)).toEqual([7]);
      expect(diagnostics).toMatchObject([
        { code: "EI5001", position: { line: 9 }, related: [{ position: { line: 7 } }] },
      ]);
    }
  });

  test("each younger one is reported", () => {
    expect(findings(rule({ name: "a" }), rule({ name: "c" }), rule({ name: "b" }))).toEqual([
      "EI5001 shop-b.yaml:1",
      "EI5001 shop-c.yaml:1",
    ]);
  });

  test.each<readonly [string, Sketch]>([
    ["another path", { path: "/x" }],
    ["another type", { type: "Exact" }],
    ["another host", { host: "b.test" }],
    ["a default backend", { role: "default-backend" }],
  ])("%s is no conflict", (_, other) => {
    expect(findings(rule({}), rule({ name: "b", ...other }))).toEqual([]);
  });
});

test("what no rule of a host takes makes the host where there is no rule", () => {
  expect(merged(rule({ host: "*.test" }), rule({ role: "unmatched", service: "none" }))).toEqual([
    "*.test PathPrefix / -> web of Ingress shop/a",
    "a.test PathPrefix / -> none of Ingress shop/a",
  ]);
});

describe("equal rules of other clusters join", () => {
  const eu = { scope: inClusters("eu") };
  const us = { scope: inClusters("us") };

  test("into one rule of all their clusters", () => {
    const rules = [rule(us), rule(eu), rule({ name: "b", scope: inClusters("ap") })];
    expect(merged(...rules)).toEqual([
      "a.test PathPrefix / -> web of Ingress shop/a + Ingress shop/a + Ingress shop/b [ap eu us]",
    ]);
    expect(findings(...rules)).toEqual([]);
  });

  test("but not where a cluster has both", () => {
    const both = [rule(eu), rule({ name: "b", scope: inClusters("eu", "us") })];
    expect(merged(...both)).toEqual(["a.test PathPrefix / -> web of Ingress shop/a [eu]"]);
    expect(findings(...both)).toEqual(["EI5001 shop-b.yaml:1"]);
  });

  test("nor where one that joined already has", () => {
    expect(findings(rule(eu), rule({ name: "b", ...us }), rule({ name: "c", ...us }))).toEqual([
      "EI5001 shop-c.yaml:1",
    ]);
  });
});

describe("policies", () => {
  const eu = { scope: inClusters("eu") };
  const us = { scope: inClusters("us") };
  const retry = (attempts: number, from = "EdgePolicy shop/x"): Policy => ({
    field: "retry",
    value: { ...DEFAULT_RETRY, attempts },
    from,
    at: null,
  });

  test("keep rules of two clusters apart where they differ, which is said", () => {
    const { diagnostics } = mergeRules([rule({ ...eu, policies: [retry(1)] }), rule(us)]);
    expect(diagnostics).toMatchObject([
      { code: "EI5001", message: expect.stringMatching(/keeps; they would be one if they had the same retry$/) },
    ]);
    const limits = mergeRules([rule({ ...eu, policies: [retry(1)] }), rule({ ...us, timeout: 5 })]).diagnostics;
    expect(limits[0]?.message).toMatch(/the same retry and timeouts$/);
  });

  test("are not blamed where more differs, or where one cluster has both", () => {
    const rules = [
      [rule({ ...eu, policies: [retry(1)] }), rule({ ...us, service: "other" })],
      [rule({ policies: [retry(1)] }), rule({ name: "b" })],
    ];
    for (const both of rules) expect(mergeRules(both).diagnostics[0]?.message).toMatch(/keeps$/);
  });

  test("of equal effect do not, whoever set them", () => {
    const usual = retry(DEFAULT_RETRY.attempts);
    expect(merged(rule({ ...eu, policies: [usual] }), rule(us))).toHaveLength(1);
    const both = [rule({ ...eu, policies: [retry(1)] }), rule({ ...us, policies: [retry(1, "EdgePolicy shop/y")] })];
    expect(findings(...both)).toEqual([]);
  });
});

describe("default backends", () => {
  test("come last in their hosts", () => {
    expect(merged(fallback({ service: "rest" }), rule({ path: "/x" }))).toEqual([
      "a.test PathPrefix /x -> web of Ingress shop/a",
      "a.test PathPrefix / -> rest of Ingress shop/a",
    ]);
  });

  test("take nothing where a rule takes everything", () => {
    expect(merged(rule({}), fallback({ service: "rest" }), EDGE)).toEqual([
      "* PathPrefix / -> edge of the edge",
      "a.test PathPrefix / -> web of Ingress shop/a",
    ]);
  });

  test.each<readonly [string, Partial<RouteRule["match"]>]>([
    ["of one method", { method: "GET" }],
    ["with a header", { headers: [{ type: "Exact", name: "a", value: "b" }] }],
    ["with a parameter", { queryParams: [{ type: "Exact", name: "a", value: "b" }] }],
    ["of one path", { path: { type: "Exact", value: "/" } }],
  ])("take the rest where a rule is %s", (_, match) => {
    const some = rule({});
    expect(merged({ ...some, match: { ...some.match, ...match } }, EDGE).at(-1)).toBe(
      "a.test PathPrefix / -> edge of the edge",
    );
  });

  test("that have nothing else are preferred for hosts without rules, before older ones", () => {
    const rules = [
      rule({ createdAt: 1 }),
      fallback({ host: "*", createdAt: 1, service: "own" }),
      fallback({ host: "*", name: "pure" }),
    ];
    expect(merged(...rules)[0]).toBe("* PathPrefix / -> web of Ingress shop/pure");
    expect(findings(...rules)).toEqual(["EI5002 shop-a.yaml:1"]);
  });

  test("of one host are the oldest's, whoever has rules", () => {
    const rules = [
      rule({ path: "/x", createdAt: 1 }),
      fallback({ createdAt: 1, service: "own" }),
      fallback({ name: "pure" }),
    ];
    expect(merged(...rules).at(-1)).toBe("a.test PathPrefix / -> own of Ingress shop/a");
    expect(findings(...rules)).toEqual(["EI5002 shop-pure.yaml:1"]);
  });

  test("of the edge stand in where a host has none, and for every other host", () => {
    expect(
      merged(
        EDGE,
        rule({ path: "/x" }),
        rule({ host: "b.test", path: "/y" }),
        fallback({ host: "b.test", service: "own" }),
      ),
    ).toEqual([
      "* PathPrefix / -> edge of the edge",
      "a.test PathPrefix /x -> web of Ingress shop/a",
      "a.test PathPrefix / -> edge of the edge",
      "b.test PathPrefix /y -> web of Ingress shop/a",
      "b.test PathPrefix / -> own of Ingress shop/a",
    ]);
  });

  test("of an Ingress come before the edge's, without a word", () => {
    expect(merged(EDGE, fallback({ host: "*" }))).toEqual(["* PathPrefix / -> web of Ingress shop/a"]);
    expect(findings(EDGE, fallback({ host: "*" }))).toEqual([]);
  });

  test("of the edge give way to what stands before them, for every other host too", () => {
    const guard = rule({ kind: "Edge", namespace: "", name: "", host: "*", role: "unmatched", service: "guarded" });
    expect(merged(EDGE, guard, rule({ path: "/x" }))).toEqual([
      "* PathPrefix / -> guarded of the edge",
      "a.test PathPrefix /x -> web of Ingress shop/a",
      "a.test PathPrefix / -> edge of the edge",
    ]);
  });

  test("without any, what no rule takes goes nowhere", () => {
    expect(merged(rule({ path: "/x" }))).toEqual(["a.test PathPrefix /x -> web of Ingress shop/a"]);
    expect(merged()).toEqual([]);
  });
});

test("rules are tried Exact first, then longer prefixes", () => {
  const paths = [
    ["/", "PathPrefix"],
    ["/a", "PathPrefix"],
    ["/a/b", "PathPrefix"],
    ["/b/a", "PathPrefix"],
    ["/", "Exact"],
    ["/a/b", "Exact"],
  ] as const;
  expect(
    merged(...paths.map(([path, type]) => rule({ path, type }))).map((line) => line.split(" ").slice(1, 3).join(" ")),
  ).toEqual(["Exact /a/b", "Exact /", "PathPrefix /a/b", "PathPrefix /b/a", "PathPrefix /a", "PathPrefix /"]);
});

describe("rules without host beside other hosts", () => {
  test("are reported once, at the first", () => {
    const rules = [rule({ host: "*", line: 9 }), rule({ host: "*", path: "/x", line: 4 }), rule({ line: 1 })];
    expect(findings(...rules)).toEqual(["EI5003 shop-a.yaml:4"]);
    expect(findings(...rules.toReversed())).toEqual(["EI5003 shop-a.yaml:4"]);
    expect(mergeRules(rules).diagnostics[0]?.severity).toBe("info");
  });

  test.each<readonly [string, readonly RouteRule[]]>([
    ["alone", [rule({ host: "*" }), rule({ host: "*", path: "/x" })]],
    ["that are default backends", [fallback({ host: "*" }), rule({}), EDGE]],
  ])("%s are not", (_, rules) => {
    expect(findings(...rules)).toEqual([]);
  });
});

test("nothing depends on the order of the input", () => {
  const sketch = fc.record({
    name: fc.constantFrom("a", "b", "c"),
    namespace: fc.constantFrom("n", "m"),
    host: fc.constantFrom("*", "a.test", "*.a.test"),
    path: fc.constantFrom("/", "/a", "/a/b"),
    type: fc.constantFrom<PathMatch["type"]>("Exact", "PathPrefix"),
    service: fc.constantFrom("web", "api"),
    role: fc.constantFrom<RouteRule["role"]>("rule", "default-backend"),
    createdAt: fc.constantFrom(null, 1, 2),
    scope: fc.constantFrom(EVERY_CLUSTER, inClusters("eu"), inClusters("eu", "us"), inClusters("us")),
  });
  // An Ingress of one name in one scope is one object, and has no match twice.
  const identity = ({ owner, hostname, match, role }: RouteRule) =>
    JSON.stringify([owner.namespace, owner.name, owner.scope, hostname, role === "rule" && match]);
  const rules = fc
    .uniqueArray(sketch.map(rule), { selector: identity, maxLength: 12 })
    .map((all) => all.map((each, index) => ({ ...each, at: { file: "x", line: index + 1, column: 1, length: 1 } })));
  const both = rules.chain((all) =>
    fc.tuple(fc.constant([...all, EDGE]), fc.shuffledSubarray([...all, EDGE], { minLength: all.length + 1 })),
  );
  fc.assert(
    fc.property(both, ([one, other]) => {
      const [a, b] = [mergeRules(one), mergeRules(other)];
      expect(b.hosts).toEqual(a.hosts);
      expect(inOrder(b.diagnostics)).toEqual(inOrder(a.diagnostics));
    }),
    { numRuns: 300 },
  );
});
