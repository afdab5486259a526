import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { type CompileOutput, explain, formatExplanation, visibleJson } from "../../../src/compiler/index.ts";
import { compiled, compiledIn, edgePolicy } from "../../support/compiled.ts";

const DIRECTORY = fileURLToPath(new URL("golden/", import.meta.url));

const { output } = compiledIn(DIRECTORY, ["in.yaml"], { platform: "cloudflare", zones: ["example.com"] });
const built = output as CompileOutput;

const ask = (url: string, of: CompileOutput = built, method = "GET") => explain(of, { method, url, headers: [] });

/** What stands in the golden files, request by request. */
const REQUESTS = [
  "https://shop.example.com/cart/pay?token=1",
  "https://SHOP.example.com:443/%63art/4",
  "https://shop.example.com/elsewhere",
  "https://other.example.com/",
  "https://a.b.example.com/",
  "https://shop.example.com//cart",
  "https://shop.example.com/a/../../cart",
] as const;

describe("golden explanations", () => {
  test.each([
    ["out.txt", () => REQUESTS.map((url) => formatExplanation(ask(url))).join("\n\n---\n\n")],
    ["out.json", () => visibleJson(REQUESTS.map((url) => ask(url)))],
  ])("%s (UPDATE_GOLDEN=1 writes it anew)", (name, format) => {
    const path = `${DIRECTORY}${name}`;
    const text = `${format()}\n`;
    if (process.env.UPDATE_GOLDEN) writeFileSync(path, text);
    expect(text).toBe(readFileSync(path, "utf8"));
  });
});

test("a certificate is asked for first over TLS, and without it where the request would go on", () => {
  const policy = edgePolicy({
    targets: "{ kind: Ingress, name: one }",
    sets: `clientCertificate: {}, cors: { allowOrigins: ["https://a.test"] }, access: { allow: ["192.0.2.0/24"] }`,
  });
  const of = compiled(`${ONE_HOST}---\n${policy}`).output as CompileOutput;
  const order = (url: string) => ask(url, of).taken?.rule.policies.map(({ field }) => field);
  expect(order("https://one.example.com/only")).toEqual(["clientCertificate", "cors", "access"]);
  expect(order("http://one.example.com/only")).toEqual(["cors", "clientCertificate", "access"]);
});

describe("the answer is that of the edge's matcher", () => {
  test("a host without rules, in a table that has no rules for any host", () => {
    const text = ONE_HOST;
    const { outcome, taken } = ask("https://unknown.example.com/", compiled(text).output as CompileOutput);
    expect({ outcome, taken }).toEqual({
      outcome: { kind: "not-found", status: 404, reason: "no rule is for this host" },
      taken: null,
    });
  });

  test("a host with patterns", () => {
    const patterns = compiled(WITH_PATTERNS);
    if (patterns.output === null) throw new Error(JSON.stringify(patterns.diagnostics));
    const { output: of } = patterns;
    const ruleOf = (url: string) => ask(url, of).taken?.rule.match.path.value ?? ask(url, of).outcome;
    expect(ruleOf("https://p.example.com/ADMIN/x")).toBe("/admin(/|$)");
    expect(ruleOf("https://p.example.com/caf%C3%A9")).toBe("/caf.{2}$");
    expect(ruleOf("https://p.example.com//admin")).toMatchObject({ kind: "ambiguous", status: 400 });
    expect(ruleOf("https://p.example.com/a%0Ab")).toMatchObject({
      kind: "refused",
      reason: "control character in path",
    });
    expect(ask("https://p.example.com/admin", of).losing.map(({ why }) => why)).toEqual([
      "a shorter pattern, or of one length an earlier one of the alphabet",
    ]);
  });

  test("a path that no rule takes, though another reading would lead to one, is 404 as at the edge", () => {
    const only = compiled(ONE_HOST).output as CompileOutput;
    expect(ask("https://one.example.com/nothing", only).outcome).toMatchObject({ kind: "not-found", status: 404 });
    expect(ask("https://one.example.com//only", only).outcome).toMatchObject({ kind: "not-found", status: 404 });
  });

  test("a table and the report of another one are refused", () => {
    const other = compiled(ONE_HOST).output as CompileOutput;
    expect(() =>
      explain({ table: built.table, report: other.report }, { method: "GET", url: "https://a.test/", headers: [] }),
    ).toThrow("the report is that of another table");
  });

  test("no text of a request acts on a terminal", () => {
    expect(formatExplanation(ask("https://shop.example.com/\u001b[31m"))).not.toContain("\u001b");
  });
});

const ONE_HOST = `
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: one, namespace: shop }
spec:
  rules:
    - host: one.example.com
      http: { paths: [{ path: /only, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
---
apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: eu }
spec: { endpoint: "https://eu.lb.example.com" }
`;

const WITH_PATTERNS = `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: only }
spec: { endpoint: "http://only.test" }
---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: patterns, annotations: { nginx.ingress.kubernetes.io/use-regex: "true" } }
spec:
  rules:
    - host: p.example.com
      http:
        paths:
          - { path: "/admin(/|$)", pathType: ImplementationSpecific, backend: { service: { name: a, port: { number: 80 } } } }
          - { path: "/caf.{2}$", pathType: ImplementationSpecific, backend: { service: { name: b, port: { number: 80 } } } }
          - { path: "/", pathType: Prefix, backend: { service: { name: c, port: { number: 80 } } } }
`;
