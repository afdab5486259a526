import { describe, expect, it } from "vitest";
import { catalogue } from "../../../src/compiler/diagnostics/catalogue/index.ts";
import { ingressCodes } from "../../../src/compiler/diagnostics/catalogue/ingress.ts";
import { resourceCodes } from "../../../src/compiler/diagnostics/catalogue/resources.ts";
import { EVERY_CLUSTER, type Scope } from "../../../src/compiler/ir/scope.ts";
import { loadResources } from "../../../src/compiler/resources/load.ts";
import { cpuTime } from "../../support/cpu-time.ts";
import { fc } from "../../support/properties.ts";
import { documentsOf, load, marked, places } from "./documents.ts";

const named = (kind: string, name: string, apiVersion = "v1") =>
  `apiVersion: ${apiVersion}\nkind: ${kind}\nmetadata: { name: ${name} }\nspec: {}`;

const NOT_READ: readonly (readonly [rule: string, code: string, text: string, sentence: string])[] = [
  ["no apiVersion", "EI1202", "▸kind: Ingress", "`apiVersion` is missing"],
  ["no kind", "EI1202", "▸apiVersion: v1", "`kind` is missing"],
  ["neither", "EI1202", "▸replicas: 2", "`apiVersion` and `kind` are missing"],
  ["an empty kind", "EI1202", '▸apiVersion: v1\nkind: ""', "`kind` is missing"],
  ["an apiVersion that is a number", "EI1202", "apiVersion: ▸1\nkind: Service", "`apiVersion` must be a string"],
  ["a version to come", "EI1203", named("IngressClass", "a", "▸networking.k8s.io/v2"), "networking.k8s.io/v1"],
  ["a misspelt group", "EI1203", named("Ingress", "a", "▸netwroking.k8s.io/v1"), "networking.k8s.io/v1"],
  ["a group with two slips", "EI1203", named("Ingress", "a", "▸netwroking.k8s.i/v1"), "networking.k8s.io/v1"],
  ["a group without domain", "EI1203", named("Ingress", "a", "▸networking/v1"), "networking.k8s.io/v1"],
  ["the group left out", "EI1203", named("Ingress", "a", "▸v1"), "networking.k8s.io/v1"],
  ["another version of a Service", "EI1203", named("Service", "a", "▸v2"), "`v1`"],
  [
    "another version of a Cluster",
    "EI1203",
    named("Cluster", "a", "▸edge-ingress.dev/v1"),
    "edge-ingress.dev/v1alpha1",
  ],
  [
    "another version of an EdgePolicy",
    "EI1203",
    named("EdgePolicy", "a", "▸edge-ingress.dev/v1"),
    "edge-ingress.dev/v1alpha1",
  ],
  ["a kind in lower case", "EI1203", named("▸ingress", "a", "networking.k8s.io/v1"), "`Ingress`"],
  ["a misspelt kind", "EI1203", named("▸Sercive", "a"), "`Service`"],
  ["a misspelt kind of ours", "EI1203", named("▸EdgePolcy", "a", "edge-ingress.dev/v1alpha1"), "`EdgePolicy`"],
  [
    "an unknown kind of ours",
    "EI1203",
    named("▸Router", "a", "edge-ingress.dev/v1alpha1"),
    "not a resource that is read",
  ],
  ["a kind of another use", "EI1204", named("▸Pod", "a"), "1 resource of kind v1 Pod is not read"],
  ["a kind of ours for another command", "EI1204", named("▸RouteTest", "a", "edge-ingress.dev/v1alpha1"), "RouteTest"],
  [
    "a Service of Knative",
    "EI1204",
    named("▸Service", "a", "serving.knative.dev/v1"),
    "serving.knative.dev/v1 Service",
  ],
  [
    "an Ingress of OpenShift",
    "EI1204",
    named("▸Ingress", "a", "config.openshift.io/v1"),
    "config.openshift.io/v1 Ingress",
  ],
  [
    "a Cluster of Cluster API",
    "EI1204",
    named("▸Cluster", "a", "cluster.x-k8s.io/v1beta1"),
    "cluster.x-k8s.io/v1beta1 Cluster",
  ],
  ["another kind of the group", "EI1204", named("▸NetworkPolicy", "a", "networking.k8s.io/v1"), "NetworkPolicy"],
];

