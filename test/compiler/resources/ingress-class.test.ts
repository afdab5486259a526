import { describe, expect, it } from "vitest";
import { load, marked, places } from "./documents.ts";

const ingressClass = (spec: string, annotations = "{}") =>
  `apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: { name: edge, annotations: ${annotations} }\nspec: ${spec}`;
const parameters = (fields: string) => ingressClass(`{ controller: a.b/c, parameters: ${fields} }`);

const REJECTED: readonly (readonly [rule: string, code: string, text: string])[] = [
  ["no spec", "EI1207", "▸apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: { name: edge }"],
  ["no controller", "EI1207", ingressClass("▸{}")],
  ["a controller without path", "EI2023", ingressClass("{ controller: ▸nginx }")],
  ["a controller whose path is empty", "EI2023", ingressClass("{ controller: ▸k8s.io/ }")],
  ["a controller without domain", "EI2023", ingressClass("{ controller: ▸/nginx }")],
  ["a controller whose domain is upper case", "EI2023", ingressClass("{ controller: ▸K8s.io/nginx }")],
  ["a controller with a space", "EI2023", ingressClass("{ controller: ▸k8s.io/a b }")],
  ["a controller of 251 characters", "EI2023", ingressClass(`{ controller: ▸a.b/${"c".repeat(247)} }`)],
  ["an unknown field", "EI1206", ingressClass("{ controller: a.b/c, ▸class: d }")],
  ["a status", "EI1206", `${ingressClass("{ controller: a.b/c }")}\n▸status: {}`],
  ["parameters without kind", "EI1207", parameters("▸{ name: a }")],
  ["parameters without name", "EI1207", parameters("▸{ kind: A }")],
  ["parameters whose kind has a /", "EI2024", parameters("{ kind: ▸a/b, name: a }")],
  ["parameters of another scope", "EI2024", parameters("{ kind: A, name: a, scope: ▸cluster }")],
  ["scope Namespace without a namespace", "EI2024", parameters("▸{ kind: A, name: a, scope: Namespace }")],
  ["a namespace without scope", "EI2024", parameters("{ kind: A, name: a, ▸namespace: b }")],
  ["a namespace with scope Cluster", "EI2024", parameters("{ kind: A, name: a, scope: Cluster, ▸namespace: b }")],
];

describe("an IngressClass is rejected for", () => {
  it.each(REJECTED)("%s", (_rule, code, written) => {
    const { text, marks } = marked(written);
    const { resources, diagnostics } = load(text);
    expect(places(diagnostics)).toEqual([`${code} ${marks[0]}`]);
    expect(resources.ingressClasses).toEqual([]);
  });
});

describe("an IngressClass", () => {
  it.each([
    ["{}", false],
    ['{ ingressclass.kubernetes.io/is-default-class: "true" }', true],
    ['{ ingressclass.kubernetes.io/is-default-class: "True" }', false],
  ])("with the annotations %s has isDefault %s", (annotations, isDefault) => {
    const { resources, diagnostics } = load(ingressClass("{ controller: k8s.io/ingress-nginx }", annotations));
    expect(diagnostics).toEqual([]);
    expect(resources.ingressClasses[0]?.body).toEqual({ controller: "k8s.io/ingress-nginx", isDefault });
  });

  it("may have parameters of either scope", () => {
    expect(load(parameters("{ apiGroup: a.b, kind: A, name: a, scope: Cluster }")).diagnostics).toEqual([]);
    expect(load(parameters("{ kind: A, name: a, scope: Namespace, namespace: b }")).diagnostics).toEqual([]);
  });
});
