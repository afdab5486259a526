import { describe, expect, test } from "vitest";
import { pathOnly } from "../../../src/compiler/ir/match.ts";
import { DEFAULT_TIMEOUTS, type RouteRule } from "../../../src/compiler/ir/rule.ts";
import { EVERY_CLUSTER, type Scope } from "../../../src/compiler/ir/scope.ts";
import { attachPolicies } from "../../../src/compiler/policies/attach.ts";
import { loadResources } from "../../../src/compiler/resources/load.ts";
import { parseYaml } from "../../../src/compiler/sources/parse-yaml.ts";
import { cluster, edgePolicy, type PolicySketch } from "../../support/compiled.ts";
import { cpuTime } from "../../support/cpu-time.ts";
import { pathMatch } from "../../support/paths.ts";

interface Sketch {
  readonly name?: string;
  readonly namespace?: string;
  readonly host?: string;
  readonly path?: string;
  readonly type?: RouteRule["match"]["path"]["type"];
  readonly scope?: Scope;
  readonly kind?: RouteRule["owner"]["kind"];
}

function rule(sketch: Sketch = {}): RouteRule {
  const { name = "a", namespace = "shop", host = "a.test", path = "/", type = "PathPrefix" } = sketch;
  const { scope = EVERY_CLUSTER, kind = "Ingress" } = sketch;
  return {
    owner: { kind, namespace, name, createdAt: null, scope, dialect: "kubernetes" },
    hostname: host,
    wildcard: "one-label",
    match: pathOnly(pathMatch(type, path)),
    filters: [],
    policies: [],
    timeouts: DEFAULT_TIMEOUTS,
    backendRefs: [],
    role: "rule",
    at: null,
  };
}

const IN_EU: Scope = { kind: "clusters", names: ["eu"] };
const IN_BOTH: Scope = { kind: "clusters", names: ["eu", "us"] };

/** Attaches policies of one scope, in clusters eu and us. */
function attached(rules: readonly RouteRule[], policies: readonly PolicySketch[], scope: Scope = EVERY_CLUSTER) {
  const text = [cluster("eu"), cluster("us"), ...policies.map(edgePolicy)].join("---\n");
  const { documents } = parseYaml({ name: "in.yaml", realPath: null, text });
  const { resources, diagnostics } = loadResources(documents, () => scope);
  expect(diagnostics).toEqual([]);
  return attachPolicies(rules, resources, { platform: "workerd" });
}

/** The paths of the rules that one policy with this target reaches. */
function reached(rules: readonly RouteRule[], targets: string): string[] {
  const result = attached(rules, [{ targets }]);
  return result.rules.filter(({ policies }) => policies.length > 0).map(({ match }) => match.path.value);
}

describe("a target reaches", () => {
  test("nothing where there is no rule, which is said", () => {
    const { rules, diagnostics } = attached([], [{ targets: "{ kind: Edge }" }]);
    expect(rules).toEqual([]);
    expect(diagnostics).toMatchObject([
      { code: "EI6001", message: "EdgePolicy shop/policy is attached to no rule: there is none" },
    ]);
  });

  test("no rule of another namespace by Ingress or host", () => {
    const foreign = rule({ namespace: "web" });
    for (const targets of ["{ kind: Ingress, name: a }", "{ kind: Host, name: a.test }"]) {
      expect(reached([foreign], targets)).toEqual([]);
    }
  });

  test("no rule of a host by the wildcard above it, and no deeper host", () => {
    const rules = [rule({ host: "*.a.test", path: "/w" }), rule({ host: "x.a.test" }), rule({ host: "y.x.a.test" })];
    expect(reached(rules, '{ kind: Host, name: "*.a.test" }')).toEqual(["/w"]);
    const { diagnostics } = attached(rules, [{ targets: '{ kind: Host, name: "*.a.test" }' }]);
    expect(diagnostics.map(({ message }) => message)).toEqual([
      "EdgePolicy shop/policy for host *.a.test does not reach x.a.test, which has rules of its own",
    ]);
  });

  test("no pattern by a path, for what it takes can't be told", () => {
    const rules = [rule({ type: "RegularExpression", path: "/api/.*" }), rule({ path: "/api/v1" })];
    expect(reached(rules, "{ kind: Host, name: a.test, path: /api }")).toEqual(["/api/v1"]);
    const { diagnostics } = attached(rules, [{ targets: "{ kind: Host, name: a.test, path: /api }" }]);
    expect(diagnostics.map(({ code }) => code)).toEqual(["EI6005"]);
  });

  test.each([
    ["/api", ["/api", "/api/v1", "/api/"]],
    ["/api/", ["/api", "/api/v1", "/api/"]],
    ["/api/v1", ["/api/v1"]],
    ["/", ["/", "/api", "/api/v1", "/apis", "/api/"]],
  ])("by the path %s the rules at or below it, by elements", (path, expected) => {
    const rules = [
      ...["/", "/api", "/api/v1", "/apis"].map((own) => rule({ path: own })),
      rule({ type: "Exact", path: "/api/" }),
    ];
    expect(reached(rules, `{ kind: Host, name: a.test, path: ${path} }`)).toEqual(expected);
  });

  test("the edge's own default backend by the edge alone", () => {
    const edge = rule({ kind: "Edge", namespace: "", name: "", host: "*", path: "/edge" });
    expect(reached([edge, rule()], "{ kind: Edge }")).toEqual(["/edge", "/"]);
    expect(reached([edge, rule()], "{ kind: Ingress, name: a }")).toEqual(["/"]);
  });
});