describe("a document is not read:", () => {
  it.each(NOT_READ)("%s", (_rule, code, written, sentence) => {
    const { text, marks } = marked(written);
    const { resources, diagnostics } = load(text);
    expect(places(diagnostics)).toEqual([`${code} ${marks[0]}`]);
    expect(diagnostics[0]?.message).toContain(sentence);
    expect(Object.values(resources).flat()).toEqual([]);
  });

  it("counts other kinds once each, at the first in the order of files", () => {
    const documents = [
      ...documentsOf(`${named("Deployment", "a", "apps/v1")}\n---\n${named("Pod", "a")}`, "b.yaml"),
      ...documentsOf(`${named("Pod", "b")}\n---\n${named("Deployment", "b", "apps/v1")}`, "a.yaml"),
      ...documentsOf(named("Deployment", "c", "apps/v1"), "c.yaml"),
    ];
    for (const order of [documents, documents.toReversed()]) {
      const { diagnostics } = loadResources(order, () => EVERY_CLUSTER);
      expect(diagnostics.map(({ message, position }) => `${position?.file}:${position?.line} ${message}`)).toEqual([
        "a.yaml:2 2 resources of kind v1 Pod are not read",
        "a.yaml:7 3 resources of kind apps/v1 Deployment are not read",
      ]);
    }
  });

  it.each([
    ["hello", "a string"],
    [["a"], "a list"],
    [null, "a null"],
  ])("an item of a List that is %j", (value, found) => {
    const documents = documentsOf("a: b").map((document) => ({ ...document, value }));
    const { diagnostics } = loadResources(documents, () => EVERY_CLUSTER);
    expect(places(diagnostics)).toEqual(["EI1201 1:1"]);
    expect(diagnostics[0]?.message).toBe(`expected a Kubernetes resource, found ${found}`);
  });

  it("points at the first of a kind within a file", () => {
    const text = `${named("Pod", "a")}\n---\n${named("Pod", "b")}\n---\n{ kind: Pod, apiVersion: v1 }`;
    const inLines = documentsOf(text);
    const inColumns = documentsOf("{ kind: List, items: [{ kind: A }, { kind: B }] }").flatMap((list) =>
      [0, 1].map((index) => ({
        file: list.file,
        value: { apiVersion: "v1", kind: "Pod" },
        locate: () => list.locate(["items", index, "kind"]),
      })),
    );
    for (const [documents, place] of [
      [inLines, "EI1204 2:7"],
      [inColumns, "EI1204 1:31"],
    ] as const) {
      for (const order of [documents, documents.toReversed()]) {
        expect(places(loadResources(order, () => EVERY_CLUSTER).diagnostics)).toEqual([place]);
      }
    }
  });

  it.each([
    ["Ingress", "extensions/v1beta1", "kubectl convert"],
    ["IngressClass", "networking.k8s.io/v1beta1", "Write `apiVersion: networking.k8s.io/v1`."],
    ["Ingress", "networking.k8s.io/v2", "Write `apiVersion: networking.k8s.io/v1`."],
    ["IngressClass", "networking.k8s.io/v1alpha1", "Write `apiVersion: networking.k8s.io/v1`."],
    ["Router", "edge-ingress.dev/v1alpha1", "Write the apiVersion and kind of the current API."],
  ])("says how to bring %s of %s up to date", (kind, apiVersion, fix) => {
    expect(load(named(kind, "a", apiVersion)).diagnostics[0]?.fix).toContain(fix);
  });
});

