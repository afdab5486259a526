import { describe, expect, test } from "vitest";
import { compiled, edgePolicy } from "../../support/compiled.ts";
import { annotated } from "../frontends/ingress/annotations/annotated.ts";

const CLUSTER = `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: eu }
spec: { endpoint: "http://eu.test" }
`;
const API_KEY = "apiKey: { from: [{ header: x-api-key }] }";
const asks = (when: string) => `authorization: { rules: [{ action: Deny, when: ${when} }] }`;
const target = "{ kind: Ingress, name: shop }";

const said = (sets: string, annotations: Readonly<Record<string, string>> = {}) =>
  compiled([CLUSTER, annotated(annotations), edgePolicy({ targets: target, sets })].join("---\n"))
    .diagnostics.filter(({ severity }) => severity === "error")
    .map(({ code, message }) => `${code} ${message}`);

const says = (checks: string) =>
  `EI6010 authorization of EdgePolicy shop/policy asks for a principal on rules that have no ${checks} to prove one`;

describe("an authorization that asks for a principal is an error", () => {
  test.each([
    [
      "where nothing proves one",
      asks("{ principal: { subjects: [eve] } }"),
      says("basicAuth or externalAuth or jwt or apiKey or oidc or clientCertificate"),
    ],
    ["where another check does", `${API_KEY}, ${asks("{ principal: { by: [jwt] } }")}`, says("jwt")],
    [
      "within other conditions",
      asks("{ any: [{ not: { all: [{ principal: { by: [basicAuth] } }] } }] }"),
      says("basicAuth"),
    ],
  ])("%s", (_, sets, expected) => {
    expect(said(sets)).toEqual([expected]);
  });

  test.each([
    ["where any of its checks is there", `${API_KEY}, ${asks("{ principal: { by: [jwt, apiKey] } }")}`, {}],
    ["where it takes any check", `${API_KEY}, ${asks("{ principal: { subjects: [eve] } }")}`, {}],
    [
      "where an annotation is the check",
      asks("{ principal: { subjects: [eve] } }"),
      { "auth-url": "https://auth.example.com/verify" },
    ],
    ["where it asks for none", asks("{ methods: [DELETE] }"), {}],
  ])("but not %s", (_, sets, annotations) => {
    expect(said(sets, annotations as Readonly<Record<string, string>>)).toEqual([]);
  });
});

test("the report tells what each rule asks, and no more", () => {
  const when =
    "{ not: { principal: { scopes: [read] } }, any: [{ methods: [GET] }, { paths: [{ type: PathPrefix, value: /a/ }] }] }";
  const { output } = compiled(
    [CLUSTER, annotated({}), edgePolicy({ targets: target, sets: `${API_KEY}, ${asks(when)}` })].join("---\n"),
  );
  const policies = output?.report.hosts[0]?.rules[0]?.policies.filter(({ field }) => field === "authorization");
  expect(policies?.map(({ sets }) => sets)).toEqual([
    {
      rules: [
        {
          action: "Deny",
          when: {
            any: [{ methods: ["GET"] }, { paths: [{ type: "PathPrefix", value: "/a" }] }],
            not: { principal: { scopes: ["read"] } },
          },
        },
      ],
    },
  ]);
});
