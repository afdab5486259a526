import { describe, expect, test } from "vitest";
import { indexServices, readBackend, readServiceBackend } from "../../../../src/compiler/frontends/ingress/backends.ts";
import { EVERY_CLUSTER, type Scope } from "../../../../src/compiler/ir/scope.ts";
import type { Resource, ServiceBody } from "../../../../src/compiler/resources/resource.ts";
import { inClusters, service } from "./resources.ts";

const AT = { file: "in.yaml", line: 3, column: 5, length: 4 };
const HTTP = { name: "http", port: 8080 };

function read(port: number | string, services: readonly Resource<ServiceBody>[], scope: Scope = EVERY_CLUSTER) {
  const written = { namespace: "shop", name: "web", port };
  const { ref, diagnostics } = readServiceBackend(written, scope, indexServices(services), AT);
  return { port: ref.ref.kind === "Service" ? ref.ref.port : null, messages: diagnostics.map((each) => each.message) };
}

describe("the port of a Service", () => {
  test.each([
    [80, [HTTP], "Service shop/web has no port 80: it has 8080 (http)"],
    ["https", [HTTP, { name: null, port: 81 }], "Service shop/web has no port https: it has 8080 (http), 81"],
    [80, [], "Service shop/web has no port 80: it has none"],
    ["8080", [HTTP], "Service shop/web has no port 8080: it has 8080 (http)"],
  ])("is an error where the Service does not have it: %s", (port, ports, message) => {
    expect(read(port, [service("web", ports)])).toEqual({ port, messages: [message] });
  });

  test("is reported at the backend, with the place of the Service's ports", () => {
    const services = indexServices([service("web", [HTTP])]);
    const { diagnostics } = readServiceBackend(
      { namespace: "shop", name: "web", port: 1 },
      EVERY_CLUSTER,
      services,
      AT,
    );
    expect(diagnostics).toMatchObject([
      { code: "EI2057", severity: "error", position: AT, related: [{ position: { file: "web:spec.ports:key" } }] },
    ]);
  });

  test.each([
    ["is the number of the name", "http", [service("web", [HTTP])], 8080],
    ["is the number as written", 8080, [service("web", [HTTP])], 8080],
    ["stays a name without the Service", "http", [service("other", [HTTP])], "http"],
    ["stays as written for an ExternalName", 443, [service("web", [], { type: "ExternalName" })], 443],
    ["stays a name for an ExternalName", "tls", [service("web", [], { type: "ExternalName" })], "tls"],
  ])("%s", (_, port, services, expected) => {
    expect(read(port, services)).toEqual({ port: expected, messages: [] });
  });

  const eu = service("web", [HTTP], {}, inClusters("eu"));
  const us = service("web", [{ name: "http", port: 80 }], {}, inClusters("us"));

  test("is looked up in the Services of the same clusters", () => {
    expect(read("http", [eu, us], inClusters("eu"))).toEqual({ port: 8080, messages: [] });
    expect(read("http", [eu, us], inClusters("us"))).toEqual({ port: 80, messages: [] });
    expect(read("http", [eu, us], inClusters("ap"))).toEqual({ port: "http", messages: [] });
  });

  test("stays a name where it means different numbers in different clusters", () => {
    expect(read("http", [eu, us])).toEqual({ port: "http", messages: [] });
  });

  test("is an error where the Service of one cluster does not have it", () => {
    expect(read(8080, [eu, us])).toEqual({
      port: 8080,
      messages: ["Service shop/web has no port 8080: it has 80 (http)"],
    });
  });
});

test("a backend that is no Service is kept, and a warning", () => {
  const backend = { type: "resource", apiGroup: "k8s.example.com", kind: "StorageBucket", name: "icons" } as const;
  const { ref, diagnostics } = readBackend(backend, "shop", EVERY_CLUSTER, indexServices([]), AT);
  expect(ref.ref).toEqual({
    kind: "Resource",
    apiGroup: "k8s.example.com",
    resourceKind: "StorageBucket",
    namespace: "shop",
    name: "icons",
  });
  expect(diagnostics).toMatchObject([{ code: "EI2058", severity: "warning", position: AT }]);
  expect(diagnostics[0]?.message).toContain("k8s.example.com/StorageBucket icons");
});
