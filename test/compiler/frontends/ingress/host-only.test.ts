import { expect, test } from "vitest";
import { toGatewayApi } from "../../../../src/compiler/index.ts";
import { compiled } from "../../../support/compiled.ts";

const NGINX = "nginx.ingress.kubernetes.io/";
const CLUSTER = {
  apiVersion: "edge-ingress.dev/v1alpha1",
  kind: "Cluster",
  metadata: { name: "eu" },
  spec: { endpoint: "https://eu.test" },
};

/** An Ingress with one host, that has no paths unless one is named. The first letters of their names are their order. */
function ingress(name: string, host: string, annotations: Readonly<Record<string, string>> = {}, path?: string) {
  const backend = { service: { name, port: { number: 80 } } };
  return {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name,
      namespace: "shop",
      creationTimestamp: `2024-01-01T00:00:${name.charCodeAt(0) % 60}Z`,
      annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [NGINX + key, value])),
    },
    spec: {
      ingressClassName: "nginx",
      rules: [{ host, ...(path !== undefined && { http: { paths: [{ path, pathType: "Prefix", backend }] } }) }],
    },
  };
}

const WILD = ingress("wild", "*.test", {}, "/");
const AUTH = { "auth-url": "https://auth.example/v" };
const EDGE_DEFAULT = { defaultBackend: { namespace: "edge", name: "sorry", port: 80 } };

function read(ingresses: readonly unknown[], options: Parameters<typeof compiled>[1] = {}) {
  const text = [CLUSTER, ...ingresses].map((each) => JSON.stringify(each)).join("\n---\n");
  return compiled(text, { ingressClass: ["nginx"], ...options });
}

/** `host path role -> Services: guards and filters`. */
function lines(...args: Parameters<typeof read>): string[] {
  return read(...args).hosts.flatMap(({ hostname, rules }) =>
    rules.map(({ rule: { match, role, backendRefs, policies, filters } }) => {
      const fields = policies.map(({ field }) => field).filter((field) => field === "externalAuth");
      const does = [...fields, ...filters.map(({ type }) => type)].join(" ");
      return `${hostname} ${match.path.value} ${role} -> ${backendRefs.map(({ ref }) => ref.name).join()}: ${does}`;
    }),
  );
}

test("a host without paths is one, with the annotations of its Ingress, and its requests come to no wildcard", () => {
  const own = [
    ingress("admin", "admin.test", AUTH),
    ingress("bare", "bare.test"),
    ingress("old", "old.test", { "permanent-redirect": "https://new.example/" }),
  ];
  const wild = "*.test / rule -> wild: ";
  expect(lines([WILD, ...own])).toEqual([
    wild,
    "admin.test / unmatched -> : externalAuth",
    "bare.test / unmatched -> : ",
    "old.test / unmatched -> : RequestRedirect",
  ]);
  const policy = {
    apiVersion: "edge-ingress.dev/v1alpha1",
    kind: "EdgePolicy",
    metadata: { name: "slow", namespace: "shop" },
    spec: { targetRefs: [{ kind: "Host", name: "bare.test" }], timeouts: { request: "5s" } },
  };
  expect(lines([WILD, own[1], policy])).toEqual([wild, "bare.test / unmatched -> : "]);
});

test("names of such a host: aliases lead to it, and no other leads to it with from-to-www-redirect", () => {
  expect(lines([WILD, ingress("bare", "bare.test", { "server-alias": "b.test" })])).toEqual([
    "*.test / rule -> wild: ",
    "b.test / unmatched -> : ",
    "bare.test / unmatched -> : ",
  ]);
  const www = ingress("a", "a.test", { "from-to-www-redirect": "true" }, "/");
  expect(lines([www, ingress("b", "www.a.test")])).toEqual(["a.test / rule -> a: ", "www.a.test / unmatched -> : "]);
});

test("a guard of the host's oldest Ingress stands before the edge's default backend, whoever names the host without paths", () => {
  const [guarded, bare] = [ingress("a", "a.test", AUTH, "/x"), ingress("b", "a.test")];
  expect(lines([guarded, bare], EDGE_DEFAULT)).toContain("a.test / unmatched -> sorry: externalAuth");
  const [alone, path] = [ingress("a", "a.test", AUTH), ingress("b", "a.test", {}, "/x")];
  expect(lines([alone, path], EDGE_DEFAULT)).toContain("a.test / default-backend -> sorry: externalAuth");
});

test("what is told of it is true", () => {
  const { diagnostics } = read([WILD, ingress("bare", "bare.test")]);
  const messages = diagnostics.filter(({ code }) => code === "EI2056").map(({ message }) => message);
  expect(messages).toEqual([
    "the rule for bare.test without paths routes nothing, for there is no default backend: what nothing else of the host answers is answered 404, and comes to no wildcard",
  ]);
});

test("migrate --to gateway-api writes a route for it, that the wildcard's does not take its requests", () => {
  const { files } = toGatewayApi(read([WILD, ingress("admin", "admin.test", AUTH)]));
  expect(Object.values(files).join()).toMatch(/hostnames:\s+- admin\.test/);
});
