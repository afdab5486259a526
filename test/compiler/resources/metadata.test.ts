import { describe, expect, it } from "vitest";
import { load, marked, places } from "./documents.ts";

const ingress = (metadata: string) =>
  `apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: ${metadata}\nspec: { rules: [{ host: a.b }] }`;
const service = (metadata: string) => `apiVersion: v1\nkind: Service\nmetadata: ${metadata}\nspec: {}`;
const ingressClass = (metadata: string) =>
  `apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: ${metadata}\nspec: { controller: a.b/c }`;

const REJECTED: readonly (readonly [rule: string, code: string, text: string])[] = [
  ["no metadata", "EI1207", "▸apiVersion: networking.k8s.io/v1\nkind: Ingress\nspec: { rules: [{ host: a.b }] }"],
  ["metadata that is a text", "EI1205", ingress("▸web")],
  ["no name", "EI1210", ingress("▸{ namespace: shop }")],
  ["an empty name", "EI1210", ingress('{ name: ▸"" }')],
  ["generateName without a name", "EI1210", ingress("▸{ generateName: web- }")],
  ["an upper-case name", "EI1210", ingress("{ name: ▸Web }")],
  ["a name with an underscore", "EI1210", ingress("{ name: ▸a_b }")],
  ["a name of 254 characters", "EI1210", ingress(`{ name: ▸${"a".repeat(254)} }`)],
  ["a name that is a number", "EI1205", ingress("{ name: ▸1 }")],
  ["a Service name with a dot", "EI1210", service("{ name: ▸a.b }")],
  ["a Service name that begins with a digit", "EI1210", service("{ name: ▸1a }")],
  ["a namespace with a dot", "EI1211", ingress("{ name: web, namespace: ▸a.b }")],
  ["a namespace of 64 characters", "EI1211", ingress(`{ name: web, namespace: ▸${"a".repeat(64)} }`)],
  ["an annotation that is a boolean", "EI1212", ingress("{ name: web, annotations: { a: ▸true } }")],
  ["an annotation that is a number", "EI1212", ingress("{ name: web, annotations: { a: ▸1 } }")],
  ["an annotation that is a list", "EI1212", ingress("{ name: web, annotations: { a: ▸[x] } }")],
  ["an annotation that is an object", "EI1212", ingress("{ name: web, annotations: { a: ▸{} } }")],
  ["a label that is a number", "EI1212", ingress("{ name: web, labels: { version: ▸1.5 } }")],
  ["annotations that are a list", "EI1205", ingress("{ name: web, annotations: ▸[a] }")],
  ["an annotation key with a space", "EI1213", ingress('{ name: web, annotations: { ▸"a b": x } }')],
  ["an annotation key with two slashes", "EI1213", ingress("{ name: web, annotations: { ▸a/b/c: x } }")],
  ["an annotation key without a name", "EI1213", ingress("{ name: web, annotations: { ▸a.b/: x } }")],
  [
    "an annotation key whose name has 64 characters",
    "EI1213",
    ingress(`{ name: web, annotations: { ▸${"a".repeat(64)}: x } }`),
  ],
  ["a label key with an upper-case domain", "EI1213", ingress("{ name: web, labels: { ▸A.b/c: x } }")],
  ["a label value with a space", "EI1213", ingress("{ name: web, labels: { a: ▸b c } }")],
  ["a label value of 64 characters", "EI1213", ingress(`{ name: web, labels: { a: ▸${"b".repeat(64)} } }`)],
  ["annotations of more than 256 KiB", "EI1214", ingress(`{ name: web, annotations: ▸{ a: ${"é".repeat(131_072)} } }`)],
  ["a creationTimestamp without time", "EI1215", ingress("{ name: web, creationTimestamp: ▸2026-01-31 }")],
  ["a creationTimestamp of no day", "EI1215", ingress('{ name: web, creationTimestamp: ▸"2026-13-01T00:00:00Z" }')],
];

