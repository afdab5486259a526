import { describe, expect, test } from "vitest";
import { readTls } from "../../../../src/compiler/frontends/ingress/tls.ts";
import { ingress, path, to } from "./resources.ts";

/** An Ingress with one TLS entry and a rule for each host. */
function read(tlsHosts: readonly string[], hosts: readonly (string | null)[], withDefault = false) {
  const { tls, diagnostics } = readTls(
    ingress("web", {
      tls: [{ hosts: tlsHosts, secretName: "cert" }],
      rules: hosts.map((host) => ({ host, paths: [path("/")] })),
      defaultBackend: withDefault ? to("rest") : null,
    }),
  );
  return { tls, reported: diagnostics.map(({ code, position }) => `${code} ${position?.file}`) };
}

describe("a TLS host", () => {
  test.each([
    ["a.example.com", []],
    ["a.example.com", ["b.example.com"]],
    ["*.example.com", ["a.b.example.com"]],
    ["*.example.com", ["example.com"]],
    ["a.b.example.com", ["*.example.com"]],
  ])("%s is a warning beside the rules of %j", (tlsHost, hosts) => {
    expect(read([tlsHost], hosts).reported).toContain("EI2059 web:spec.tls.0.hosts.0");
  });

  test.each([
    ["a.example.com", ["a.example.com"]],
    ["*.example.com", ["a.example.com"]],
    ["*.example.com", ["*.example.com"]],
    ["a.example.com", ["*.example.com"]],
    ["a.example.com", [null]],
  ])("%s belongs to the rules of %j", (tlsHost, hosts) => {
    expect(read([tlsHost], hosts).reported).not.toContain("EI2059 web:spec.tls.0.hosts.0");
  });

  test("belongs to the default backend, which takes every host", () => {
    expect(read(["a.example.com"], [], true).reported).toEqual([]);
  });
});

describe("the host of a rule", () => {
  test.each([
    ["b.example.com", ["a.example.com"]],
    ["a.b.example.com", ["*.example.com"]],
    ["example.com", ["*.example.com"]],
    ["*.example.com", ["a.example.com"]],
  ])("%s that the TLS hosts %j leave out is a warning", (host, tlsHosts) => {
    expect(read(tlsHosts, [host]).reported).toContain("EI2060 web:spec.rules.0.host");
  });

  test("is reported once, however many rules have it", () => {
    const { reported } = read(["a.example.com"], ["a.example.com", "b.example.com", "b.example.com"]);
    expect(reported).toEqual(["EI2060 web:spec.rules.1.host"]);
  });

  test.each([["a.example.com"], ["*.example.com"]])("%s is covered by an entry without hosts", (host) => {
    expect(read([], [host]).reported).toEqual(["EI2061 web:spec.tls.0"]);
  });

  test("needs no TLS where the Ingress has none", () => {
    expect(readTls(ingress("web", { rules: [{ host: "a.example.com", paths: [path("/")] }] }))).toEqual({
      tls: [],
      diagnostics: [],
    });
  });
});

describe("a TLS entry", () => {
  test("is recorded host by host", () => {
    expect(read(["A.example.com", "*.example.com"], [null]).tls).toMatchObject([
      { hostname: "a.example.com", secret: { namespace: "shop", name: "cert" }, owner: { name: "web" } },
      { hostname: "*.example.com", at: { file: "web:spec.tls.0.hosts.1" } },
    ]);
  });

  test("without hosts is recorded for every host, with an info", () => {
    expect(read([], [null]).tls).toMatchObject([{ hostname: "*", at: { file: "web:spec.tls.0" } }]);
  });

  test("without a Secret is recorded without one", () => {
    expect(
      readTls(ingress("web", { tls: [{ hosts: ["a.example.com"], secretName: null }] })).tls[0]?.secret,
    ).toBeNull();
  });
});
