import { describe, expect, it } from "vitest";
import { DEFAULT_TIMEOUTS } from "../../../src/compiler/ir/rule.ts";
import { DEFAULT_LOAD_BALANCING, DEFAULT_SESSION } from "../../../src/table/policies/load-balancing.ts";
import { DEFAULT_RETRY } from "../../../src/table/policies/retry.ts";
import { load, marked, places } from "./documents.ts";

const policy = (spec: string) =>
  `apiVersion: edge-ingress.dev/v1alpha1\nkind: EdgePolicy\nmetadata: { name: a, namespace: shop }\nspec: ${spec}`;
const targets = (written: string) => policy(`{ targetRefs: ${written}, retry: {} }`);
const setting = (written: string) => policy(`{ targetRefs: [{ kind: Edge }], ${written} }`);
const balancing = (written: string) => setting(`loadBalancing: { ${written} }`);
const retry = (written: string) => setting(`retry: { ${written} }`);
const fallback = (written: string) => setting(`fallback: { ${written} }`);
const timeouts = (written: string) => setting(`timeouts: { ${written} }`);
const hash = (written: string) => balancing(`type: ConsistentHash, consistentHash: { ${written} }`);

const REJECTED: readonly (readonly [rule: string, codes: readonly string[], text: string])[] = [
  ["no spec", ["EI1207"], "▸apiVersion: edge-ingress.dev/v1alpha1\nkind: EdgePolicy\nmetadata: { name: a }"],
  ["no targetRefs", ["EI1207"], policy("▸{ retry: {} }")],
  ["empty targetRefs", ["EI1250"], targets("▸[]")],
  ["a status", ["EI1206"], `${setting("retry: {}")}\n▸status: {}`],
  ["a target of another kind", ["EI1208"], targets("[{ kind: ▸Service, name: a }]")],
  ["a target without kind", ["EI1207"], targets("[▸{ name: a }]")],
  ["a target of another namespace", ["EI1206"], targets("[{ kind: Ingress, name: a, ▸namespace: b }]")],
  ["an Ingress without name", ["EI1250"], targets("[▸{ kind: Ingress }]")],
  ["an Ingress of an empty name", ["EI1250"], targets('[▸{ kind: Ingress, name: "" }]')],
  ["an Ingress of an impossible name", ["EI1237"], targets("[{ kind: Ingress, name: ▸A_b }]")],
  ["an Ingress with a path", ["EI1250"], targets("[{ kind: Ingress, name: a, ▸path: /a }]")],
  ["a host without name", ["EI1250"], targets("[▸{ kind: Host, path: /a }]")],
  ["a host in capitals", ["EI1237"], targets("[{ kind: Host, name: ▸Shop.example.com }]")],
  ["a host with a port", ["EI1237"], targets('[{ kind: Host, name: ▸"shop.example.com:80" }]')],
  ["a host of any name", ["EI1237"], targets('[{ kind: Host, name: ▸"*" }]')],
  ["a wildcard within a host", ["EI1237"], targets('[{ kind: Host, name: ▸"shop.*.com" }]')],
  ["a relative path", ["EI1237"], targets("[{ kind: Host, name: a.b, path: ▸api }]")],
  ["a path that leaves the root", ["EI1237"], targets("[{ kind: Host, name: a.b, path: ▸/../api }]")],
  ["a path with a query", ["EI1237"], targets('[{ kind: Host, name: a.b, path: ▸"/api?x" }]')],
  ["the edge with a name", ["EI1250"], targets("[{ kind: Edge, ▸name: a }]")],
  ["a guard of a later version", ["EI1230"], setting("▸firewall: { requests: 10 }")],
  ["a field that is like one", ["EI1230"], setting("▸timeout: {}")],
  ["two fields that are not honoured", ["EI1230", "EI1230"], setting("▸auth: {}, ▸x: 1")],
  ["an unknown order", ["EI1208"], balancing("type: ▸nearest")],
  ["a hash without what it is of", ["EI1239"], balancing("type: ▸ConsistentHash")],
  ["a hash without its type", ["EI1239"], balancing("▸consistentHash: { type: Path }")],
  ["a hash beside another type", ["EI1239"], balancing("type: Nearest, ▸consistentHash: { type: Path }")],
  ["a hash of nothing", ["EI1207"], balancing("type: ConsistentHash, consistentHash: ▸{}")],
  ["a hash of a header without name", ["EI1239"], balancing("type: ConsistentHash, consistentHash: ▸{ type: Header }")],
  ["a hash of a path with a name", ["EI1239"], hash("type: Path, ▸name: a")],
  ["a header that can be none", ["EI1237"], hash('type: Header, name: ▸"x user"')],
  ["a bound under the mean", ["EI1233"], hash("type: Path, boundedLoad: ▸99")],
  ["a bound that is not whole", ["EI1233"], hash("type: Path, boundedLoad: ▸125.5")],
  ["a session without cookie", ["EI1207"], balancing("sessionPersistence: ▸{}")],
  ["a cookie that can be none", ["EI1237"], balancing('sessionPersistence: { sessionName: ▸"a;b" }')],
  ["a cookie of two years", ["EI1233"], balancing("sessionPersistence: { sessionName: a, absoluteTimeout: ▸17520h }")],
  ["a panic threshold of 101", ["EI1233"], balancing("healthyPanicThreshold: ▸101")],
  ["an unknown condition", ["EI1208"], retry("on: [reset, ▸5xx]")],
  ["a status that is none of a failure", ["EI1237"], retry("statuses: [▸200]")],
  ["a status of 600", ["EI1237"], retry("statuses: [▸500-600]")],
  ["17 attempts", ["EI1233"], retry("attempts: ▸17")],
  ["a time without unit", ["EI1205"], retry("perTryTimeout: ▸250")],
  ["a pause that shrinks", ["EI1239"], retry("backoff: { base: ▸1s, max: 100ms }")],
  ["a method in lower case", ["EI1237"], retry("methods: [▸get]")],
  ["a method that is no token", ["EI1237"], retry('methods: [▸"GE T"]')],
  ["a size of another unit", ["EI1237"], retry("maxBodySize: ▸64KB")],
  ["a size that is too large", ["EI1233"], retry("maxBodySize: ▸2Mi")],
  ["a negative size", ["EI1237"], retry("maxBodySize: ▸-1")],
  ["a hedge without delay", ["EI1207"], retry("hedge: ▸{}")],
  ["a hedge at once", ["EI1233"], retry("hedge: { delay: ▸0s }")],
  ["a hedge where no GET is repeated", ["EI1239"], retry("▸hedge: { delay: 1s }, methods: [HEAD]")],
  ["a budget of 101 per cent", ["EI1233"], retry("budget: { percent: ▸101 }")],
  ["an idempotency key by name", ["EI1205"], retry("idempotencyKey: ▸Idempotency-Key")],
  ["an unknown field of retry", ["EI1206"], retry("▸retryOn: []")],
  ["a fallback of 199", ["EI1233"], fallback("status: ▸199")],
  ["a fallback of 600", ["EI1233"], fallback("status: ▸600")],
  ["a fallback that leads elsewhere", ["EI1239"], fallback("status: ▸302")],
  ["a fallback of 204 with a body", ["EI1239"], fallback("status: 204, ▸body: a")],
  ["a content type that is none", ["EI1237"], fallback("contentType: ▸html")],
  ["a content type that ends its header", ["EI1237"], fallback('contentType: ▸"text/html\\r\\nx: y"')],
  ["a body that is large", ["EI1237"], fallback(`body: ▸${"ß".repeat(32_769)}`)],
  ["a timeout of a day and more", ["EI1233"], timeouts("request: ▸25h")],
  ["a try that outlasts the request", ["EI1239"], timeouts("request: 1s, backendRequest: ▸2s")],
  ["a try that outlasts the usual request", ["EI1239"], timeouts("backendRequest: ▸101s")],
];

