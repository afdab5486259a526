import { describe, expect, test } from "vitest";
import { cluster, compiled, edgePolicy } from "../../support/compiled.ts";

const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec:
  rules:
    - host: a.test
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
`;
const SERVICES = `services: [{ namespace: shop, name: copies, port: 8080, endpoint: "http://copies.eu.test" }]`;

function read(mirror: string) {
  const policy = edgePolicy({ targets: "{ kind: Ingress, name: web }", sets: `mirror: ${mirror}` });
  const { output, diagnostics } = compiled([INGRESS, cluster("eu", SERVICES), policy].join("---\n"));
  return {
    mirror: output?.router.hosts[0]?.rules[0]?.policies.mirror ?? null,
    said: diagnostics.filter(({ severity }) => severity === "error").map(({ code, message }) => `${code} ${message}`),
  };
}

test("a Service is that of the policy's namespace, asked at its addresses for the request's path", () => {
  const { mirror, said } = read("{ backendRef: { name: copies, port: 8080 } }");
  expect(said).toEqual([]);
  expect(mirror).toMatchObject({
    service: { via: "clusters", scheme: "http", hostname: "copies.shop.svc", port: 8080 },
    path: [{ type: "request_uri" }],
    body: true,
    percent: 100,
    onlyServices: false,
  });
});

test.each([
  ["https://b.test", [{ type: "request_uri", value: "" }]],
  [
    "https://b.test:8443/x?to=$host",
    [
      { type: "text", value: "/x?to=" },
      { type: "host", value: "" },
    ],
  ],
])("a URL: %s", (url, path) => {
  const { mirror, said } = read(`{ url: "${url}", percent: 7, body: false }`);
  expect(said).toEqual([]);
  expect(mirror).toMatchObject({ service: { via: "binding", hostname: "b.test" }, path, percent: 7, body: false });
});

test("0 per cent is no copy", () => {
  expect(read(`{ url: "https://b.test", percent: 0 }`)).toEqual({ mirror: null, said: [] });
});

describe("an error is", () => {
  test.each([
    ["{}", "EI1239 mirror needs `backendRef` or `url`, and not both"],
    [`{ url: "https://b.test", backendRef: { name: copies, port: 80 } }`, "EI1239 mirror needs"],
    [`{ url: "https://$host" }`, "EI1237 the URL has the request's own host, where the copy would be copied again"],
    [`{ url: "http://copies" }`, "EI1237 the URL names a Service: name it by `backendRef`"],
    [`{ url: "https://b.test/$upstream_addr" }`, "EI1237 the URL uses the variable $upstream_addr"],
    [`{ url: "https://b.test", percent: 101 }`, "EI1233 the percentage 101 must be"],
    ["{ backendRef: { name: copies } }", "EI"],
    ["{ backendRef: { name: gone, port: 80 } }", "EI3020 EdgePolicy shop/policy asks Service shop/gone:80"],
  ])("%s", (mirror, says) => {
    const { said } = read(mirror);
    expect(said).toEqual([expect.stringContaining(says)]);
  });
});
