import { expect, test } from "vitest";
import type { CompileOptions } from "../../../../../src/compiler/compile.ts";
import { compiled } from "../../../../support/compiled.ts";

const PREFIX = "nginx.ingress.kubernetes.io/";

function read(
  annotations: Readonly<Record<string, string>>,
  services: readonly string[] = ["web", "errors"],
  manifest = true,
  options: Partial<CompileOptions> = {},
) {
  const prefixed = Object.entries(annotations).map(([name, value]) => [PREFIX + name, value]);
  const backend = { service: { name: "web", port: { number: 80 } } };
  const documents = [
    {
      apiVersion: "networking.k8s.io/v1",
      kind: "Ingress",
      metadata: { name: "shop", namespace: "shop", annotations: Object.fromEntries(prefixed) },
      spec: { rules: [{ host: "a.test", http: { paths: [{ path: "/", pathType: "Prefix", backend }] } }] },
    },
    ...(manifest
      ? [
          {
            apiVersion: "v1",
            kind: "Service",
            metadata: { name: "errors", namespace: "shop" },
            spec: { ports: [{ port: 8080 }] },
          },
        ]
      : []),
    {
      apiVersion: "edge-ingress.dev/v1alpha1",
      kind: "Cluster",
      metadata: { name: "eu" },
      spec: {
        services: services.map((name) => ({
          namespace: "shop",
          name,
          port: name === "errors" ? 8080 : 80,
          endpoint: `http://${name}.test`,
        })),
      },
    },
  ];
  const { output, diagnostics } = compiled(documents.map((each) => JSON.stringify(each)).join("\n---\n"), options);
  const rule = output?.report.hosts.find(({ hostname }) => hostname === "a.test")?.rules[0];
  return {
    said: diagnostics.map(({ code, message }) => `${code} ${message.replace(/^Ingress shop\/shop: /, "")}`),
    backends: rule?.backends.map(({ service, weight }) => `${service} ${weight}`),
    sets: rule?.filters?.map(({ sets }) => sets),
  };
}

const both = { "custom-http-errors": "503, 404", "default-backend": "errors" };

test("the default backend is a backend that takes no lot, asked at its first port", () => {
  expect(read(both)).toEqual({
    said: [],
    backends: ["shop/web:80 1", "shop/errors:8080 0"],
    sets: [{ service: "shop/errors:8080", statuses: [404, 503], intercepts: true, standsIn: true }],
  });
});

test("without one the Service of --default-backend is asked, as the controller asks its own; it stands in for none", () => {
  const defaultBackend = { namespace: "shop", name: "errors", port: 8080 };
  expect(read({ "custom-http-errors": "404" }, ["web", "errors"], true, { defaultBackend })).toEqual({
    said: [],
    backends: ["shop/web:80 1", "shop/errors:8080 0"],
    sets: [{ service: "shop/errors:8080", statuses: [404], intercepts: true, standsIn: false }],
  });
  const own = read(both, ["web", "errors"], true, { defaultBackend: { ...defaultBackend, name: "web", port: 80 } });
  expect(own.sets).toEqual([{ service: "shop/errors:8080", statuses: [404, 503], intercepts: true, standsIn: true }]);
});

test.each<[written: Record<string, string>, said: string]>([
  [
    { "custom-http-errors": "404" },
    "EI4002 custom-http-errors is not honoured: there is neither default-backend nor --default-backend, which would answer in the place of errors",
  ],
  [{ ...both, "custom-http-errors": "200" }, "EI4006 custom-http-errors is not a list of statuses from 400 to 599"],
  [{ "default-backend": "other" }, "EI4002 default-backend is not honoured: its Service is not among the manifests"],
])("%j is reported", (written, said) => {
  expect(read(written).said).toEqual([said]);
});

test("a default backend without an address of its own is reported", () => {
  expect(read(both, ["web"]).said).toEqual([
    "EI4067 default-backend of Ingress shop/shop has no effect: Service shop/errors:8080 has no address of its own",
  ]);
});