describe("an EdgePolicy is rejected for", () => {
  it.each(REJECTED)("%s", (_rule, codes, written) => {
    const { text, marks } = marked(written);
    const { resources, diagnostics } = load(text);
    expect(places(diagnostics)).toEqual(codes.map((code, index) => `${code} ${marks[index]}`));
    expect(diagnostics.map(({ severity }) => severity)).toEqual(codes.map(() => "error"));
    expect(resources.edgePolicies).toEqual([]);
  });

  it("a field that is not honoured, which is named", () => {
    const [first, second] = load(setting("firewall: {}, timeout: {}")).diagnostics;
    expect(first?.message).toBe("spec.firewall is not honoured, and its routes are not published without it");
    expect(second?.fix).toBe("Write `timeouts` if that is what is meant, or remove the field.");
  });

  it("a body that is large, without repeating it", () => {
    expect(load(fallback(`body: ${"secret ".repeat(10_000)}`)).diagnostics[0]?.message).toBe(
      "the body must take at most 65536 bytes, not 69999",
    );
  });
});

describe("an EdgePolicy is used with a warning for", () => {
  it.each([
    ["nothing to set", "EI1252", policy("{ targetRefs: [{ kind: Edge }] }").replace("spec", "▸spec")],
    ["POST", "EI1251", retry("methods: [GET, ▸POST], maxBodySize: 1Ki")],
    ["PATCH", "EI1251", retry("methods: [▸PATCH], maxBodySize: 1Ki")],
    ["a method of one's own", "EI1251", retry("methods: [▸PURGE], maxBodySize: 1Ki")],
    ["a key of requests whose bodies are not kept", "EI1253", retry("▸idempotencyKey: true")],
  ])("%s", (_what, code, written) => {
    const { text, marks } = marked(written);
    const { resources, diagnostics } = load(text);
    expect(diagnostics.map((one) => `${one.severity} ${places([one])}`)).toEqual([`warning ${code} ${marks[0]}`]);
    expect(resources.edgePolicies).toHaveLength(1);
  });

  it("POST without its bodies, twice", () => {
    expect(load(retry("methods: [POST]")).diagnostics.map(({ code }) => code)).toEqual(["EI1253", "EI1251"]);
  });
});