describe("a policy of some clusters", () => {
  test("reaches no rule of others, which is said", () => {
    const us: Scope = { kind: "clusters", names: ["us"] };
    const { rules, diagnostics } = attached([rule({ scope: us })], [{ targets: "{ kind: Ingress, name: a }" }], IN_EU);
    expect(rules[0]?.policies).toEqual([]);
    expect(diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
      "EI6001 EdgePolicy shop/policy is attached to no rule: Ingress shop/a has none in the clusters of the policy",
    ]);
  });

  test("is not attached to rules that others have too", () => {
    const rules = [rule(), rule({ path: "/b", scope: IN_BOTH })];
    const result = attached(rules, [{ targets: "{ kind: Edge }" }], IN_EU);
    expect(result.rules.flatMap(({ policies }) => policies)).toEqual([]);
    expect(result.diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
      "EI6007 EdgePolicy shop/policy exists in eu alone and is not attached to 2 rules of the edge in other clusters",
    ]);
  });

  test("holds everywhere where these are all clusters", () => {
    const { rules, diagnostics } = attached([rule()], [{ targets: "{ kind: Edge }" }], IN_BOTH);
    expect(rules[0]?.policies).toHaveLength(1);
    expect(diagnostics).toEqual([]);
  });
});

describe("of several sources", () => {
  test("one policy by two targets is no conflict with itself", () => {
    const targets = "{ kind: Host, name: a.test }, { kind: Ingress, name: a }, { kind: Ingress, name: a }";
    const { rules, diagnostics } = attached([rule()], [{ targets }]);
    expect(rules[0]?.policies).toMatchObject([{ field: "retry", from: "EdgePolicy shop/policy" }]);
    expect(diagnostics).toEqual([]);
  });

  test("a conflict is said once for all rules", () => {
    const rules = [rule(), rule({ path: "/b" }), rule({ path: "/c" })];
    const targets = "{ kind: Ingress, name: a }";
    const { diagnostics } = attached(rules, [
      { name: "one", targets },
      { name: "two", targets },
    ]);
    expect(diagnostics.map(({ code }) => code)).toEqual(["EI6002"]);
  });

  test("time limits become the rule's own", () => {
    const sets = "timeouts: { request: 9s, backendRequest: 3s }";
    const { rules } = attached([rule(), rule({ host: "b.test" })], [{ targets: "{ kind: Host, name: b.test }", sets }]);
    expect(rules.map(({ timeouts }) => timeouts)).toEqual([DEFAULT_TIMEOUTS, { request: 9000, backendRequest: 3000 }]);
  });
});

describe("times that the rule's limits never let come are reported", () => {
  const says = (...policies: readonly string[]) =>
    attached(
      [rule(), rule({ path: "/b" })],
      policies.map((sets, index) => ({ name: `p${index}`, targets: "{ kind: Ingress, name: a }", sets })),
    ).diagnostics.map(({ code, message }) => `${code} ${message}`);

  test.each([
    ["the usual limit", ["retry: { perTryTimeout: 60s }"], "perTryTimeout", "1m"],
    ["a limit of the same policy", ["retry: { perTryTimeout: 6s }, timeouts: { request: 5s }"], "perTryTimeout", "5s"],
    [
      "a limit of another policy",
      ["retry: { hedge: { delay: 2s } }", "timeouts: { backendRequest: 1s }"],
      "hedge.delay",
      "1s",
    ],
  ])("%s", (_, policies, field, limit) => {
    expect(says(...policies)).toEqual([
      `EI1253 ${field} of EdgePolicy shop/p0 has no effect on rules whose tries end after ${limit}`,
    ]);
  });

  test("but not shorter ones, nor where there is no limit", () => {
    expect(says("retry: { perTryTimeout: 59s, hedge: { delay: 1s } }")).toEqual([]);
    expect(says("retry: { perTryTimeout: 1h }, timeouts: { request: 0s, backendRequest: 0s }")).toEqual([]);
  });
});

test("two thousand rules and fifty policies take no longer than a moment", () => {
  const rules = Array.from({ length: 2000 }, (_, index) => rule({ name: `i${index % 100}`, host: `h${index}.test` }));
  const policies = Array.from({ length: 50 }, (_, index) => ({
    name: `p${index}`,
    targets: `{ kind: Ingress, name: i${index} }, { kind: Edge }`,
  }));
  const taken = cpuTime(() => {
    expect(attached(rules, policies).rules.every((one) => one.policies.length === 1)).toBe(true);
  });
  expect(taken).toBeLessThan(30_000);
});