describe("an object that is given twice", () => {
  const clusters = (...names: string[]): Scope => ({ kind: "clusters", names });
  const service = (port: number) => `${named("Service", "a").replace("{}", `{ ports: [{ port: ${port} }] }`)}`;

  /** Loads one Service for each [file, port, scope], in this order and reversed. */
  function both(...given: readonly (readonly [file: string, port: number, scope: Scope])[]) {
    const documents = given.flatMap(([file, port]) => documentsOf(service(port), file));
    const scopeOf = new Map(documents.map((document, index) => [document, given[index]?.[2] ?? EVERY_CLUSTER]));
    const results = [documents, documents.toReversed()].map((order) => {
      const { resources, diagnostics } = loadResources(order, (document) => scopeOf.get(document) ?? EVERY_CLUSTER);
      return {
        kept: resources.services.map(({ scope, body }) => [
          body.ports[0]?.port,
          scope.kind === "clusters" ? scope.names.join() : "every",
        ]),
        said: diagnostics.map(
          ({ code, position, related }) =>
            `${code} ${position?.file} ${related[0]?.position.file}:${related[0]?.position.line}`,
        ),
      };
    });
    expect(results[1]).toEqual(results[0]);
    return results[0];
  }

  it("in the same words is kept once", () => {
    expect(both(["a", 80, EVERY_CLUSTER], ["b", 80, EVERY_CLUSTER])).toEqual({
      kept: [[80, "every"]],
      said: ["EI1217 b a:3"],
    });
  });

  it("in other words is left out altogether", () => {
    expect(both(["a", 80, EVERY_CLUSTER], ["b", 81, EVERY_CLUSTER])).toEqual({ kept: [], said: ["EI1218 b a:3"] });
  });

  it("is two objects where the clusters differ", () => {
    expect(both(["a", 80, clusters("eu")], ["b", 81, clusters("us")])).toEqual({
      kept: [
        [80, "eu"],
        [81, "us"],
      ],
      said: [],
    });
  });

  it("is in conflict where one cluster holds both", () => {
    const two = both(["a", 80, clusters("eu", "us")], ["b", 81, clusters("ap", "us")], ["c", 82, clusters("me")]);
    expect(two).toEqual({ kept: [[82, "me"]], said: ["EI1218 b a:3"] });
  });

  it("is in conflict where one of them exists in every cluster", () => {
    expect(both(["a", 80, EVERY_CLUSTER], ["b", 81, clusters("us")])).toEqual({ kept: [], said: ["EI1218 b a:3"] });
  });

  it("in the same words exists in the clusters of both", () => {
    expect(both(["a", 80, clusters("eu", "us")], ["b", 80, clusters("ap", "us")])).toEqual({
      kept: [[80, "ap,eu,us"]],
      said: ["EI1217 b a:3"],
    });
  });

  it.each([
    [clusters("eu"), EVERY_CLUSTER],
    [EVERY_CLUSTER, clusters("eu")],
  ])("in the same words exists in every cluster where one of them does", (a, b) => {
    expect(both(["a", 80, a], ["b", 80, b])).toEqual({ kept: [[80, "every"]], said: ["EI1217 b a:3"] });
  });

  it("joins those between which it stands", () => {
    expect(both(["a", 80, clusters("eu")], ["b", 80, clusters("us")], ["c", 80, clusters("eu", "us")])).toEqual({
      kept: [[80, "eu,us"]],
      said: ["EI1217 c a:3"],
    });
  });

  it("of three different ones, none is kept", () => {
    const three = both(["a", 80, EVERY_CLUSTER], ["b", 81, EVERY_CLUSTER], ["c", 80, EVERY_CLUSTER]);
    expect(three).toEqual({ kept: [], said: ["EI1218 b a:3", "EI1217 c a:3"] });
  });

  it("is in conflict beyond the clusters of the first two", () => {
    expect(both(["a", 80, clusters("eu")], ["b", 81, EVERY_CLUSTER], ["c", 82, clusters("us")])).toEqual({
      kept: [],
      said: ["EI1218 b a:3", "EI1218 c b:3"],
    });
    expect(both(["a", 80, clusters("eu")], ["b", 81, clusters("eu", "us")], ["c", 82, clusters("us")])).toEqual({
      kept: [],
      said: ["EI1218 b a:3", "EI1218 c b:3"],
    });
  });

  it("five thousand times over takes no longer than as many objects", () => {
    const text = Array.from({ length: 5000 }, (_, port) => service(port + 1)).join("\n---\n");
    const documents = documentsOf(text);
    const taken = cpuTime(() => {
      const { resources, diagnostics } = loadResources(documents, () => EVERY_CLUSTER);
      expect([resources.services.length, diagnostics.length]).toEqual([0, 4999]);
    });
    expect(taken).toBeLessThan(30_000);
  });

  it("is not compared with an invalid one", () => {
    const { resources, diagnostics } = load(`${service(80)}\n---\n${service(0)}`);
    expect(diagnostics.map(({ code }) => code)).toEqual(["EI1220"]);
    expect(resources.services).toHaveLength(1);
  });

  it("is another object in another namespace or of another kind", () => {
    const text = ["{ name: a }", "{ name: a, namespace: shop }"].map(
      (metadata) => `apiVersion: v1\nkind: Secret\nmetadata: ${metadata}`,
    );
    const { resources, diagnostics } = load([...text, service(80)].join("\n---\n"));
    expect(diagnostics).toEqual([]);
    expect([resources.secrets.length, resources.services.length]).toEqual([2, 1]);
  });

  it("is one object where the namespace is written out once and left out once", () => {
    const secrets = ["{ name: a }", "{ name: a, namespace: default }"];
    const text = secrets.map((metadata) => `apiVersion: v1\nkind: Secret\nmetadata: ${metadata}`).join("\n---\n");
    expect(load(text).diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([
      "EI1218 Secret default/a is given twice, and differs",
    ]);
  });
});

describe("whatever a document holds", () => {
  const valid = documentsOf(
    [
      "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: a, annotations: { a: b } }\nspec: { ingressClassName: c, tls: [{ hosts: [a.b], secretName: s }], rules: [{ host: a.b, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: a, port: { number: 1 } } } }] } }] }\nstatus: { loadBalancer: { ingress: [{ ip: 10.0.0.1 }] } }",
      "apiVersion: networking.k8s.io/v1\nkind: IngressClass\nmetadata: { name: a }\nspec: { controller: a.b/c, parameters: { kind: A, name: a } }",
      "apiVersion: v1\nkind: Service\nmetadata: { name: a, labels: { a: b } }\nspec: { type: ExternalName, externalName: a.b, ports: [{ name: a, port: 1 }] }",
      "apiVersion: v1\nkind: Secret\nmetadata: { name: a }\ntype: Opaque",
      "apiVersion: edge-ingress.dev/v1alpha1\nkind: Cluster\nmetadata: { name: a }\nspec: { endpoint: http://a.b, via: { vpcService: a }, near: [DE], services: [{ namespace: a, name: a, port: 1, endpoint: http://a.b }], manifests: [a], healthCheck: { interval: 1s, timeout: 1s, expectedStatus: [200], method: GET, expectedBody: a, locations: [weur] }, outlierDetection: { baseEjectionTime: 1s, maxEjectionTime: 1s }, slowStart: { window: 0s } }",
      "apiVersion: edge-ingress.dev/v1alpha1\nkind: EdgePolicy\nmetadata: { name: a }\nspec: { targetRefs: [{ kind: Host, name: a.b, path: /a }, { kind: Edge }], loadBalancing: { type: ConsistentHash, consistentHash: { type: Header, name: a }, sessionPersistence: { sessionName: a } }, retry: { statuses: [500], backoff: { base: 1s, max: 1s }, methods: [GET], maxBodySize: 1Ki, hedge: { delay: 1s }, budget: { percent: 1 } }, fallback: { status: 200, body: a, contentType: a/b }, timeouts: { request: 1s, backendRequest: 1s } }",
    ].join("\n---\n"),
  );

  /** The value with what stands at the n-th of its places replaced. */
  function replaced(value: unknown, replacement: unknown, place: { left: number }): unknown {
    if (place.left-- === 0) return replacement;
    if (Array.isArray(value)) return value.map((item) => replaced(item, replacement, place));
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, replacement, place)]));
  }

  it("it is a resource or there is a diagnostic, and nothing is thrown", () => {
    const somewhere = fc.tuple(fc.constantFrom(...valid), fc.nat(60), fc.jsonValue());
    fc.assert(
      fc.property(somewhere, ([document, place, replacement]) => {
        const changed = { ...document, value: replaced(document.value, replacement, { left: place }) };
        const { resources, diagnostics } = loadResources([changed], () => EVERY_CLUSTER);
        const errors = diagnostics.filter(({ severity }) => severity !== "warning");
        expect(Object.values(resources).flat().length).toBe(errors.length === 0 ? 1 : 0);
      }),
      { numRuns: 4000 },
    );
  });
});

