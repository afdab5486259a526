import { describe, expect, test } from "vitest";
import { compiled } from "../../support/compiled.ts";
import { cluster, ingress } from "./manifests.ts";

function findings(host: string, spec: string, zones: readonly string[]): string[] {
  const text = [ingress(), cluster("eu", `endpoint: "https://lb.example.com", ${spec}, healthCheck: { ${host} }`)];
  const { diagnostics } = compiled(text.join("\n---\n"), { platform: "cloudflare", zones });
  return diagnostics.filter(({ code }) => code === "EI3006").map(({ message, severity }) => `${severity}: ${message}`);
}

describe("the Host of probes", () => {
  test("must be in the zone by which the cluster is reached", () => {
    expect(findings("host: up.test", "host: client", ["example.com"])).toEqual([
      "error: the health check's host up.test is not in the zone example.com, by which cluster eu is reached",
    ]);
  });

  test.each([
    ["is in the zone", "host: up.example.com", "host: client", ["example.com"]],
    ["is the endpoint's own", "path: /up", "host: client", ["example.com"]],
    ["goes through a binding", "host: up.test", "host: client", []],
    ["is told beside the endpoint's own", "host: up.test", "host: endpoint", ["example.com"]],
  ])("is no matter where it %s", (_, host, spec, zones) => {
    expect(findings(host, spec, zones)).toEqual([]);
  });
});
