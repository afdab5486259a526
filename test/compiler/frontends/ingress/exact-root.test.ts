import { expect, test } from "vitest";
import { compiled } from "../../../support/compiled.ts";

const NGINX = "nginx.ingress.kubernetes.io/";
const REGEX = { "use-regex": "true" };
const AUTH = { "auth-url": "https://auth.example/v" };
const API = ["/api(/|$)(.*)", "ImplementationSpecific"] as const;
const CLUSTER = {
  apiVersion: "edge-ingress.dev/v1alpha1",
  kind: "Cluster",
  metadata: { name: "eu" },
  spec: { endpoint: "https://eu.test" },
};

type Path = readonly [path: string, type: string];
type Sketch = readonly [name: string, annotations: Readonly<Record<string, string>>, ...paths: readonly Path[]];

/** What the rules of a host come to, and what is said; each Ingress is older than the next, its Services have its name and the path's type. */
function read(ingresses: readonly Sketch[], options: Parameters<typeof compiled>[1] = {}) {
  const manifests = ingresses.map(([name, annotations, ...paths], age) => ({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: {
      name,
      namespace: "shop",
      creationTimestamp: `2024-01-0${age + 1}T00:00:00Z`,
      annotations: Object.fromEntries(Object.entries(annotations).map(([key, value]) => [NGINX + key, value])),
    },
    spec: {
      ingressClassName: "nginx",
      rules: [
        {
          host: "a.test",
          http: {
            paths: paths.map(([path, pathType]) => ({
              path,
              pathType,
              backend: { service: { name: `${name}-${pathType.toLowerCase()}`, port: { number: 80 } } },
            })),
          },
        },
      ],
    },
  }));
  const text = [CLUSTER, ...manifests].map((each) => JSON.stringify(each)).join("\n---\n");
  const { hosts, diagnostics } = compiled(text, { ingressClass: ["nginx"], ...options });
  const rules = hosts
    .filter(({ hostname }) => hostname === "a.test")
    .flatMap((host) => host.rules)
    .map(
      ({ rule: { match, backendRefs } }) => `${match.path.value} -> ${backendRefs.map(({ ref }) => ref.name).join()}`,
    );
  const codes = diagnostics.map(({ code }) => code).filter((code) => /^EI(4053|5001|5005|6071)$/.test(code));
  return { rules, codes };
}

const API_RULE = "/api(/|$)(.*) -> api-implementationspecific";

test.each<readonly [string, readonly Sketch[]]>([
  ["one Ingress", [["api", REGEX, ["/", "Exact"], ["/", "Prefix"], API]]],
  [
    "an older Ingress",
    [
      ["landing", {}, ["/", "Exact"]],
      ["api", REGEX, ["/", "Prefix"], API],
    ],
  ],
])("an Exact / of %s gets nothing beside a Prefix / where paths are patterns", (_, ingresses) => {
  expect(read(ingresses)).toEqual({ rules: [API_RULE, "/ -> api-prefix"], codes: ["EI4053"] });
});

test("without a Prefix / its requests are those of the default backend, or answered 404", () => {
  const ingresses: Sketch[] = [["api", REGEX, ["/", "Exact"], API]];
  expect(read(ingresses)).toEqual({ rules: [API_RULE], codes: ["EI4053"] });
  const defaultBackend = { namespace: "edge", name: "sorry", port: 80 };
  expect(read(ingresses, { defaultBackend }).rules).toEqual([API_RULE, "/ -> sorry"]);
});

test("a host that has nothing else is a host, and answers 404", () => {
  expect(read([["api", REGEX, ["/", "Exact"]]])).toEqual({ rules: ["/ -> "], codes: ["EI4053"] });
});

test("where paths are no patterns it takes what is written", () => {
  expect(read([["web", {}, ["/", "Exact"], ["/", "Prefix"]]])).toEqual({
    rules: ["/ -> web-exact", "/ -> web-prefix"],
    codes: [],
  });
});

test("its guard is no guard: what it would keep is open by the Prefix, and not by itself", () => {
  const guarded = { ...REGEX, ...AUTH };
  expect(
    read([
      ["landing", AUTH, ["/", "Exact"]],
      ["api", REGEX, ["/", "Prefix"], API],
    ]).codes,
  ).toContain("EI6071");
  expect(
    read([
      ["landing", {}, ["/", "Exact"]],
      ["api", guarded, ["/", "Prefix"], API],
    ]).codes,
  ).toEqual(["EI4053"]);
});