describe("resources", () => {
  const documents = ["b", "a", "c"].flatMap((name) => [
    ...documentsOf(`apiVersion: v1\nkind: Secret\nmetadata: { name: ${name}, namespace: z }`, `${name}1`),
    ...documentsOf(`apiVersion: v1\nkind: Secret\nmetadata: { name: ${name}, namespace: y }`, `${name}2`),
    ...documentsOf(`apiVersion: v1\nkind: Secret\nmetadata: { name: Bad-${name} }`, `${name}3`),
  ]);

  it("are sorted by namespace and name, and diagnostics by place, whatever the order of documents", () => {
    for (const order of [
      documents,
      documents.toReversed(),
      documents.toSorted((a, b) => (a.file.name < b.file.name ? -1 : 1)),
    ]) {
      const { resources, diagnostics } = loadResources(order, () => EVERY_CLUSTER);
      expect(resources.secrets.map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)).toEqual([
        "y/a",
        "y/b",
        "y/c",
        "z/a",
        "z/b",
        "z/c",
      ]);
      expect(diagnostics.map(({ position }) => position?.file)).toEqual(["a3", "b3", "c3"]);
    }
  });

  it("are located only where something is reported", () => {
    const valid = documentsOf("apiVersion: v1\nkind: Secret\nmetadata: { name: a }");
    const unlocatable = valid.map((document) => ({
      ...document,
      locate: () => {
        throw new Error("located without need");
      },
    }));
    expect(loadResources(unlocatable, () => EVERY_CLUSTER).resources.secrets).toHaveLength(1);
  });

  it("come from nothing as empty lists", () => {
    expect(loadResources([], () => EVERY_CLUSTER)).toEqual({
      resources: {
        ingresses: [],
        ingressClasses: [],
        services: [],
        secrets: [],
        configMaps: [],
        clusters: [],
        edgePolicies: [],
      },
      diagnostics: [],
    });
  });
});

describe("the catalogue of resources", () => {
  const codes = [...Object.entries(resourceCodes), ...Object.entries(ingressCodes).filter(([code]) => code < "EI2050")];

  it.each(codes)("explains %s", (code, entry) => {
    expect(code).toMatch(/^EI(12\d\d|20[0-4]\d)$/);
    expect(entry.title).not.toMatch(/\.$/);
    expect(entry.fix).toMatch(/\.$/);
    expect(entry.why.length).toBeGreaterThan(40);
  });

  it("shares no code with another part", () => {
    expect(Object.keys(catalogue)).toEqual(expect.arrayContaining(codes.map(([code]) => code)));
    expect(catalogue).toMatchObject({ ...resourceCodes, ...ingressCodes });
  });
});
