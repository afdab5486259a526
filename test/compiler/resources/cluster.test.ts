import { describe, expect, it } from "vitest";
import { DEFAULT_CLUSTER } from "../../../src/table/policies/cluster-record.ts";
import { DEFAULT_HEALTH_CHECK } from "../../../src/table/policies/health-check.ts";
import { load, marked, places } from "./documents.ts";

const cluster = (spec: string) =>
  `apiVersion: edge-ingress.dev/v1alpha1\nkind: Cluster\nmetadata: { name: eu-west }\nspec: ${spec}`;
const endpoint = (url: string) => cluster(`{ endpoint: ${url} }`);
const entry = (fields: string) => cluster(`{ services: [{ ${fields} }] }`);
const ENTRY = "namespace: shop, name: cart, endpoint: http://c.example.com";

const REJECTED: readonly (readonly [rule: string, codes: readonly string[], text: string])[] = [
  ["no spec", ["EI1207"], "▸apiVersion: edge-ingress.dev/v1alpha1\nkind: Cluster\nmetadata: { name: eu }"],
  ["an unknown field", ["EI1206"], cluster("{ ▸endpoints: [] }")],
  ["a status", ["EI1206"], `${cluster("{}")}\n▸status: {}`],
  ["an endpoint without scheme", ["EI1231"], endpoint("▸lb.example.com")],
  ["an endpoint of another scheme", ["EI1231"], endpoint('▸"tcp://lb.example.com"')],
  ["an endpoint without host", ["EI1231"], endpoint('▸"http://"')],
  ["an endpoint with only a port", ["EI1231"], endpoint('▸"http://:80"')],
  ["an endpoint with a path", ["EI1231"], endpoint("▸https://lb.example.com/a")],
  ["an endpoint with a query", ["EI1231"], endpoint('▸"https://lb.example.com?a"')],
  ["an endpoint with a query after /", ["EI1231"], endpoint('▸"https://lb.example.com/?a"')],
  ["an endpoint with a fragment", ["EI1231"], endpoint('▸"https://lb.example.com#a"')],
  ["an endpoint with a user", ["EI1231"], endpoint('▸"https://u:p@lb.example.com"')],
  ["an endpoint with a backslash", ["EI1231"], endpoint("▸'https://lb.example.com\\a'")],
  ["an endpoint with a space", ["EI1231"], endpoint('▸"https://lb. example.com"')],
  ["an endpoint with a wildcard", ["EI1231"], endpoint('▸"https://*.example.com"')],
  ["an endpoint with a hexadecimal address", ["EI1231"], endpoint('▸"http://0x7f.1"')],
  ["an endpoint with a short address", ["EI1231"], endpoint('▸"http://127.1"')],
  ["an endpoint with an address out of bounds", ["EI1231"], endpoint('▸"http://1.2.3.256"')],
  ["an endpoint with a broken IPv6 address", ["EI1231"], endpoint('▸"http://[::g]"')],
  ["an endpoint with port 0", ["EI1231"], endpoint('▸"http://a.b:0"')],
  ["an endpoint with port 65536", ["EI1231"], endpoint('▸"http://a.b:65536"')],
  ["an endpoint with a port that is no number", ["EI1231"], endpoint('▸"http://a.b:http"')],
  ["an endpoint with an empty port", ["EI1231"], endpoint('▸"http://a.b:"')],
  ["an endpoint that is no text", ["EI1205"], endpoint("▸{ url: a }")],
  ["an empty via", ["EI1232"], cluster("{ endpoint: http://a.b, via: ▸{} }")],
  ["two ways in via", ["EI1232"], cluster("{ endpoint: http://a.b, via: ▸{ vpcService: a, vpcNetwork: b } }")],
  ["an empty way", ["EI1237"], cluster('{ endpoint: http://a.b, via: { vpcService: ▸"" } }')],
  ["an unknown way", ["EI1232", "EI1206"], cluster("{ endpoint: http://a.b, via: ▸{ ▸tunnel: a } }")],
  ["a VPC service without endpoint", ["EI1238"], cluster("{ via: { ▸vpcService: a } }")],
  ["another host", ["EI1208"], cluster("{ host: ▸Client }")],
  ["an unknown region", ["EI1208"], cluster("{ region: ▸europe }")],
  ["a place that is no code", ["EI1237"], cluster("{ near: [▸Germany] }")],
  ["a place that is no country", ["EI1237"], cluster("{ near: [▸UK] }")],
  ["a place in lower case", ["EI1237"], cluster("{ near: [▸de] }")],
  ["a place of an unknown kind", ["EI1237"], cluster("{ near: [▸'city:FRA'] }")],
  ["a continent that is none", ["EI1237"], cluster("{ near: [▸'continent:DE'] }")],
  ["a place that is Africa or Afghanistan", ["EI1240"], cluster("{ near: [▸AF] }")],
  ["a place that is Asia or American Samoa", ["EI1240"], cluster("{ near: [▸AS] }")],
  ["a place that is North America or Namibia", ["EI1240"], cluster("{ near: [▸NA] }")],
  ["a place that is South America or Saudi Arabia", ["EI1240"], cluster("{ near: [▸SA] }")],
  ["a priority of 16", ["EI1233"], cluster("{ priority: ▸16 }")],
  ["a negative priority", ["EI1233"], cluster("{ priority: ▸-1 }")],
  ["a drain that is no boolean", ["EI1205"], cluster('{ drain: ▸"yes" }')],
  ["a negative weight", ["EI1233"], cluster("{ weight: ▸-1 }")],
  ["a weight of 65536", ["EI1233"], cluster("{ weight: ▸65536 }")],
  ["a weight that is not whole", ["EI1233"], cluster("{ weight: ▸1.5 }")],
  ["a weight in quotes", ["EI1205"], cluster('{ weight: ▸"100" }')],
  ["an entry without namespace", ["EI1207"], cluster("{ services: [▸{ name: cart, endpoint: http://a.b }] }")],
  ["an entry without name", ["EI1207"], cluster("{ services: [▸{ namespace: shop, endpoint: http://a.b }] }")],
  ["an entry without endpoint", ["EI1207"], cluster("{ services: [▸{ namespace: shop, name: cart }] }")],
  ["an entry with a bad namespace", ["EI1235"], entry("namespace: ▸a.b, name: cart, endpoint: http://a.b")],
  ["an entry with a bad name", ["EI1235"], entry("namespace: shop, name: ▸Cart, endpoint: http://a.b")],
  ["an entry with port 0", ["EI1235"], entry(`${ENTRY}, port: ▸0`)],
  ["an entry with port 80.5", ["EI1235"], entry(`${ENTRY}, port: ▸80.5`)],
  ["an entry with port 65536", ["EI1235"], entry(`${ENTRY}, port: ▸65536`)],
  ["an entry that is null", ["EI1207"], cluster("{ services: [▸null] }")],
  ["an entry that is a text", ["EI1205"], cluster("{ services: [▸cart] }")],
  ["services that are no list", ["EI1205"], cluster("{ services: ▸{} }")],
  [
    "two entries without namespace",
    ["EI1207", "EI1207"],
    cluster("{ services: [▸{ name: a, endpoint: http://a.b }, ▸{ name: a, endpoint: http://a.b }] }"),
  ],
  ["an entry with a bad port name", ["EI1235"], entry(`${ENTRY}, port: ▸HTTP`)],
  ["an entry with a port that is a list", ["EI1205"], entry(`${ENTRY}, port: ▸[80]`)],
  ["an entry with a bad endpoint", ["EI1231"], entry('namespace: shop, name: cart, endpoint: ▸"a.b"')],
  ["two entries for one port", ["EI1236"], cluster(`{ services: [{ ${ENTRY}, port: 80 }, ▸{ ${ENTRY}, port: 80 }] }`)],
  ["an entry for all ports after one", ["EI1236"], cluster(`{ services: [{ ${ENTRY}, port: 80 }, ▸{ ${ENTRY} }] }`)],
  ["an entry for a port after all", ["EI1236"], cluster(`{ services: [{ ${ENTRY} }, ▸{ ${ENTRY}, port: 80 }] }`)],
  ["manifests that are no list", ["EI1205"], cluster("{ manifests: ▸./eu }")],
  ["an empty path in manifests", ["EI1237"], cluster('{ manifests: [▸""] }')],
  ["standard input in manifests", ["EI1237"], cluster('{ manifests: [./a, ▸"-"] }')],
  ["a health check's relative path", ["EI1237"], cluster("{ healthCheck: { path: ▸healthz } }")],
  ["a health check's path with a fragment", ["EI1237"], cluster("{ healthCheck: { path: ▸/healthz#a } }")],
  ["a health check's path beyond ASCII", ["EI1237"], cluster("{ healthCheck: { path: ▸/gesundheit-ß } }")],
  ["a health check's host with a port", ["EI1237"], cluster('{ healthCheck: { host: ▸"a.example.com:80" } }')],
  ["a health check's host that is an odd address", ["EI1237"], cluster("{ healthCheck: { host: ▸010.0.0.1 } }")],
  ["a health check's host that is no address", ["EI1237"], cluster("{ healthCheck: { host: ▸1.2.3.999 } }")],
  ["a health check's host of IPv6", ["EI1237"], cluster('{ healthCheck: { host: ▸"::1" } }')],
  ["a health check by POST", ["EI1208"], cluster("{ healthCheck: { method: ▸POST } }")],
  ["an interval without unit", ["EI1205"], cluster("{ healthCheck: { interval: ▸10 } }")],
  ["an interval of nothing", ["EI1233"], cluster("{ healthCheck: { interval: ▸0s } }")],
  ["an interval of half a second", ["EI1233"], cluster("{ healthCheck: { interval: ▸500ms } }")],
  ["an interval that is a list", ["EI1205"], cluster("{ healthCheck: { interval: ▸[10s] } }")],
  ["a timeout of another unit", ["EI1237"], cluster("{ healthCheck: { timeout: ▸1d } }")],
  ["a timeout over the interval", ["EI1239"], cluster("{ healthCheck: { interval: 5s, timeout: ▸6s } }")],
  ["a timeout over the usual interval", ["EI1239"], cluster("{ healthCheck: { interval: null, timeout: ▸11s } }")],
  ["a jitter of 101 per cent", ["EI1233"], cluster("{ healthCheck: { jitter: ▸101 } }")],
  ["a threshold of 0", ["EI1233"], cluster("{ healthCheck: { healthyThreshold: ▸0 } }")],
  ["a threshold that is not whole", ["EI1233"], cluster("{ healthCheck: { unhealthyThreshold: ▸1.5 } }")],
  ["a status out of bounds", ["EI1237"], cluster("{ healthCheck: { expectedStatus: [▸99] } }")],
  ["a range that goes down", ["EI1237"], cluster("{ healthCheck: { expectedStatus: [▸399-200] } }")],
  ["a range of three", ["EI1237"], cluster("{ healthCheck: { expectedStatus: [▸200-300-400] } }")],
  ["no expected status", ["EI1237"], cluster("{ healthCheck: { expectedStatus: ▸[] } }")],
  ["an empty expected body", ["EI1237"], cluster('{ healthCheck: { expectedBody: ▸"" } }')],
  ["an expected body that is long", ["EI1237"], cluster(`{ healthCheck: { expectedBody: ▸${"ß".repeat(513)} } }`)],
  ["an expected body of HEAD", ["EI1239"], cluster("{ healthCheck: { method: HEAD, ▸expectedBody: ok } }")],
  ["an unknown location", ["EI1208"], cluster("{ healthCheck: { locations: [▸europe] } }")],
  ["a location twice", ["EI1237"], cluster("{ healthCheck: { locations: [weur, enam, ▸weur] } }")],
  ["an unknown field of the health check", ["EI1206"], cluster("{ healthCheck: { ▸port: 80 } }")],
  ["a share of 101 per cent", ["EI1233"], cluster("{ outlierDetection: { maxEjectionPercent: ▸101 } }")],
  ["a share with its sign", ["EI1205"], cluster('{ outlierDetection: { failurePercentageThreshold: ▸"85%" } }')],
  ["a negative count", ["EI1233"], cluster("{ outlierDetection: { consecutive5xx: ▸-1 } }")],
  ["an ejection of nothing", ["EI1233"], cluster("{ outlierDetection: { baseEjectionTime: ▸0s } }")],
  [
    "a first ejection over the longest",
    ["EI1239"],
    cluster("{ outlierDetection: { baseEjectionTime: 2m, maxEjectionTime: ▸60s } }"),
  ],
  ["a longest ejection under the usual first", ["EI1239"], cluster("{ outlierDetection: { maxEjectionTime: ▸20s } }")],
  ["an unknown detector", ["EI1206"], cluster("{ outlierDetection: { ▸successRate: 1 } }")],
  ["a negative limit", ["EI1233"], cluster("{ circuitBreaker: { maxRequests: ▸-1 } }")],
  ["a slow start without window", ["EI1207"], cluster("{ slowStart: ▸{} }")],
  ["a slow start of 0", ["EI1205"], cluster("{ slowStart: { window: ▸0 } }")],
  ["a slow start of a millisecond", ["EI1233"], cluster("{ slowStart: { window: ▸1ms } }")],
];

