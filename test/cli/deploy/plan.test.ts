import { describe, expect, test } from "vitest";
import { configurationOf, followsPublished } from "../../../src/cli/deploy/configuration.ts";
import type { Platform, Share } from "../../../src/cli/deploy/platform.ts";
import { rollOut } from "../../../src/cli/deploy/rollout.ts";
import { hostsWithoutRoute, routesOf } from "../../../src/cli/deploy/routes.ts";
import { inEnvironment } from "../../../src/cli/deploy/user-config.ts";
import { compiled } from "../../support/compiled.ts";
import { clusterAt, documents, ingress } from "../../support/manifests.ts";

const VALID = documents(clusterAt("one", 8080), ingress({ name: "first", host: "shop.example.com" }));

describe("routes of hosts", () => {
  const zones = ["example.com", "eu.example.com"];

  test("the whole of each host, in the longest zone that has it", () => {
    const { routes, problems } = routesOf(["shop.example.com", "*.eu.example.com", "www.example.net"], {
      zones,
      customDomains: [],
    });
    expect({ routes, problems }).toEqual({
      routes: [
        { pattern: "shop.example.com/*", zone_name: "example.com" },
        { pattern: "*.eu.example.com/*", zone_name: "eu.example.com" },
        "www.example.net/*",
      ],
      problems: [],
    });
  });

  test("rules of every host take those of the zones, and nothing without one", () => {
    expect(routesOf(["*"], { zones: ["example.com"], customDomains: [] }).routes).toEqual([
      { pattern: "example.com/*", zone_name: "example.com" },
      { pattern: "*.example.com/*", zone_name: "example.com" },
    ]);
    expect(routesOf(["*"], { zones: [], customDomains: [] }).problems).toHaveLength(1);
  });

  test("more than a zone takes", () => {
    const hosts = Array.from({ length: 1001 }, (_, index) => `h${index}.example.com`);
    expect(routesOf(hosts, { zones: ["example.com"], customDomains: [] }).problems).toEqual([
      "1001 routes of zone example.com, and the platform takes 1000",
    ]);
  });

  test.each<[string, readonly unknown[], readonly string[]]>([
    ["the host itself", ["shop.example.com/*"], []],
    ["a wildcard above it", [{ pattern: "*.example.com/*", zone_name: "example.com" }], []],
    ["a wildcard without its dot", ["https://*example.com/*"], []],
    ["a Custom Domain", [{ pattern: "shop.example.com", custom_domain: true }], []],
    ["plain http alone", ["http://shop.example.com/*"], ["shop.example.com"]],
    ["a path of it alone", ["shop.example.com/cart/*"], ["shop.example.com"]],
    ["another host", ["www.example.com/*", "*.shop.example.com/*"], ["shop.example.com"]],
    ["something else", [7, null, {}], ["shop.example.com"]],
  ])("written by hand: %s", (_, routes, missing) => {
    expect(hostsWithoutRoute(["shop.example.com"], routes)).toEqual(missing);
  });

  test("a host does not stand for the wildcard above it, nor for all", () => {
    const routes = ["a.example.com/*"];
    expect(hostsWithoutRoute(["*.example.com", "*"], routes)).toEqual(["*.example.com", "*"]);
  });
});

describe("a Worker that follows published tables", () => {
  const { output } = compiled(VALID);
  const made = (written: Readonly<Record<string, unknown>>) => {
    if (output === null) throw new Error("the manifests have errors");
    const now = new Date("2026-11-28T20:00:00Z");
    const options = {
      name: "edge",
      zones: ["example.com"],
      customDomains: [],
      kv: new Map(),
      bindings: [],
      written,
      now,
    };
    return configurationOf(output, options);
  };

  test("is known by its keys, and by its namespace where the keys are a secret", () => {
    expect(followsPublished(made({}))).toBe(false);
    expect(followsPublished(made({ vars: { EDGE_INGRESS_TABLE_KEYS: "k" } }))).toBe(true);
    expect(followsPublished(made({ kv_namespaces: [{ binding: "EDGE_INGRESS_TABLES", id: "0" }] }))).toBe(true);
  });

  test("serves none that is older than the deploy, unless it is told another time", () => {
    expect(made({ vars: { COLOUR: "green" } }).wrangler.vars).toEqual({
      COLOUR: "green",
      EDGE_INGRESS_TABLE_NOT_BEFORE: "2026-11-28T20:00:00.000Z",
    });
    const own = { EDGE_INGRESS_TABLE_NOT_BEFORE: "2026-01-01T00:00:00Z" };
    expect(made({ vars: own }).wrangler.vars).toEqual(own);
  });
});

describe("an environment", () => {
  test("inherits what wrangler lets it, and no bindings", () => {
    const raw = { name: "edge", account_id: "a", vars: { A: "1" }, env: { staging: { kv_namespaces: [] } } };
    expect(inEnvironment(raw, "staging", "w.toml")).toEqual({
      name: "edge-staging",
      account_id: "a",
      kv_namespaces: [],
    });
  });

  test("that is not there is wrong use", () => {
    expect(() => inEnvironment({ env: {} }, "staging", "w.toml")).toThrow("w.toml has no environment staging");
  });
});

describe("a rollout", () => {
  const before: readonly Share[] = [{ version: "old", percentage: 100 }];
  const stamp = { table: "0".repeat(64), migration: "limits" };
  const options = { probes: [], stepTime: 0, maxErrors: 1, name: "edge" };

  function platform(failAt: (shares: readonly Share[]) => boolean) {
    const calls: string[] = [];
    const fake = {
      activate: async (shares: readonly Share[]) => {
        calls.push(shares.map(({ version, percentage }) => `${version} ${percentage}`).join(" "));
        if (failAt(shares)) throw new Error("the platform says no");
      },
    };
    return { calls, fake: fake as unknown as Platform };
  }

  const run = (fake: Platform, steps: readonly number[]) =>
    rollOut(fake, "new", before, stamp, { ...options, steps }, () => undefined);

  test("gives the rest to the version before until the last step", async () => {
    const { calls, fake } = platform(() => false);
    expect(await run(fake, [10, 100])).toEqual({ ok: true });
    expect(calls).toEqual(["new 10 old 90", "new 100"]);
  });

  test("goes back where a step fails", async () => {
    const { calls, fake } = platform((shares) => shares[0]?.percentage === 50);
    expect(await run(fake, [10, 50, 100])).toMatchObject({ ok: false, back: true });
    expect(calls).toEqual(["new 10 old 90", "new 50 old 50", "old 100"]);
  });

  test("says so where going back fails too", async () => {
    const { fake } = platform(() => true);
    expect(await run(fake, [100])).toMatchObject({
      ok: false,
      back: false,
      why: expect.stringContaining("going back failed"),
    });
  });
});
