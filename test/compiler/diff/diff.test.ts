import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import {
  type CompileOutput,
  diff,
  failsOn,
  formatDiff,
  formatDiffMarkdown,
  visibleJson,
} from "../../../src/compiler/index.ts";
import { cluster, compiled, compiledIn, edgePolicy } from "../../support/compiled.ts";

const DIRECTORY = fileURLToPath(new URL("golden/", import.meta.url));

function golden(name: string): CompileOutput {
  const { output } = compiledIn(DIRECTORY, [`${name}/in.yaml`], { platform: "cloudflare", zones: ["example.com"] });
  return output as CompileOutput;
}

describe("golden diffs", () => {
  const found = diff(golden("old"), golden("new"));

  test.each([
    ["out.txt", formatDiff],
    ["out.md", formatDiffMarkdown],
    ["out.json", visibleJson],
  ])("%s (UPDATE_GOLDEN=1 writes it anew)", (name, format) => {
    const path = `${DIRECTORY}${name}`;
    const text = `${format(found)}\n`;
    if (process.env.UPDATE_GOLDEN) writeFileSync(path, text);
    expect(text).toBe(readFileSync(path, "utf8"));
  });
});

const INGRESS = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop }
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
          - { path: /admin, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
`;
const GUARD = edgePolicy({ targets: "{ kind: Host, name: shop.example.com, path: /admin }", sets: "apiKey: {}" });
const OPEN = edgePolicy({
  targets: "{ kind: Host, name: shop.example.com, path: /admin }",
  sets: 'apiKey: {}, satisfy: any, access: { allow: ["10.0.0.0/8"] }',
});
const BOTH = OPEN.replace("satisfy: any, ", "");

const output = (...documents: string[]) => compiled(documents.join("---\n")).output as CompileOutput;
const kinds = (old: CompileOutput, young: CompileOutput) => diff(old, young).changes.map(({ kind }) => kind);

describe("what a change is", () => {
  const plain = output(INGRESS, cluster("eu"));

  test("nothing, where only text, names and order of the manifests differ", () => {
    const renamed = output(`# A comment.\n${cluster("eu")}`, INGRESS.replace("name: shop, ", "name: other, "));
    expect(diff(plain, renamed)).toEqual({ changes: [], settings: [], guardSettings: [], undecided: [] });
  });

  test("nothing, where a rule is added that leads to where its requests went before; but a spelling is refused then", () => {
    const without = output(INGRESS.replace(/.*path: \/admin.*\n/, ""), cluster("eu"));
    expect(diff(without, plain).changes).toMatchObject([
      {
        kind: "changed",
        witness: { url: "https://shop.example.com//admin" },
        differences: ["refused for its spelling"],
      },
    ]);
  });

  test.each([
    ["a guard that goes", output(INGRESS, GUARD, cluster("eu")), plain, "guard-removed"],
    ["a guard that comes", plain, output(INGRESS, GUARD, cluster("eu")), "guard-added"],
    [
      "one guard of two is enough",
      output(INGRESS, BOTH, cluster("eu")),
      output(INGRESS, OPEN, cluster("eu")),
      "guard-removed",
    ],
    [
      "a guard that says something else",
      output(INGRESS, BOTH, cluster("eu")),
      output(INGRESS, BOTH.replace("10.", "11."), cluster("eu")),
      "guard-changed",
    ],
    [
      "a guard that lets in no more",
      output(INGRESS, BOTH, cluster("eu")),
      output(INGRESS, BOTH.replace("10.0.0.0/8", "10.1.0.0/16"), cluster("eu")),
      "guard-tightened",
    ],
    [
      "a second guard where one is enough",
      output(INGRESS, OPEN.replace("apiKey: {}, ", ""), cluster("eu")),
      output(INGRESS, OPEN, cluster("eu")),
      "guard-changed",
    ],
    [
      "a header that a guard tells clusters, which clients may send now",
      output(INGRESS, GUARD.replace("apiKey: {}", "apiKey: { ownerHeader: x-owner }"), cluster("eu")),
      output(INGRESS, GUARD, cluster("eu")),
      "guard-changed",
    ],
    ["another Service", plain, output(INGRESS.replaceAll("name: web", "name: new"), cluster("eu")), "re-targeted"],
    ["another address", plain, output(INGRESS, cluster("eu").replace("http:", "https:")), "re-targeted"],
    ["a host that goes", plain, output(INGRESS.replace("shop.example", "else.example"), cluster("eu")), "removed"],
    [
      "a retry policy",
      plain,
      output(
        INGRESS,
        edgePolicy({ targets: "{ kind: Ingress, name: shop }", sets: "retry: { attempts: 2 }" }),
        cluster("eu"),
      ),
      "changed",
    ],
  ])("%s", (_, old, young, kind) => {
    expect(kinds(old, young)[0]).toBe(kind);
  });

  test("settings of a cluster and of the edge, which no single request shows", () => {
    expect(diff(plain, output(INGRESS, cluster("eu", "drain: true"))).settings).toEqual(["cluster eu: drain differ"]);
    const trusting = compiled(`${INGRESS}---\n${cluster("eu")}`, { trustedProxies: ["10.0.0.0/8"] }).output;
    const found = diff(plain, trusting as CompileOutput);
    expect(found.settings).toEqual(["settings of the edge differ: trusted proxies"]);
    // Guards go by the address that proxies tell, and no single request shows it.
    expect([failsOn(found, "guard-changed"), failsOn(found, "guard-removed")]).toEqual([true, false]);
  });
});