describe("a Cluster is rejected for", () => {
  it.each(REJECTED)("%s", (_rule, codes, written) => {
    const { text, marks } = marked(written);
    const { resources, diagnostics } = load(text);
    expect(places(diagnostics)).toEqual(codes.map((code, index) => `${code} ${marks[index]}`));
    expect(resources.clusters).toEqual([]);
  });
});

describe("an endpoint", () => {
  it.each([
    ["https://lb.example.com", "https", "lb.example.com", 443],
    ["http://lb.example.com", "http", "lb.example.com", 80],
    ["https://lb.example.com/", "https", "lb.example.com", 443],
    ["HTTPS://LB.Example.com:8443", "https", "lb.example.com", 8443],
    ["http://10.0.0.1:8080", "http", "10.0.0.1", 8080],
    ["http://localhost:1", "http", "localhost", 1],
    ["http://[2001:DB8:0::1]:65535", "http", "[2001:db8::1]", 65_535],
  ])("may be %s", (url, scheme, hostname, port) => {
    const { resources, diagnostics } = load(endpoint(`"${url}"`));
    expect(diagnostics).toEqual([]);
    expect(resources.clusters[0]?.body.endpoint).toEqual({ scheme, hostname, port });
  });

  it.each([
    ["tcp://a.b", "must begin with http:// or https://"],
    ["a.b", "must begin with http:// or https://"],
    ["http://u@a.b", "must not hold a user name or password"],
    ["http://a.b?c", "must not have a query"],
    ["http://a.b/?c", "must not have a query"],
    ["http://a.b#c", "must not have a fragment"],
    ["http://a.b/#c", "must not have a fragment"],
    ["http://a.b/c", "must not have a path"],
    ["http://a.b/c?d", "must not have a path"],
    ["http://a.b:", "must be a scheme, a host and perhaps a port"],
    ["http://[::1", "must be a scheme, a host and perhaps a port"],
    ["http://a.b:0", "must have a port from 1 to 65535"],
    ["http://a_b", "must have a host, which must be"],
    ["http://[1]", "must have a valid IPv6 address"],
    ["http://1.2.3", "must have a host that is a DNS name"],
  ])("may not be %s", (url, reason) => {
    expect(load(endpoint(`"${url}"`)).diagnostics.map(({ message }) => message)).toEqual([
      expect.stringContaining(`the endpoint ${reason}`),
    ]);
  });

  it("is not repeated in a message, since it may hold a password", () => {
    const texts = ["https://u:hunter2@a.b", "hunter2", "https://a.b/?token=hunter2", "https://a.b/hunter2"];
    expect(texts.flatMap((text) => load(endpoint(`"${text}"`)).diagnostics)).toHaveLength(4);
    expect(JSON.stringify(texts.map((text) => load(endpoint(`"${text}"`)).diagnostics))).not.toContain("hunter2");
  });
});

