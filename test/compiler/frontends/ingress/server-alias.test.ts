import { expect, test } from "vitest";
import { compiled } from "../../../support/compiled.ts";

const NGINX = "nginx.ingress.kubernetes.io/";

function manifest(name: string, path: string, annotations: Readonly<Record<string, string>>) {
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name,
      namespace: "shop",
      annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [NGINX + key, value])),
    },
    spec: {
      ingressClassName: "nginx",
      rules: [
        {
          host: "a.test",
          http: { paths: [{ path, pathType: "Prefix", backend: { service: { name, port: { number: 80 } } } }] },
        },
      ],
    },
  };
}

const CLUSTER = {
  apiVersion: "edge-ingress.dev/v1alpha1",
  kind: "Cluster",
  metadata: { name: "eu" },
  spec: { endpoint: "https://eu.test" },
};

test("under an alias all holds that holds under the host, whichever Ingress says it", () => {
  const documents = [
    CLUSTER,
    // The oldest: of two of one age the name that comes last.
    manifest("z-guarded", "/admin", {
      "auth-tls-secret": "shop/ca",
      "auth-type": "basic",
      "auth-secret": "users",
      affinity: "cookie",
    }),
    manifest("web", "/", {
      "server-alias": "b.test,*.c.test",
      "whitelist-source-range": "10.0.0.0/8",
      "auth-url": "https://auth.test/check",
      "limit-rps": "5",
    }),
    manifest("canary", "/", { canary: "true", "canary-weight": "20" }),
  ];
  const { output, diagnostics } = compiled(documents.map((each) => JSON.stringify(each)).join("\n---\n"), {
    ingressClass: ["nginx"],
    externalSecrets: true,
  });
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  const rulesOf = (name: string) => output?.report.hosts.find(({ hostname }) => hostname === name)?.rules;
  const fields = rulesOf("a.test")?.map(({ match, policies, filters = [] }) => [
    match.path.value,
    ...policies.map(({ field }) => field).filter((field) => !["timeouts", "retry", "requestBody"].includes(field)),
    ...filters.map(({ type }) => type),
  ]);
  expect(fields).toEqual([
    ["/admin", "basicAuth", "loadBalancing", "clientCertificate"],
    ["/", "externalAuth", "access", "rateLimit", "clientCertificate", "Canary"],
  ]);
  const without = (name: string) => JSON.stringify(rulesOf(name))?.replaceAll(name, "a.test");
  expect(without("b.test")).toBe(without("a.test"));
  expect(without("*.c.test")).toBe(without("a.test"));
});
