import { globSync, readFileSync } from "node:fs";
import Ajv from "ajv";
import { describe, expect, test } from "vitest";
import { parseAllDocuments } from "yaml";
import { schemaFiles } from "../../scripts/schemas.ts";
import { customResourceDefinitions } from "../../src/compiler/resources/crds.ts";
import { jsonSchemaOf, OWN_KINDS } from "../../src/compiler/resources/json-schema.ts";
import { KINDS } from "../../src/compiler/resources/kinds.ts";
import { isMapping } from "../../src/compiler/resources/schema.ts";
import { parseYaml } from "../../src/compiler/sources/parse-yaml.ts";
import { PROJECT } from "../docs/markdown.ts";

const validators = new Map(
  OWN_KINDS.map((own) => [own.kind, new Ajv({ allErrors: true }).compile(jsonSchemaOf(own))] as const),
);

/** Every document of our kinds in the examples, the golden inputs and the docs, with the compiler's word on it. */
const written = textsOf()
  .flatMap(([file, text]) =>
    parseYaml({ name: file, realPath: null, text }).documents.map((document) => ({ file, document })),
  )
  .flatMap(({ file, document }) => {
    const { value } = document;
    if (!isMapping(value) || typeof value.kind !== "string" || !validators.has(value.kind)) return [];
    const kind = KINDS.find((candidate) => candidate.kind === value.kind);
    return [{ file, kind: value.kind, value, isTaken: kind?.parse(document).value !== null }];
  });

test("the files in schemas/ are what `node scripts/schemas.ts` writes", () => {
  for (const [path, text] of schemaFiles()) expect(readFileSync(`${PROJECT}${path}`, "utf8"), path).toBe(text);
});

test("the schemas refuse nothing that the compiler takes", () => {
  const taken = written.filter(({ isTaken }) => isTaken);
  expect(taken.length).toBeGreaterThan(100);
  for (const { file, kind, value } of taken) {
    const validate = validators.get(kind);
    validate?.(value);
    expect(validate?.errors ?? [], `${file}: ${JSON.stringify(value)}`).toEqual([]);
  }
});

describe("the schemas refuse", () => {
  const refused: readonly [string, string, object][] = [
    ["an unknown field", "Cluster", { endpoint: "https://a.example", wieght: 3 }],
    ["an unknown region", "Cluster", { region: "europe" }],
    ["a weight out of its range", "Cluster", { weight: 70_000 }],
    ["a duration without a unit", "Cluster", { healthCheck: { path: "/", interval: 10 } }],
    ["a policy without targets", "EdgePolicy", { satisfy: "any" }],
    [
      "a test of routes with a typo",
      "RouteTest",
      { tests: [{ name: "x", request: { url: "http://a/" }, expects: {} }] },
    ],
    ["an unknown policy", "EdgePolicy", { targetRefs: [{ kind: "Edge" }], ratelimit: {} }],
  ];
  test.each(refused)("%s", (_, kind, spec) => {
    const [own] = OWN_KINDS.filter((candidate) => candidate.kind === kind);
    const document = { apiVersion: "edge-ingress.dev/v1alpha1", kind, metadata: { name: "x" }, spec };
    expect(own && validators.get(own.kind)?.(document)).toBe(false);
  });

  test("another kind and another version", () => {
    const cluster = { apiVersion: "edge-ingress.dev/v1alpha1", kind: "Cluster", metadata: { name: "x" }, spec: {} };
    const validate = validators.get("Cluster");
    expect(validate?.(cluster)).toBe(true);
    expect(validate?.({ ...cluster, kind: "EdgePolicy" })).toBe(false);
    expect(validate?.({ ...cluster, apiVersion: "edge-ingress.dev/v1" })).toBe(false);
  });
});

/** The rules of a structural schema that an API server checks before it takes a definition. */
describe("the CustomResourceDefinitions", () => {
  const KEYWORDS = ["type", "description", "nullable", "enum", "minimum", "maximum", "pattern", "required", "items"];
  const VENDOR = ["x-kubernetes-int-or-string", "x-kubernetes-preserve-unknown-fields"];

  test("have structural schemas", () => {
    expect(customResourceDefinitions()).toHaveLength(2);
    for (const definition of customResourceDefinitions()) {
      const text = JSON.stringify(definition);
      const { openAPIV3Schema } = JSON.parse(text).spec.versions[0].schema;
      walk(openAPIV3Schema, "");
    }
  });

  function walk(node: Record<string, unknown>, path: string): void {
    const known = [...KEYWORDS, ...VENDOR, "properties", "additionalProperties"];
    expect(known, path).toEqual(expect.arrayContaining(Object.keys(node)));
    const isLoose = VENDOR.some((name) => node[name] === true);
    expect(typeof node.type === "string" || isLoose, `${path} has a type`).toBe(true);
    expect("properties" in node && "additionalProperties" in node, `${path} has one of the two`).toBe(false);
    for (const [name, child] of Object.entries(node.properties ?? {})) walk(child, `${path}.${name}`);
    if (isMapping(node.items)) walk(node.items, `${path}[]`);
    if (isMapping(node.additionalProperties)) walk(node.additionalProperties, `${path}.*`);
    if (node.type === "array") expect(isMapping(node.items), `${path} has items`).toBe(true);
  }
});

test("schemas/crds.yaml is YAML with a definition of each kind that clusters can hold", () => {
  const text = readFileSync(`${PROJECT}schemas/crds.yaml`, "utf8");
  const names = parseAllDocuments(text).map((document) => document.toJS().metadata.name);
  expect(names).toEqual(["clusters.edge-ingress.dev", "edgepolicies.edge-ingress.dev"]);
});

function textsOf(): readonly [string, string][] {
  const files = globSync(["examples/**/*.yaml", "test/golden/*/in.yaml"], { cwd: PROJECT });
  const pages = globSync("docs/*.md", { cwd: PROJECT });
  return [
    ...files.map((file): [string, string] => [file, readFileSync(`${PROJECT}${file}`, "utf8")]),
    ...pages.flatMap((page) =>
      [...readFileSync(`${PROJECT}${page}`, "utf8").matchAll(/^```yaml\n([\s\S]*?)\n```$/gm)].map(
        ([, text = ""]): [string, string] => [page, text],
      ),
    ),
  ];
}