const ACCEPTED: readonly (readonly [rule: string, text: string])[] = [
  ["a name with a label of more than 63 characters", ingress(`{ name: ${"a".repeat(253)} }`)],
  ["an annotation key with an upper-case domain", ingress("{ name: web, annotations: { A.b/C_d: x } }")],
  ["an empty label value", ingress('{ name: web, labels: { a: "" } }')],
  ["annotations of 256 KiB", ingress(`{ name: web, annotations: { a: ${"x".repeat(256 * 1024 - 1)} } }`)],
  ["nulls", ingress("{ name: web, namespace: , annotations: , labels: , creationTimestamp: null }")],
  [
    "everything that a cluster adds",
    ingress(
      "{ name: web, generateName: w, uid: u, resourceVersion: '1', generation: 1, ownerReferences: [], finalizers: [], " +
        "selfLink: /, deletionTimestamp: null, deletionGracePeriodSeconds: 1, managedFields: [{}] }",
    ),
  ],
];

describe("metadata is rejected for", () => {
  it.each(REJECTED)("%s", (_rule, code, written) => {
    const { text, marks } = marked(written);
    const { resources, diagnostics } = load(text);
    expect(places(diagnostics)).toEqual([`${code} ${marks[0]}`]);
    expect([...resources.ingresses, ...resources.services]).toEqual([]);
  });
});

describe("metadata may have", () => {
  it.each(ACCEPTED)("%s", (_rule, text) => {
    const { resources, diagnostics } = load(text);
    expect(diagnostics).toEqual([]);
    expect(resources.ingresses).toHaveLength(1);
  });
});

describe("metadata", () => {
  it("has the namespace `default` and no age where the manifest has none", () => {
    expect(load(ingress("{ name: web }")).resources.ingresses[0]?.metadata).toEqual({
      namespace: "default",
      name: "web",
      annotations: {},
      createdAt: null,
    });
  });

  it("reads offsets of creationTimestamp", () => {
    const { resources } = load(ingress('{ name: web, creationTimestamp: "2026-01-31T12:00:00.5+02:00" }'));
    expect(resources.ingresses[0]?.metadata.createdAt).toBe(Date.UTC(2026, 0, 31, 10, 0, 0, 500));
  });

  it.each([
    ["true", "found a boolean", "Put the value in quotes."],
    ["1.5", "found a number", "Put the value in quotes."],
    ["[a]", "found a list", "Put the value in quotes."],
    ["{ a: b }", "found an object", "Put the value in quotes."],
  ])("says how to write the annotation %s", (value, found, fix) => {
    expect(load(ingress(`{ name: web, annotations: { a: ${value} } }`)).diagnostics).toMatchObject([
      { message: `the annotation "a" must be a string, ${found}`, fix },
    ]);
  });

  it("takes unknown fields for errors: a misspelt annotations would drop its guards", () => {
    const { text, marks } = marked(ingress("{ name: web, ▸annotation: { a: b }, ▸colour: red }"));
    const { resources, diagnostics } = load(text);
    expect(places(diagnostics)).toEqual([`EI1209 ${marks[0]}`, `EI1209 ${marks[1]}`]);
    expect(diagnostics.map(({ severity }) => severity)).toEqual(["error", "error"]);
    expect(diagnostics[0]?.message).toContain("did you mean `annotations`?");
    expect(diagnostics.map(({ fix }) => fix)).toEqual([
      "Write `annotations`, or remove it.",
      "Correct the spelling, or remove the field.",
    ]);
    expect(resources.ingresses).toHaveLength(1);
  });

  it("warns of unknown fields of an invalid object too", () => {
    const { text, marks } = marked(ingress("{ name: ▸A, ▸colour: red }"));
    expect(places(load(text).diagnostics)).toEqual([`EI1210 ${marks[0]}`, `EI1209 ${marks[1]}`]);
  });

  it("ignores the namespace of a kind that has none, with a warning", () => {
    const { text, marks } = marked(ingressClass("{ name: edge, ▸namespace: Shop }"));
    const { resources, diagnostics } = load(text);
    expect(places(diagnostics)).toEqual([`EI1216 ${marks[0]}`]);
    expect(resources.ingressClasses[0]?.metadata.namespace).toBe("");
  });
});
