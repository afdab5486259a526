import { describe, expect, test } from "vitest";
import { cluster, compiled } from "../../support/compiled.ts";

const OLD = `apiVersion: extensions/v1beta1
kind: Ingress
metadata: { name: shop, namespace: shop }
spec:
  backend: { serviceName: rest, servicePort: 8080 }
  rules:
    - host: shop.test
      http:
        paths:
          - path: /cart
            backend: { serviceName: cart, servicePort: http }
          - path: /api
            pathType: Exact
            backend: { serviceName: api, servicePort: 80 }
`;
const NEW = OLD.replace("extensions/v1beta1", "networking.k8s.io/v1")
  .replace(
    "backend: { serviceName: rest, servicePort: 8080 }",
    "defaultBackend: { service: { name: rest, port: { number: 8080 } } }",
  )
  .replace("path: /cart\n", "path: /cart\n            pathType: ImplementationSpecific\n")
  .replace("serviceName: cart, servicePort: http", "service: { name: cart, port: { name: http } }")
  .replace("serviceName: api, servicePort: 80", "service: { name: api, port: { number: 80 } }");

const of = (text: string) => compiled([text, cluster("eu")].join("---\n"));

describe("an Ingress of a version that is gone", () => {
  test.each(["extensions/v1beta1", "networking.k8s.io/v1beta1"])(
    "%s is read as the version of today, with a warning",
    (version) => {
      const old = of(OLD.replace("extensions/v1beta1", version));
      expect(old.diagnostics.filter(({ code }) => code === "EI1222")).toMatchObject([
        { severity: "warning", position: { line: 1, column: 13 } },
      ]);
      expect(Buffer.from(old.output?.table ?? []).equals(Buffer.from(of(NEW).output?.table ?? [1]))).toBe(true);
    },
  );

  test.each([
    ["a Service that can not be", "serviceName: cart", "serviceName: Not_One", "EI2013", 11],
    ["a port out of bounds", "servicePort: 80 }", "servicePort: 70000 }", "EI2016", 14],
    ["no port", ", servicePort: http", "", "EI2015", 11],
    ["an unknown field", "servicePort: http", "servicePort: http, colour: red", "EI1206", 11],
    [
      "both names of the default backend",
      "spec:\n",
      "spec:\n  defaultBackend: { service: { name: a, port: { number: 1 } } }\n",
      "EI1206",
      6,
    ],
  ])("%s is an error at its place", (_, from, to, code, line) => {
    const found = of(OLD.replace(from, to)).diagnostics.filter(({ severity }) => severity === "error");
    expect(found).toMatchObject([{ code, position: { line } }]);
  });

  test("a Service without that port is shown where the old field stands", () => {
    const service =
      "apiVersion: v1\nkind: Service\nmetadata: { name: api, namespace: shop }\nspec: { ports: [{ port: 81 }] }\n";
    const found = of(`${OLD}---\n${service}`).diagnostics.filter(({ code }) => code === "EI2057");
    expect(found).toMatchObject([{ position: { line: 14 } }]);
  });
});

test("an IngressClass of v1beta1 is one", () => {
  const text =
    "apiVersion: networking.k8s.io/v1beta1\nkind: IngressClass\nmetadata: { name: old }\nspec: { controller: k8s.io/ingress-nginx }\n";
  const { resources, diagnostics } = of(`${NEW}---\n${text}`);
  expect(resources.ingressClasses.map(({ metadata }) => metadata.name)).toEqual(["old"]);
  expect(diagnostics.filter(({ code }) => code === "EI1222")).toHaveLength(1);
});
