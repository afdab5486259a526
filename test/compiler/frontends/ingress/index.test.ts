import { describe, expect, test } from "vitest";
import { type IngressOptions, readIngresses } from "../../../../src/compiler/frontends/ingress/index.ts";
import { DEFAULT_TIMEOUTS } from "../../../../src/compiler/ir/rule.ts";
import { EVERY_CLUSTER, type Scope } from "../../../../src/compiler/ir/scope.ts";
import type { IngressBody } from "../../../../src/compiler/resources/resource.ts";
import { inClusters, ingress, ingressClass, path, resources, service, to } from "./resources.ts";

const OPTIONS: IngressOptions = { ingressClass: [], controller: [], defaultBackend: null };
const root = { rules: [{ host: "a.example.com", paths: [path("/")] }] };

describe("readIngresses", () => {
  test("does not depend on the order of the input", () => {
    const ingresses = [
      ingress("b", { ...root, tls: [{ hosts: [], secretName: null }] }),
      ingress("a", { ingressClassName: "x" }),
      ingress("a", root, { namespace: "zoo", annotations: { "nginx.ingress.kubernetes.io/use-regex": "true" } }),
      ingress("c", { rules: [{ host: "a.example.com", paths: null }] }),
      ingress("d", root, {}, inClusters("us")),
      ingress("d", { ...root, defaultBackend: to("web", "http") }, {}, inClusters("eu")),
    ];
    const ingressClasses = [ingressClass("x", "c/1"), ingressClass("x", "c/2", false, inClusters("eu"))];
    const services = [service("web", [], {}, inClusters("us")), service("web", [], {}, inClusters("eu"))];
    const forward = readIngresses(resources({ ingresses, ingressClasses, services }), OPTIONS);
    const backward = readIngresses(
      resources({
        ingresses: ingresses.toReversed(),
        ingressClasses: ingressClasses.toReversed(),
        services: services.toReversed(),
      }),
      OPTIONS,
    );
    expect(backward).toEqual(forward);
    expect(forward.diagnostics.length).toBeGreaterThan(4);
    expect(forward.rules.map(({ owner }) => `${owner.namespace}/${owner.name}`)).toEqual([
      "shop/b",
      "shop/d",
      "shop/d",
      "shop/d",
      "shop/d",
      "zoo/a",
    ]);
  });

  test("says nothing about the annotations, paths and TLS of an Ingress that it leaves out", () => {
    const bad = ingress(
      "web",
      { ingressClassName: "nginx", tls: [{ hosts: ["x"], secretName: null }], rules: [{ host: null, paths: null }] },
      { annotations: { "nginx.ingress.kubernetes.io/auth-url": "http://auth" } },
    );
    const result = readIngresses(resources({ ingresses: [bad] }), OPTIONS);
    expect(result.rules).toEqual([]);
    expect(result.tls).toEqual([]);
    expect(result.diagnostics.map(({ code }) => code)).toEqual(["EI2050"]);
  });

  test("publishes no rule and no TLS host of a canary", () => {
    const canary = ingress(
      "a-canary",
      { ...root, tls: [{ hosts: ["a.example.com"], secretName: "cert" }] },
      {
        annotations: {
          "nginx.ingress.kubernetes.io/canary": "true",
          "nginx.ingress.kubernetes.io/canary-weight": "10",
          "nginx.ingress.kubernetes.io/auth-url": "http://auth",
        },
      },
    );
    const result = readIngresses(resources({ ingresses: [canary, ingress("web", root)] }), OPTIONS);
    const shares = result.rules.map(({ owner, backendRefs }) => [owner.name, backendRefs.map(({ weight }) => weight)]);
    expect(shares).toEqual([["web", [1]]]);
    expect(result.tls).toEqual([]);
    expect(result.diagnostics.map(({ code, severity }) => [code, severity])).toEqual([
      ["EI4063", "warning"],
      ["EI4013", "warning"],
    ]);
  });

  test("gives proxy-read-timeout to every rule of its Ingress and to no other", () => {
    const slow = ingress(
      "slow",
      { ...root, defaultBackend: to("rest") },
      { annotations: { "nginx.ingress.kubernetes.io/proxy-read-timeout": "90" } },
    );
    const { rules } = readIngresses(resources({ ingresses: [slow, ingress("web", root)] }), OPTIONS);
    expect(rules.map(({ owner, timeouts }) => [owner.name, timeouts.request, timeouts.backendRequest])).toEqual([
      ["slow", DEFAULT_TIMEOUTS.request, 90_000],
      ["slow", DEFAULT_TIMEOUTS.request, 90_000],
      ["slow", DEFAULT_TIMEOUTS.request, 90_000],
      ["web", DEFAULT_TIMEOUTS.request, DEFAULT_TIMEOUTS.backendRequest],
    ]);
  });
});

