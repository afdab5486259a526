import { describe, expect, test } from "vitest";
import { cluster, compiled, edgePolicy } from "../../../../support/compiled.ts";
import { annotated, readAnnotated } from "./annotated.ts";

const read = (value: string) => readAnnotated({ "proxy-body-size": value });

describe("proxy-body-size is read:", () => {
  test.each([
    ["1", 1],
    ["8m", 8 * 2 ** 20],
    ["8M", 8 * 2 ** 20],
    [" 512k ", 512 * 2 ** 10],
    ["5G", 5 * 2 ** 30],
    ["0", 0],
    ["0m", 0],
  ])("%j", (value, maxSize) => {
    expect(read(value)).toEqual({ sets: { maxSize }, fields: ["requestBody"], said: [] });
  });

  test.each(["15r", "-1", "1.5m", "8 m", "8mb", "8Mi", "10b", "off", "", "9999999999999999m"])(
    "%j is none: nginx's 1m, and a warning",
    (value) => {
      const said = ["EI4030 proxy-body-size is no size of nginx, as in 8m: its default of 1m holds"];
      expect(read(value)).toEqual({ sets: { maxSize: 2 ** 20 }, fields: ["requestBody"], said });
    },
  );
});

test("no limit leaves nothing in the table", () => {
  const { output } = compiled([cluster("eu"), annotated({ "proxy-body-size": "0" })].join("---\n"));
  expect(output?.router.hosts[0]?.rules[0]?.policies.requestBody).toBeNull();
});

describe("what the platform may refuse", () => {
  const said = (size: string, platform: "cloudflare" | "workerd") =>
    compiled([cluster("eu"), annotated({ "proxy-body-size": size })].join("---\n"), {
      platform,
      zones: ["example.com", "test"],
    })
      .diagnostics.filter(({ code }) => code === "EI6011")
      .map(({ message }) => message);

  test.each([
    [
      "1g",
      "proxy-body-size of Ingress shop/shop is more than 100 MB; the platform has one by the plan of the zone, from 100 MB on",
    ],
    [
      "0",
      "proxy-body-size of Ingress shop/shop sets no limit; the platform has one by the plan of the zone, from 100 MB on",
    ],
  ])("%s is said to be so on Cloudflare alone", (size, message) => {
    expect(said(size, "cloudflare")).toEqual([message]);
    expect(said(size, "workerd")).toEqual([]);
  });

  test("100m is within every plan", () => {
    expect(said("100m", "cloudflare")).toEqual([]);
  });
});

describe("what no rule of the host takes", () => {
  const hosts = (defaultBackend: { namespace: string; name: string; port: number } | null) =>
    compiled([cluster("eu"), annotated({ "proxy-body-size": "2m" }).replace("path: /,", "path: /api,")].join("---\n"), {
      defaultBackend,
    }).output?.router.hosts.flatMap(({ hostname, rules }) =>
      rules.map(({ rule, policies }) => [hostname, rule.role, policies.requestBody?.maxSize ?? null]),
    );

  test("has the limit where the edge has a default backend", () => {
    expect(hosts({ namespace: "shop", name: "rest", port: 80 })).toContainEqual([
      "shop.example.com",
      "unmatched",
      2 * 2 ** 20,
    ]);
  });

  test("is 404 of any size where it has none", () => {
    expect(hosts(null)).toEqual([["shop.example.com", "rule", 2 * 2 ** 20]]);
  });
});

describe("where nothing says otherwise", () => {
  const limitOf = (dialect: "ingress-nginx" | "kubernetes", ...more: readonly string[]) =>
    compiled([cluster("eu"), annotated({}), ...more].join("---\n"), { dialect }).output?.report.hosts[0]?.rules[0]
      ?.policies;
  const policy = edgePolicy({ targets: "{ kind: Edge }", sets: "requestBody: { maxSize: 0 }" });

  test("an Ingress of ingress-nginx's dialect has nginx's 1m, and the report says whence", () => {
    const from = "ingress-nginx by default";
    expect(limitOf("ingress-nginx")).toMatchObject([{ field: "requestBody", from, sets: { maxSize: 2 ** 20 } }]);
  });

  test("others have none, and the least specific policy is said otherwise", () => {
    expect(limitOf("kubernetes")).toEqual([]);
    expect(limitOf("ingress-nginx", policy)).toMatchObject([{ from: "EdgePolicy shop/policy", sets: { maxSize: 0 } }]);
  });
});
