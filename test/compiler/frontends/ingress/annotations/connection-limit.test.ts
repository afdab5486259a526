import { describe, expect, test } from "vitest";
import { cluster, compiled, edgePolicy } from "../../../../support/compiled.ts";
import { annotated } from "./annotated.ts";

const SERVICE = cluster("eu", 'services: [{ namespace: shop, name: web, endpoint: "http://web.eu.test" }]');

/** Before the load balancer of the Service itself, unless something else is said. */
function read(annotations: Readonly<Record<string, string>>, more: readonly string[] = [], target = SERVICE) {
  const { output, diagnostics } = compiled([target, annotated(annotations), ...more].join("---\n"));
  const policy = output?.router.hosts[0]?.rules[0]?.policies.concurrencyLimit;
  const said = diagnostics.filter(({ code }) => code !== "EI6040");
  return { policy, said: said.map(({ code, message }) => `${code} ${message.replace("Ingress shop/shop: ", "")}`) };
}

test("limit-connections is one limit of the Ingress and a client's whole address, with nginx's status", () => {
  const { policy, said } = read({ "limit-connections": "+5", "limit-whitelist": "192.0.2.0/24" });
  expect(said).toEqual([]);
  expect(policy?.limits).toEqual([
    {
      ...{ id: "ingress/shop/shop/limit-connections", name: "limit-connections", maxRequests: 5, status: 503 },
      ...{ key: [{ by: "clientAddress", name: "" }], ipv6Prefix: 128, onFailure: "open", deadline: 50, shadow: false },
      ...{ shards: 16, locationHint: "" },
    },
  ]);
  expect(policy?.exempt.v4).toHaveLength(2);
});

test.each(["0", "00", "-1", ""])("%j is none", (value) => {
  expect(read({ "limit-connections": value })).toEqual({ policy: null, said: [] });
});

test("beside limit-rps both hold", () => {
  const { output } = compiled([SERVICE, annotated({ "limit-connections": "5", "limit-rps": "1" })].join("---\n"));
  const { concurrencyLimit, rateLimit } = output?.router.hosts[0]?.rules[0]?.policies ?? {};
  expect([concurrencyLimit?.limits.length, rateLimit?.limits.length]).toEqual([1, 1]);
});

test("the status is that of the controller's ConfigMap", () => {
  const configMap = (status: string) => `apiVersion: v1
kind: ConfigMap
metadata: { name: ingress-nginx-controller, namespace: ingress-nginx }
data: { limit-conn-status-code: "${status}" }
`;
  expect(read({ "limit-connections": "1" }, [configMap("429")]).policy?.limits[0]?.status).toBe(429);
  expect(read({ "limit-connections": "1" }, [configMap("200")]).said).toEqual([
    "EI4006 limit-connections needs limit-conn-status-code of the controller's ConfigMap to be a status from 400 to 599",
  ]);
});

test.each([
  [{ "limit-connections": "five" }, "EI4006 limit-connections must be a whole number"],
  [{ "limit-connections": "100001" }, "EI4006 limit-connections is above 100000, more than the edge counts"],
  [
    { "limit-connections": "1", "limit-allowlist": "secret" },
    "EI4006 limit-allowlist must be addresses and CIDRs with commas between, and has something else as entry 1",
  ],
])("what can't be read is an error: %j", (annotations, said) => {
  expect(read(annotations)).toEqual({ policy: undefined, said: [said] });
});

describe("where it acts", () => {
  test("behind the cluster's own ingress it is left to it, with what else is; each is said", () => {
    const { policy, said } = read({ "limit-connections": "1", "limit-rps": "1" }, [], cluster("eu"));
    const left = (name: string) =>
      `EI6041 ${name} of Ingress shop/shop is left to the clusters' own ingresses, which count each for itself`;
    expect(policy).toBeNull();
    expect(said.sort()).toEqual([left("limit-connections"), left("limit-rps")]);
  });

  test("an EdgePolicy takes its place, and acts there too", () => {
    const sets = "concurrencyLimit: { limits: [{ name: one, maxRequests: 2 }] }";
    const policy = edgePolicy({ targets: "{ kind: Host, name: shop.example.com, path: / }", sets });
    const reading = read({ "limit-connections": "5" }, [policy], cluster("eu"));
    expect(reading.policy?.limits.map(({ id }) => id)).toEqual(["shop/policy/one"]);
    expect(reading.said).toEqual([
      "EI6012 limit-connections of Ingress shop/shop is not used where something more specific is: concurrencyLimit of EdgePolicy shop/policy",
    ]);
  });
});

describe("concurrencyLimit of an EdgePolicy", () => {
  const said = (sets: string) => read({}, [edgePolicy({ targets: "{ kind: Edge }", sets })]).said;

  test.each([
    ["concurrencyLimit: { limits: [] }", "EI1239"],
    ["concurrencyLimit: { limits: [{ name: a, maxRequests: 0 }] }", "EI1233"],
    ["concurrencyLimit: { limits: [{ name: a, maxRequests: 1 }, { name: a, maxRequests: 2 }] }", "EI1239"],
    ["concurrencyLimit: { limits: [{ name: a, maxRequests: 1, key: [claim] }] }", "EI1205"],
    ["concurrencyLimit: { limits: [{ name: a, maxRequests: 1, key: [apiKey] }] }", "EI6042"],
    ["concurrencyLimit: { limits: [{ name: a, maxRequests: 1, mode: leased }] }", "EI1206"],
  ])("%s is refused: %s", (sets, code) => {
    expect(said(sets).map((text) => text.slice(0, 6))).toContain(code);
  });
});