describe("an Ingress of ingress-nginx that is a default backend alone", () => {
  const read = (
    rest: Partial<IngressBody>,
    all: Partial<IngressBody>,
    scopes: readonly [Scope, Scope],
    annotations: Readonly<Record<string, string>> = {},
  ) => {
    const ingresses = [
      ingress("all", all, { createdAt: 1, annotations }, scopes[0]),
      ingress("rest", { defaultBackend: to("rest"), ...rest }, { createdAt: 2 }, scopes[1]),
    ];
    const { rules, diagnostics } = readIngresses(resources({ ingresses }), {
      ...OPTIONS,
      ingressClass: ["nginx", "plain"],
    });
    const lines = rules.map(({ hostname, match: { path }, owner }) => `${hostname} ${path.type} ${owner.name}`);
    return { lines, lost: diagnostics.filter(({ code }) => code === "EI5001") };
  };
  const nginx = { ingressClassName: "nginx" };
  const every: readonly [Scope, Scope] = [EVERY_CLUSTER, EVERY_CLUSTER];
  const everywhere = { ...nginx, rules: [{ host: null, paths: [path("/"), path("/", "Exact")] }] };

  test("takes `/` from an older rule without host, with a warning", () => {
    const { lines, lost } = read(nginx, everywhere, every);
    expect(lines).toEqual(["* Exact all", "* PathPrefix rest"]);
    expect(lost).toMatchObject([
      {
        severity: "warning",
        position: { file: "all:spec.rules.0.http.paths.0.path" },
        related: [{ position: { file: "rest:spec.defaultBackend:key" } }],
      },
    ]);
  });

  test.each<[name: string, value: string]>([
    ["allowlist-source-range", "10.0.0.0/8"],
    ["auth-url", "https://auth.example.net/v"],
  ])("opens nothing that is guarded, and that is told: %s", (name, value) => {
    const { lines, lost } = read(nginx, everywhere, every, { [`nginx.ingress.kubernetes.io/${name}`]: value });
    expect(lines).toContain("* PathPrefix all");
    expect(lost).toMatchObject([{ message: expect.stringContaining("here the guarded path keeps it") }]);
  });

  test.each<readonly [string, Partial<IngressBody>, Partial<IngressBody>, readonly [Scope, Scope]]>([
    ["a host of its own", nginx, { ...nginx, rules: [{ host: "a.test", paths: [path("/")] }] }, every],
    ["another cluster", nginx, everywhere, [inClusters("us"), inClusters("eu")]],
    ["another dialect", nginx, { ...everywhere, ingressClassName: "plain" }, every],
    ["all others where it has a rule", { ...nginx, rules: [{ host: "b.test", paths: null }] }, everywhere, every],
    ["all others in another dialect", { ingressClassName: "plain" }, everywhere, every],
  ])("does not take it from %s", (_, rest, all, scopes) => {
    const { lines, lost } = read(rest, all, scopes);
    expect(lines.filter((line) => line.endsWith("PathPrefix all"))).toHaveLength(1);
    expect(lost).toEqual([]);
  });
});

describe("the edge's default backend", () => {
  const options = { ...OPTIONS, defaultBackend: { namespace: "shop", name: "sorry", port: "http" } };

  test("is an error without a place where the Service does not have the port", () => {
    const { diagnostics } = readIngresses(resources({ services: [service("sorry", [])] }), options);
    expect(diagnostics).toMatchObject([{ code: "EI2057", position: null }]);
  });

  test("is one rule for every hostname, of no Ingress and no file", () => {
    const services = [service("sorry", [{ name: "http", port: 8080 }])];
    const { rules, diagnostics } = readIngresses(resources({ services, ingresses: [ingress("web", root)] }), options);
    expect(diagnostics).toEqual([]);
    expect(rules).toHaveLength(2);
    expect(rules[0]).toMatchObject({
      owner: { kind: "Edge", namespace: "", name: "", scope: { kind: "every-cluster" } },
      hostname: "*",
      match: { path: { type: "PathPrefix", value: "/" } },
      backendRefs: [{ ref: { kind: "Service", namespace: "shop", name: "sorry", port: 8080 }, weight: 1, at: null }],
      role: "default-backend",
      at: null,
    });
  });
});