describe("an EdgePolicy", () => {
  const settings = (text: string) => {
    const { resources, diagnostics } = load(text);
    expect(diagnostics).toEqual([]);
    return Object.fromEntries(
      (resources.edgePolicies[0]?.body.settings ?? []).map(({ field, value }) => [field, value]),
    );
  };

  it("may say everything", () => {
    const { resources, diagnostics } = load(`apiVersion: edge-ingress.dev/v1alpha1
kind: EdgePolicy
metadata: { name: api, namespace: shop }
spec:
  targetRefs:
    - { kind: Ingress, name: cart }
    - { kind: Host, name: shop.example.com }
    - { kind: Host, name: "*.example.com", path: /api/ }
    - { kind: Edge }
  loadBalancing:
    type: ConsistentHash
    consistentHash: { type: Header, name: X-User, boundedLoad: 125 }
    sessionPersistence: { sessionName: shop-edge, absoluteTimeout: 1h }
    healthyPanicThreshold: 0
  retry:
    on: [connect-failure, timeout]
    statuses: [503, "500-501"]
    attempts: 2
    perTryTimeout: 250ms
    backoff: { base: 50ms, max: 1s }
    methods: [GET, HEAD]
    idempotencyKey: true
    maxBodySize: 64Ki
    hedge: { delay: 100ms }
    budget: { percent: 10, interval: 5s, minRetries: 3 }
  fallback: { status: 500, contentType: text/html; charset=utf-8, body: "<p>Soon." }
  timeouts: { request: 10s, backendRequest: 3s }`);
    expect(diagnostics).toEqual([]);
    expect(resources.edgePolicies[0]?.metadata).toMatchObject({ namespace: "shop", name: "api" });
    expect(resources.edgePolicies[0]?.body).toEqual({
      targetRefs: [
        { kind: "Ingress", name: "cart" },
        { kind: "Host", name: "shop.example.com", path: null },
        { kind: "Host", name: "*.example.com", path: "/api" },
        { kind: "Edge" },
      ],
      settings: [
        {
          field: "loadBalancing",
          value: {
            type: "ConsistentHash",
            consistentHash: { type: "Header", name: "X-User", template: [], boundedLoad: 125 },
            sessionPersistence: { ...DEFAULT_SESSION, sessionName: "shop-edge", absoluteTimeout: 3600 },
            healthyPanicThreshold: 0,
          },
        },
        {
          field: "retry",
          value: {
            on: ["connect-failure", "timeout"],
            statuses: [
              { from: 503, to: 503 },
              { from: 500, to: 501 },
            ],
            attempts: 2,
            perTryTimeout: 250,
            backoff: { base: 50, max: 1000 },
            methods: ["GET", "HEAD"],
            idempotencyKey: true,
            maxBodySize: 65_536,
            hedge: { delay: 100 },
            budget: { percent: 10, interval: 5000, minRetries: 3 },
          },
        },
        { field: "fallback", value: { status: 500, contentType: "text/html; charset=utf-8", body: "<p>Soon." } },
        { field: "timeouts", value: { request: 10_000, backendRequest: 3000 } },
      ],
    });
  });

  it("has the defaults of a field where that says nothing", () => {
    expect(settings(setting("loadBalancing: {}, retry: {}, fallback: {}, timeouts: {}"))).toEqual({
      loadBalancing: DEFAULT_LOAD_BALANCING,
      retry: DEFAULT_RETRY,
      fallback: { status: 503, contentType: "text/plain; charset=utf-8", body: "" },
      timeouts: DEFAULT_TIMEOUTS,
    });
    expect(settings(retry("budget: { percent: 5 }, hedge: null")).retry).toEqual({
      ...DEFAULT_RETRY,
      budget: { ...DEFAULT_RETRY.budget, percent: 5 },
    });
  });

  it.each([
    ["base: 100ms", { base: 100, max: 1000 }],
    ["max: 10ms", { base: 10, max: 10 }],
    ["max: 1s", { base: 25, max: 1000 }],
  ])("keeps the default of a pause in proportion to %s", (written, backoff) => {
    expect(settings(retry(`backoff: { ${written} }`)).retry).toMatchObject({ backoff });
  });

  it.each([
    ["request: 10s", { request: 10_000, backendRequest: 10_000 }],
    ["request: 5m", { request: 300_000, backendRequest: 60_000 }],
    ["request: 0s", { request: 0, backendRequest: 60_000 }],
    ["request: 10s, backendRequest: 0s", { request: 10_000, backendRequest: 0 }],
    ["request: 0s, backendRequest: 1h", { request: 0, backendRequest: 3_600_000 }],
  ])("keeps the default of a try within %s", (written, expected) => {
    expect(settings(timeouts(written)).timeouts).toEqual(expected);
  });

  it.each([
    ["4096", 4096],
    ["64Ki", 65_536],
    ["1Mi", 1_048_576],
    ["64k", 64_000],
    ["1M", 1_000_000],
    ["0", 0],
  ])("reads %s as a size", (written, bytes) => {
    expect(settings(retry(`maxBodySize: ${written}`)).retry).toMatchObject({ maxBodySize: bytes });
  });

  it("may hash by a query parameter of any name", () => {
    expect(settings(hash('type: QueryParam, name: "käse [1]"')).loadBalancing).toMatchObject({
      consistentHash: { type: "QueryParam", name: "käse [1]", boundedLoad: 0 },
    });
  });
});
