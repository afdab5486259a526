import { describe, expect, test } from "vitest";
import { cluster, compiled } from "../../../../support/compiled.ts";

const PREFIX = "nginx.ingress.kubernetes.io/";

const configMap = (namespace: string, name: string, data: object) =>
  JSON.stringify({ apiVersion: "v1", kind: "ConfigMap", metadata: { namespace, name }, data });

const allowing = (names: string) =>
  configMap("ingress-nginx", "ingress-nginx-controller", { "global-allowed-response-headers": names });

function read(annotations: Readonly<Record<string, string>>, ...more: readonly string[]) {
  const prefixed = Object.entries(annotations).map(([name, value]) => [PREFIX + name, value]);
  const backend = { service: { name: "web", port: { number: 80 } } };
  const ingress = {
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name: "shop", namespace: "shop", annotations: Object.fromEntries(prefixed) },
    spec: { rules: [{ host: "a.test", http: { paths: [{ path: "/x", pathType: "Prefix", backend }] } }] },
  };
  const { output, diagnostics } = compiled([JSON.stringify(ingress), cluster("eu"), ...more].join("\n---\n"));
  return {
    said: diagnostics.map(({ code, message }) => `${code} ${message.replace(/^Ingress shop\/shop: /, "")}`),
    rules: output?.report.hosts[0]?.rules.map(({ role, filters }) => [role, filters?.map(({ sets }) => sets)]),
  };
}

describe("custom-headers", () => {
  const wanted = { "custom-headers": "shop/answers" };

  test("sets what the ConfigMap has, on what no rule takes too, and the report shows no value", () => {
    const { said, rules } = read(
      wanted,
      allowing("x-a,X-B"),
      configMap("shop", "answers", { "X-B": "$1", "X-A": "1" }),
    );
    expect(said).toEqual([]);
    const filters = [{ set: ["X-A", "X-B"] }];
    expect(rules).toEqual([
      ["rule", filters],
      ["unmatched", filters],
    ]);
  });

  test.each<[what: string, problem: string, more: string[]]>([
    ["a ConfigMap that is missing", "names a ConfigMap that is not among the manifests", [allowing("X-A")]],
    [
      "a header that is not allowed",
      "sets X-C, which global-allowed-response-headers does not allow",
      [allowing("X-A"), configMap("shop", "answers", { "X-C": "1" })],
    ],
    [
      "no header allowed at all",
      "needs global-allowed-response-headers of the controller's ConfigMap, which allows no header yet",
      [configMap("shop", "answers", { "X-A": "1" })],
    ],
    [
      "a name that is none",
      "names a ConfigMap with a bad header name",
      [allowing("X A"), configMap("shop", "answers", { X_A: "1", "X.A": "1" })],
    ],
    [
      "a value that ends the header",
      "names a ConfigMap in which X-A has a value that nginx does not take",
      [allowing("X-A"), configMap("shop", "answers", { "X-A": "a\r\nb: c" })],
    ],
  ])("is an error for %s", (_, problem, more) => {
    expect(read(wanted, ...more)).toEqual({ said: [`EI4006 custom-headers ${problem}`], rules: undefined });
  });

  test("is an error for a ConfigMap of another namespace", () => {
    const { said } = read({ "custom-headers": "other/answers" }, allowing("X-A"), configMap("other", "answers", {}));
    expect(said).toEqual(["EI4006 custom-headers names a ConfigMap of another namespace"]);
  });
});

describe("upstream-vhost", () => {
  test("is left to the cluster's own ingress", () => {
    expect(read({ "upstream-vhost": "App.Example.com:8443" })).toEqual({
      said: ["EI4060 upstream-vhost of Ingress shop/shop is left to the cluster's own ingress in eu"],
      rules: [["rule", [{ hostname: "app.example.com:8443" }]]],
    });
  });

  test("that uses variables is reported", () => {
    const { said } = read({ "upstream-vhost": "$host" });
    expect(said).toEqual([
      "EI4002 upstream-vhost is not honoured: it uses variables of nginx, and the edge sends a fixed Host",
    ]);
  });

  test("that is no host is an error", () => {
    expect(read({ "upstream-vhost": "a b" }).said).toEqual(["EI4006 upstream-vhost is no host name"]);
  });
});
