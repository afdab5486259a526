import { describe, expect, test } from "vitest";
import { cluster, compiled } from "../../../../support/compiled.ts";
import { annotated } from "./annotated.ts";

const TARGET = "https://test.env.com$request_uri";
const REMARK = "EI4008 mirror-target copies no request with a body of more than 1 MiB, or of no known length";

function read(annotations: Readonly<Record<string, string>>, platform: "workerd" | "cloudflare" = "workerd") {
  const { output, diagnostics } = compiled([cluster("eu"), annotated(annotations)].join("---\n"), { platform });
  return {
    mirror: output?.router.hosts[0]?.rules[0]?.policies.mirror ?? null,
    policies: output?.report.hosts[0]?.rules[0]?.policies.filter(({ field }) => field === "mirror"),
    said: diagnostics
      .filter(({ code }) => !["EI4060", "EI3007"].includes(code))
      .map(({ code, message }) => `${code} ${message.replace("Ingress shop/shop: ", "")}`),
  };
}

describe("mirror-target", () => {
  test("is honoured, by the public name on the platform, and stands in the report", () => {
    const { mirror, policies, said } = read({ "mirror-target": TARGET }, "cloudflare");
    expect(mirror).toMatchObject({
      service: { via: "name", scheme: "https", hostname: "test.env.com", port: 443 },
      path: [{ type: "request_uri", value: "" }],
      body: true,
    });
    expect(policies).toMatchObject([
      {
        from: "mirror-target of Ingress shop/shop",
        sets: { service: "https://test.env.com:443", path: "$request_uri", body: true, percent: 100 },
      },
    ]);
    expect(said).toContain(REMARK);
  });

  test("mirror-request-body: off", () => {
    const { mirror, said } = read({ "mirror-target": TARGET, "mirror-request-body": "off" });
    expect([mirror?.body, said]).toEqual([false, []]);
  });

  test.each([
    ["$request_uri", "it is not an absolute URL of http or https whose host is written, or is $host"],
    ["https://$host$request_uri", "a copy to the request's own host would be copied again"],
    ["https://$http_x$request_uri", "it is not an absolute URL of http or https whose host is written, or is $host"],
    ["https://a.test/$upstream_addr", "it uses the variable $upstream_addr, which the edge does not have"],
  ])("%s is a warning, and nothing is copied", (target, why) => {
    const { mirror, said } = read({ "mirror-target": target });
    expect([mirror, said]).toEqual([null, [`EI4002 mirror-target is not honoured: ${why}`]]);
  });

  test("to the Ingress's own host, by its name, is a warning, and nothing is copied", () => {
    const { mirror, said } = read({ "mirror-target": "https://shop.example.com$request_uri" });
    expect(mirror).toBeNull();
    expect(said).toEqual([
      REMARK,
      "EI4002 mirror-target of Ingress shop/shop is not honoured: it sends the copy to shop.example.com, where the route itself takes it: its Service would get requests twice",
    ]);
  });

  test("of a Service without an address is a warning too: it keeps no request out", () => {
    const { mirror, said } = read({ "mirror-target": "http://copies.shop.svc.cluster.local$request_uri" });
    expect(mirror).toBeNull();
    expect(said).toEqual([
      REMARK,
      "EI4002 mirror-target of Ingress shop/shop is not honoured: it asks Service shop/copies:80 that is known inside a cluster only, and no address is given for it",
    ]);
  });
});

test.each([
  ["test.env.com", []],
  ["TEST.env.com:443", []],
  ["other.test", ["EI4002 mirror-host is not honoured: the copy's Host is that of the target"]],
])("mirror-host %s", (host, said) => {
  const found = read({ "mirror-target": TARGET, "mirror-host": host, "mirror-request-body": "off" });
  expect(found.mirror).not.toBeNull();
  expect(found.said).toEqual(said);
});

test("without a target the others mean nothing", () => {
  const { mirror, said } = read({ "mirror-host": "a.test" });
  expect([mirror, said]).toEqual([null, ["EI4008 mirror-host means nothing without mirror-target"]]);
});
