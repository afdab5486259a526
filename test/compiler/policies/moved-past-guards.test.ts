import { describe, expect, test } from "vitest";
import { compiled } from "../../support/compiled.ts";

const CLUSTER = (mode: "ingress" | "service") => `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: eu }
spec: ${mode === "ingress" ? '{ endpoint: "https://lb.example.net" }' : '{ services: [{ namespace: shop, name: web, endpoint: "https://web.example.net" }] }'}
---
`;

function ingress(name: string, paths: readonly string[], annotations: Readonly<Record<string, string>> = {}): string {
  const written = Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]);
  const backend = { service: { name: "web", port: { number: 80 } } };
  return `${JSON.stringify({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace: "shop", annotations: Object.fromEntries(written) },
    spec: {
      rules: [{ host: "shop.test", http: { paths: paths.map((path) => ({ path, pathType: "Prefix", backend })) } }],
    },
  })}\n---\n`;
}

const POLICY = (
  target: string,
  guard = 'access: { allow: ["203.0.113.0/24"] }',
) => `apiVersion: edge-ingress.dev/v1alpha1
kind: EdgePolicy
metadata: { name: office, namespace: shop }
spec:
  targetRefs: [${target}]
  ${guard}
`;

const LAST = { "configuration-snippet": "rewrite ^/admin/(.*)$ /$1 last;" };
const codes = (...documents: readonly string[]) =>
  compiled(documents.join(""), { dialect: "ingress-nginx" })
    .diagnostics.map(({ code }) => code)
    .filter((code) => /^EI607[34]$/.test(code));

describe.each(["ingress", "service"] as const)("before endpoints of the mode %s", (mode) => {
  test("a snippet that leads requests past the guard of an EdgePolicy is an error", () => {
    const documents = [ingress("admin", ["/admin"], LAST), ingress("rest", ["/"])];
    expect(codes(CLUSTER(mode), ...documents, POLICY("{ kind: Ingress, name: admin }"))).toEqual(["EI6073"]);
  });

  test("so are lines of the server, by which another path of the host is left", () => {
    const lines = { "server-snippet": "rewrite ^/internal/(.*)$ /public/$1 last;" };
    const policy = POLICY("{ kind: Host, name: shop.test, path: /internal }");
    expect(codes(CLUSTER(mode), ingress("root", ["/internal", "/"], lines), policy)).toEqual(["EI6073"]);
  });

  test("a guard that all rules of the host have is asked wherever the request comes to", () => {
    const documents = [ingress("admin", ["/admin"], LAST), ingress("rest", ["/"])];
    expect(codes(CLUSTER(mode), ...documents, POLICY("{ kind: Host, name: shop.test }"))).toEqual([]);
  });

  test("but for one that asks for the path, which is another one then", () => {
    const guard =
      "authorization: { rules: [{ action: Deny, when: { paths: [{ type: PathPrefix, value: /admin }] } }] }";
    const documents = [ingress("admin", ["/admin"], LAST), ingress("rest", ["/"])];
    expect(codes(CLUSTER(mode), ...documents, POLICY("{ kind: Host, name: shop.test }", guard))).toEqual(["EI6073"]);
  });

  test("a guard of annotations is passed by in nginx too: a warning", () => {
    const guarded = { ...LAST, "allowlist-source-range": "203.0.113.0/24" };
    expect(codes(CLUSTER(mode), ingress("admin", ["/admin"], guarded), ingress("rest", ["/"]))).toEqual(["EI6074"]);
  });

  test("`break` leads nowhere", () => {
    const lines = { "configuration-snippet": "rewrite ^/admin/(.*)$ /$1 break;" };
    const documents = [ingress("admin", ["/admin"], lines), ingress("rest", ["/"])];
    expect(codes(CLUSTER(mode), ...documents, POLICY("{ kind: Ingress, name: admin }"))).toEqual([]);
  });
});

test("before a cluster's own ingress lines that lead on act at both: nobody is told that they are left to it", () => {
  const { diagnostics } = compiled(
    [CLUSTER("ingress"), ingress("admin", ["/admin"], LAST), ingress("rest", ["/"])].join(""),
    {
      dialect: "ingress-nginx",
    },
  );
  const said = diagnostics.filter(({ code }) => code === "EI4060").map(({ message }) => message);
  expect(said).toEqual([
    expect.stringMatching(/chooses the rule at the edge, and is done by the cluster's own ingress in eu too/),
  ]);
});
