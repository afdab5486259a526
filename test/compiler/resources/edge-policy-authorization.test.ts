import { describe, expect, test } from "vitest";
import type { Condition } from "../../../src/table/policies/authorization.ts";
import { load, marked, places } from "./documents.ts";

const setting = (written: string) =>
  `apiVersion: edge-ingress.dev/v1alpha1\nkind: EdgePolicy\nmetadata: { name: a, namespace: shop }\nspec: { targetRefs: [{ kind: Edge }], ${written} }`;
const when = (written: string) => setting(`authorization: { rules: [{ action: Allow, when: ${written} }] }`);
const nested = (depth: number): string => (depth === 1 ? "{ methods: [GET] }" : `{ not: ${nested(depth - 1)} }`);

describe("authorization of an EdgePolicy is rejected for", () => {
  test.each<[what: string, code: string, written: string]>([
    ["null", "EI1207", setting("authorization: ▸null")],
    ["no rules", "EI1207", setting("authorization: ▸{}")],
    ["an empty list of rules", "EI1239", setting("authorization: { rules: ▸[] }")],
    [
      "an action in capitals",
      "EI1208",
      setting("authorization: { rules: [{ action: ▸ALLOW, when: { methods: [GET] } }] }"),
    ],
    ["a rule without an action", "EI1207", setting("authorization: { rules: [▸{ when: { methods: [GET] } }] }")],
    ["a rule without a condition", "EI1207", setting("authorization: { rules: [▸{ action: Deny }] }")],
    ["a condition that is null", "EI1207", when("▸null")],
    ["a condition that asks for nothing", "EI1239", when("▸{}")],
    ["an unknown condition", "EI1206", when("{ methods: [GET], ▸hosts: [a] }")],
    ["an empty list of methods", "EI1239", when("{ methods: ▸[] }")],
    ["a method in small letters", "EI1237", when("{ methods: [▸get] }")],
    ["a path alone", "EI1205", when("{ paths: [▸/admin] }")],
    ["a path without a type", "EI1207", when("{ paths: [▸{ value: /admin }] }")],
    ["a path by a regular expression", "EI1208", when("{ paths: [{ type: ▸RegularExpression, value: /a }] }")],
    ["a relative path", "EI1237", when("{ paths: [{ type: Exact, value: ▸admin }] }")],
    ["a path with a query", "EI1237", when('{ paths: [{ type: Exact, value: ▸"/a?b" }] }')],
    ["a path that leaves the root", "EI1237", when("{ paths: [{ type: Exact, value: ▸/../a }] }")],
    ["a path that servers read in two ways", "EI1237", when("{ paths: [{ type: Exact, value: ▸/a%2Fb }] }")],
    ["a path with a parameter", "EI1237", when('{ paths: [{ type: PathPrefix, value: ▸"/a;b" }] }')],
    ["a header without values", "EI1207", when("{ headers: [▸{ name: x-a }] }")],
    ["a header that is none", "EI1237", when('{ headers: [{ name: ▸"x a", values: [b] }] }')],
    ["a value that could be two", "EI1237", when('{ headers: [{ name: x-a, values: [▸"b, c"] }] }')],
    ["a value that no header has", "EI1237", when('{ headers: [{ name: x-a, values: [▸" b"] }] }')],
    ["an empty value of a header", "EI1237", when('{ headers: [{ name: x-a, values: [▸""] }] }')],
    ["a principal that is anybody", "EI1239", when("{ principal: ▸{} }")],
    ["a check that proves nobody", "EI1208", when("{ principal: { by: [▸access] } }")],
    ["an empty subject", "EI1237", when('{ principal: { subjects: [▸""] } }')],
    ["a claim without values", "EI1207", when("{ principal: { claims: [▸{ name: groups }] } }")],
    ["a claim with a boolean", "EI1205", when("{ principal: { claims: [{ name: a, values: [▸true] }] } }")],
    ["two scopes in one", "EI1237", when('{ principal: { scopes: [▸"a b"] } }')],
    ["an empty `all`", "EI1239", when("{ all: ▸[] }")],
    ["an empty `any`", "EI1239", when("{ any: ▸[] }")],
    ["an empty `not`", "EI1239", when("{ not: ▸{} }")],
    ["a fault in a condition within another", "EI1237", when("{ any: [{ not: { all: [{ methods: [▸get] }] } }] }")],
    [
      "conditions that stand too deep in one another",
      "EI1239",
      setting(`authorization: { rules: [{ action: Allow, ▸when: ${nested(9)} }] }`),
    ],
  ])("%s", (_, code, written) => {
    const { text, marks } = marked(written);
    const { resources, diagnostics } = load(text);
    expect(places(diagnostics)).toEqual([`${code} ${marks[0]}`]);
    expect(resources.edgePolicies).toEqual([]);
  });
});

const NOTHING: Condition = { principal: null, methods: [], paths: [], headers: [], all: [], any: [], not: null };

test.each<[written: string, condition: Partial<Condition>]>([
  ["{ methods: [GET, PROPFIND] }", { methods: ["GET", "PROPFIND"] }],
  ["{ paths: [{ type: PathPrefix, value: /a%64min/ }] }", { paths: [{ type: "PathPrefix", value: "/admin" }] }],
  ["{ paths: [{ type: Exact, value: /a/./b/ }] }", { paths: [{ type: "Exact", value: "/a/b/" }] }],
  ["{ headers: [{ name: X-Env, values: [prod] }] }", { headers: [{ name: "x-env", values: ["prod"] }] }],
  [
    "{ principal: { by: [basicAuth, jwt], subjects: [ann], scopes: ['read:all'] } }",
    { principal: { by: ["basic", "jwt"], providers: [], subjects: ["ann"], claims: [], scopes: ["read:all"] } },
  ],
  [
    "{ principal: { providers: [corp], claims: [{ name: realm_access.roles, values: [admin] }] } }",
    {
      principal: {
        by: [],
        providers: ["corp"],
        subjects: [],
        claims: [{ name: "realm_access.roles", values: ["admin"] }],
        scopes: [],
      },
    },
  ],
  [
    "{ all: [{ methods: [GET] }], any: [{ methods: [PUT] }], not: { methods: [POST] } }",
    {
      all: [{ ...NOTHING, methods: ["GET"] }],
      any: [{ ...NOTHING, methods: ["PUT"] }],
      not: { ...NOTHING, methods: ["POST"] },
    },
  ],
])("when: %s", (written, condition) => {
  const { resources, diagnostics } = load(when(written));
  expect(diagnostics).toEqual([]);
  expect(resources.edgePolicies[0]?.body.settings).toEqual([
    { field: "authorization", value: { rules: [{ action: "Allow", when: { ...NOTHING, ...condition } }] } },
  ]);
});

test("eight deep is not too deep", () => {
  expect(load(when(nested(8))).diagnostics).toEqual([]);
});
