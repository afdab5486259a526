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
const SERVICES = `services: [{ namespace: shop, name: copies, port: 8080, endpoint: "http://copies.eu.test" }, { namespace: shop, name: web, port: 80, endpoint: "http://web.eu.test:8080" }]`;

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

describe("a URL on a host of this edge", () => {
  const ingress = (name: string, host: string, path: string) =>
    INGRESS.replace("name: web, namespace", `name: ${name}, namespace`)
      .replace("host: a.test", `host: ${JSON.stringify(host)}`)
      .replace("path: /,", `path: ${path},`);
  const pays = ingress("web", "a.test", "/pay");
  const other = (...of: Parameters<typeof ingress>) =>
    ingress(...of).replace("service: { name: web", "service: { name: copies");
  const rewritten = ingress("s", "b.test", "/").replace(
    "namespace: shop }",
    'namespace: shop, annotations: { nginx.ingress.kubernetes.io/rewrite-target: "/shadow" } }',
  );

  function errors(url: string, manifests: readonly string[]) {
    const policy = edgePolicy({ targets: "{ kind: Ingress, name: web }", sets: `mirror: { url: "${url}" }` });
    const { diagnostics } = compiled([...manifests, cluster("eu", SERVICES), policy].join("---\n"));
    return diagnostics
      .filter(({ severity }) => severity === "error")
      .map(({ code, position }) => `${code} ${position === null ? "nowhere" : "placed"}`);
  }

  test.each([
    ["with the request's path", "https://a.test", [INGRESS]],
    ["of plain HTTP, in capitals", "http://A.Test:80", [INGRESS]],
    ["at the rule's own path", "https://a.test/pay/again", [pays]],
    ["with a path that the client chooses", "https://a.test/shadow/$arg_x", [pays, ingress("s", "a.test", "/shadow")]],
    ["below a path that nobody else takes", "https://a.test/shadow$request_uri", [INGRESS]],
    ["below the rule's own path", "https://a.test/pay$request_uri", [pays]],
    ["by a wildcard", "https://one.a.test", [ingress("web", "*.a.test", "/")]],
    ["on another host of the same Service", "https://b.test", [INGRESS, ingress("s", "b.test", "/")]],
    ["on another host, whose rule above leads to it", "https://b.test", [pays, ingress("s", "b.test", "/")]],
    ["at the Service's own address", "http://web.eu.test:8080", [INGRESS]],
  ])("%s is an error: the Service would get all twice", (_, url, manifests) => {
    expect(errors(url, manifests)).toEqual(["EI3024 placed"]);
  });

  test.each([
    [
      "below a path with a rule of its own",
      "https://a.test/shadow$request_uri",
      [INGRESS, ingress("s", "a.test", "/shadow")],
    ],
    ["at a path with a rule of its own", "https://a.test/shadow/x", [INGRESS, ingress("s", "a.test", "/shadow")]],
    ["on another host, of another Service", "https://b.test", [INGRESS, other("s", "b.test", "/")]],
    [
      "on another host, where a rule of another Service takes the path",
      "https://b.test",
      [pays, ingress("s", "b.test", "/"), other("t", "b.test", "/pay")],
    ],
    [
      "on another host, at another path of the Service",
      "https://b.test/shadow",
      [INGRESS, ingress("s", "b.test", "/")],
    ],
    ["on another host, where it is rewritten", "https://b.test", [INGRESS, rewritten]],
    [
      "a name that rules for every host would take",
      "https://b.test",
      [INGRESS.replace("    - host: a.test\n      http:", "    - http:")],
    ],
    ["another port of the host", "https://a.test:8443", [INGRESS]],
  ])("%s is none", (_, url, manifests) => {
    expect(errors(url, manifests)).toEqual([]);
  });

  test("the route's own Service by name is an error too, and another port of it is none", () => {
    const said = (backendRef: string, services = SERVICES) => {
      const policy = edgePolicy({
        targets: "{ kind: Ingress, name: web }",
        sets: `mirror: { backendRef: ${backendRef} }`,
      });
      const { diagnostics } = compiled([INGRESS, cluster("eu", services), policy].join("---\n"));
      return diagnostics.filter(({ severity }) => severity === "error").map(({ message }) => message);
    };
    expect(said("{ name: web, port: 80 }")).toEqual([
      "EdgePolicy shop/policy sends the copy to Service shop/web:80, which the route itself leads to: it would get requests twice",
    ]);
    expect(
      said("{ name: web, port: 81 }", SERVICES.replace("name: copies, port: 8080", "name: web, port: 81")),
    ).toEqual([]);
  });

  test("where nothing is served is one too", () => {
    expect(errors("https://a.test/shadow", [pays])).toEqual(["EI3022 placed"]);
  });
});

describe("in the place of mirror-target", () => {
  const annotated = INGRESS.replace(
    "namespace: shop }",
    'namespace: shop, annotations: { nginx.ingress.kubernetes.io/mirror-target: "https://old.test$request_uri" } }',
  );
  const warnings = (more: string, percent: number) => {
    const sets = `mirror: { url: "https://b.test", percent: ${percent} }`;
    const policy = edgePolicy({ targets: "{ kind: Ingress, name: web }", sets });
    const { diagnostics } = compiled([annotated, cluster("eu", more), policy].join("---\n"));
    return diagnostics.filter(({ code }) => code === "EI4069").map(({ severity, message }) => `${severity} ${message}`);
  };

  test.each([0, 5])("the cluster's own ingress copies all the same: a warning (percent: %d)", (percent) => {
    expect(warnings("", percent)).toEqual([
      "warning the cluster's own ingress in eu goes on copying by mirror-target of Ingress shop/web, whatever mirror of EdgePolicy shop/policy says",
    ]);
  });

  test("towards a Service there is no such ingress", () => {
    expect(warnings('services: [{ namespace: shop, name: web, endpoint: "http://web.eu.test" }]', 5)).toEqual([]);
  });
});
