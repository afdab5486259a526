import { describe, expect, test } from "vitest";
import type { RateLimitTerms } from "../../../../../src/table/policies/rate-limit.ts";
import { cluster, compiled, edgePolicy } from "../../../../support/compiled.ts";
import { annotated } from "./annotated.ts";

/** Before the load balancer of the Service itself, unless something else is said. */
function read(annotations: Readonly<Record<string, string>>, more: readonly string[] = [], target = SERVICE) {
  const { output, diagnostics } = compiled([target, annotated(annotations), ...more].join("---\n"));
  const policy = output?.router.hosts[0]?.rules[0]?.policies.rateLimit;
  const said = diagnostics.filter(({ code }) => code !== "EI6040");
  return { policy, said: said.map(({ code, message }) => `${code} ${message.replace("Ingress shop/shop: ", "")}`) };
}

const SERVICE = cluster("eu", 'services: [{ namespace: shop, name: web, endpoint: "http://web.eu.test" }]');
const told = ({ id, requests, period, burst, status, mode, ipv6Prefix, key }: RateLimitTerms) => ({
  ...{ id, requests, period, burst, status, mode, ipv6Prefix },
  key: key.map(({ by }) => by),
});
const usual = { status: 503, mode: "exact", ipv6Prefix: 128, key: ["clientAddress"] };
const second = { id: "ingress/shop/shop/limit-rps", period: 1_000, ...usual };
const minute = { id: "ingress/shop/shop/limit-rpm", period: 60_000, ...usual };

describe("limits of requests are read:", () => {
  test.each<[what: string, annotations: Record<string, string>, limits: object[]]>([
    ["by the second", { "limit-rps": "10" }, [{ ...second, requests: 10, burst: 51 }]],
    ["by the minute", { "limit-rpm": "+5" }, [{ ...minute, requests: 5, burst: 26 }]],
    [
      "both, with another multiplier",
      { "limit-rps": "10", "limit-rpm": "300", "limit-burst-multiplier": "2" },
      [
        { ...second, requests: 10, burst: 21 },
        { ...minute, requests: 300, burst: 601 },
      ],
    ],
    ["one that is off beside another", { "limit-rps": "0", "limit-rpm": "1" }, [{ ...minute, requests: 1, burst: 6 }]],
  ])("%s", (_, annotations, limits) => {
    const { policy, said } = read(annotations);
    expect(said).toEqual([]);
    expect(policy?.headers).toBe(false);
    expect(policy?.limits.map(told)).toEqual(limits);
  });

  test.each([{ "limit-rps": "0" }, { "limit-rpm": "-1" }, { "limit-rps": "" }, { "limit-burst-multiplier": "3" }])(
    "none: %j",
    (annotations) => expect(read(annotations)).toEqual({ policy: null, said: [] }),
  );

  test("who is exempt", () => {
    const { policy, said } = read({ "limit-rps": "1", "limit-whitelist": "192.0.2.0/24, 2001:db8::1" });
    expect(said).toEqual([]);
    expect(policy?.exempt.v4).toHaveLength(2);
    expect(policy?.exempt.v6).toHaveLength(8);
    const both = read({ "limit-rps": "1", "limit-allowlist": "192.0.2.0/24", "limit-whitelist": "0.0.0.0/0" });
    expect(both.said).toEqual(["EI4016 limit-whitelist is not read beside limit-allowlist"]);
    expect(both.policy?.exempt.v4[1]).toBe(0xc00002ff);
  });

  test("the status that the controller's ConfigMap says", () => {
    expect(read({ "limit-rps": "1" }, [configMap("429")]).policy?.limits[0]?.status).toBe(429);
    expect(read({ "limit-rps": "1" }, [configMap("200")]).said).toEqual([
      "EI4006 limit-rps needs limit-req-status-code of the controller's ConfigMap to be a status from 400 to 599",
    ]);
  });
});

describe("what can't be read is an error:", () => {
  test.each([
    [{ "limit-rps": "ten" }, "EI4006 limit-rps must be a whole number"],
    [{ "limit-rpm": "1.5" }, "EI4006 limit-rpm must be a whole number"],
    [{ "limit-rps": "1", "limit-burst-multiplier": "0" }, "EI4006 limit-burst-multiplier must be above 0"],
    [{ "limit-rps": "9999999999" }, "EI4006 limit-rps with its burst is more than the edge can count"],
    [
      { "limit-rps": "1", "limit-allowlist": "192.0.2.1,secret" },
      "EI4006 limit-allowlist must be addresses and CIDRs with commas between, and has something else as entry 2",
    ],
  ])("%j", (annotations, said) => {
    expect(read(annotations)).toEqual({ policy: undefined, said: [said] });
  });
});

describe("where limits act", () => {
  test("behind the cluster's own ingress they are left to it, which counts the same; that is said", () => {
    expect(read({ "limit-rps": "1" }, [], cluster("eu"))).toEqual({
      policy: null,
      said: [
        "EI6041 limit-rps of Ingress shop/shop is left to the clusters' own ingresses, which count each for itself",
      ],
    });
  });

  test("an EdgePolicy takes their place, and acts there too", () => {
    const sets = "rateLimit: { limits: [{ name: one, requests: 1, period: 1s }] }";
    const policy = edgePolicy({ targets: "{ kind: Host, name: shop.example.com, path: / }", sets });
    const reading = read({ "limit-rps": "5" }, [policy], cluster("eu"));
    expect(reading.policy?.limits.map(({ id }) => id)).toEqual(["shop/policy/one"]);
    expect(reading.said).toEqual([
      "EI6012 limit-rps of Ingress shop/shop is not used where something more specific is: rateLimit of EdgePolicy shop/policy",
    ]);
  });
});

function configMap(status: string): string {
  return `apiVersion: v1
kind: ConfigMap
metadata: { name: ingress-nginx-controller, namespace: ingress-nginx }
data: { limit-req-status-code: "${status}" }
`;
}