describe("a Cluster", () => {
  it("has weight 100 and the client's Host where it says nothing", () => {
    const { resources, diagnostics } = load(cluster("{}"));
    expect(diagnostics).toEqual([]);
    expect(resources.clusters[0]?.body).toEqual({
      endpoint: null,
      via: null,
      host: "client",
      weight: 100,
      services: [],
      manifests: [],
      upstream: expect.any(Object),
    });
  });

  it("may say everything of the design", () => {
    const { text, marks } = marked(`apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: eu-west, ▸namespace: shop }
spec:
  endpoint: https://lb.eu-west.example.com
  via: { vpcNetwork: 0190ab }
  host: endpoint
  region: weur
  near: [DE, FRA, NO, EU, "continent:AF", "country:NA", "colo:AMS"]
  weight: 50
  priority: 1
  drain: true
  services:
  - { namespace: shop, name: cart, port: 80, endpoint: "http://cart.eu-west.example.com:8080" }
  - { namespace: shop, name: cart, port: grpc, endpoint: "http://10.0.0.1" }
  - { namespace: shop, name: users, endpoint: "http://users.example.com" }
  manifests: [./eu-west]
  healthCheck:
    method: GET
    path: /healthz?full=1
    host: health.example.com
    interval: 1m30s
    timeout: 500ms
    jitter: 0
    healthyThreshold: 1
    unhealthyThreshold: 4
    expectedStatus: [200-399, 404]
    expectedBody: "ok"
    locations: [weur, enam, apac]
  outlierDetection:
    consecutive5xx: 0
    consecutiveGatewayFailure: 3
    interval: 5s
    baseEjectionTime: 10s
    maxEjectionTime: 1m
    maxEjectionPercent: 34
    failurePercentageThreshold: 85
    failurePercentageMinimumHosts: 3
    failurePercentageRequestVolume: 20
  circuitBreaker: { maxPendingRequests: 100, maxRequests: 1000 }
  slowStart: { window: 30s }`);
    const { resources, diagnostics } = load(text);
    expect(places(diagnostics)).toEqual([`EI1216 ${marks[0]}`]);
    expect(resources.clusters[0]?.metadata.namespace).toBe("");
    expect(resources.clusters[0]?.body).toEqual({
      endpoint: { scheme: "https", hostname: "lb.eu-west.example.com", port: 443 },
      via: { vpcNetwork: "0190ab" },
      host: "endpoint",
      weight: 50,
      services: [
        {
          namespace: "shop",
          name: "cart",
          port: 80,
          endpoint: { scheme: "http", hostname: "cart.eu-west.example.com", port: 8080 },
          healthCheck: null,
        },
        {
          namespace: "shop",
          name: "cart",
          port: "grpc",
          endpoint: { scheme: "http", hostname: "10.0.0.1", port: 80 },
          healthCheck: null,
        },
        {
          namespace: "shop",
          name: "users",
          port: null,
          endpoint: { scheme: "http", hostname: "users.example.com", port: 80 },
          healthCheck: null,
        },
      ],
      manifests: ["./eu-west"],
      upstream: {
        region: "weur",
        near: [
          { kind: "country", code: "DE" },
          { kind: "colo", code: "FRA" },
          { kind: "country", code: "NO" },
          { kind: "continent", code: "EU" },
          { kind: "continent", code: "AF" },
          { kind: "country", code: "NA" },
          { kind: "colo", code: "AMS" },
        ],
        priority: 1,
        drain: true,
        healthCheck: {
          method: "GET",
          path: "/healthz?full=1",
          host: "health.example.com",
          interval: 90_000,
          timeout: 500,
          jitterPercent: 0,
          healthyThreshold: 1,
          unhealthyThreshold: 4,
          expectedStatus: [
            { from: 200, to: 399 },
            { from: 404, to: 404 },
          ],
          expectedBody: "ok",
          locations: ["weur", "enam", "apac"],
        },
        originSecret: null,
        outlierDetection: {
          consecutive5xx: 0,
          consecutiveGatewayFailure: 3,
          interval: 5000,
          baseEjectionTime: 10_000,
          maxEjectionTime: 60_000,
          maxEjectionPercent: 34,
          failurePercentageThreshold: 85,
          failurePercentageMinimumHosts: 3,
          failurePercentageRequestVolume: 20,
        },
        circuitBreaker: { maxPendingRequests: 100, maxRequests: 1000 },
        slowStart: 30_000,
      },
    });
  });

  const upstream = (spec: string) => load(cluster(spec)).resources.clusters[0]?.body.upstream;

  it("is watched by the defaults where it says nothing", () => {
    const { serviceChecks: _, ...usual } = DEFAULT_CLUSTER;
    expect(upstream("{}")).toEqual(usual);
    expect(upstream("{ healthCheck: {} }")?.healthCheck).toEqual(DEFAULT_HEALTH_CHECK);
    const { outlierDetection, circuitBreaker, slowStart } = DEFAULT_CLUSTER;
    expect(upstream("{ outlierDetection: { consecutive5xx: 7 }, circuitBreaker: {}, slowStart: null }")).toMatchObject({
      outlierDetection: { ...outlierDetection, consecutive5xx: 7 },
      circuitBreaker,
      slowStart,
    });
    expect(upstream("{ slowStart: { window: 0s } }")?.slowStart).toBe(0);
  });

  it("keeps defaults within what is written", () => {
    expect(upstream("{ healthCheck: { interval: 1s } }")?.healthCheck).toMatchObject({ interval: 1000, timeout: 1000 });
    expect(upstream("{ outlierDetection: { baseEjectionTime: 10m } }")?.outlierDetection.maxEjectionTime).toBe(600_000);
  });

  it("is drained by a weight of 0 too", () => {
    expect([upstream("{ weight: 0 }")?.drain, upstream("{ weight: 1 }")?.drain]).toEqual([true, false]);
    expect(upstream("{ weight: 1, drain: true }")?.drain).toBe(true);
  });

  it.each([
    ["`drain: false` beside a weight of 0", "EI1234", "{ weight: 0, ▸drain: false }"],
    ["two locations", "EI1241", "{ healthCheck: { locations: ▸[weur, enam] } }"],
    [
      "hosts of a detector that is off",
      "EI1234",
      "{ outlierDetection: { ▸failurePercentageMinimumHosts: 3, interval: 5s } }",
    ],
  ])("is used with a warning for %s", (_what, code, spec) => {
    const { text, marks } = marked(cluster(spec));
    const { resources, diagnostics } = load(text);
    expect(places(diagnostics)).toEqual([`${code} ${marks[0]}`]);
    expect(diagnostics[0]?.severity).toBe("warning");
    expect(resources.clusters).toHaveLength(1);
  });

  it.each([
    ["{ near: [NA] }", "Write country:NA or continent:NA."],
    ["{ near: [UK] }", "Write GB."],
    ["{ near: [fra] }", "Write FRA."],
    ["{ near: ['county:UK'] }", "Write country:GB."],
    ["{ healthCheck: { interval: 10 } }", "Write a number and a unit, as in 10s or 10ms."],
  ])("is told how to put %s right", (spec, fix) => {
    expect(load(cluster(spec)).diagnostics.map((diagnostic) => diagnostic.fix)).toEqual([fix]);
  });

  it("is reached by one private way", () => {
    const via = (written: string) => load(cluster(`{ endpoint: http://a.b, via: ${written} }`));
    expect(via("{ vpcService: a }").resources.clusters[0]?.body.via).toEqual({ vpcService: "a" });
    expect(via("{ vpcService: null, vpcNetwork: b }").resources.clusters[0]?.body.via).toEqual({ vpcNetwork: "b" });
    expect(via("{}").diagnostics[0]?.message).toBe("via must have exactly one of vpcService and vpcNetwork, not none");
    expect(via("{ vpcService: a, vpcNetwork: b }").diagnostics[0]?.message).toContain("not 2");
  });

  it("says of what types a port may be", () => {
    expect(load(entry(`${ENTRY}, port: [80]`)).diagnostics[0]?.message).toBe(
      "spec.services[0].port: expected a number or a string, found a list",
    );
  });

  it("is the same one whatever clusters its file belongs to", () => {
    const { resources } = load(cluster("{}"), { kind: "clusters", names: ["us"] });
    expect(resources.clusters[0]?.scope).toEqual({ kind: "every-cluster" });
  });
});
