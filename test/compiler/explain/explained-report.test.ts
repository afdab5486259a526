import { readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import {
  type CompileResult,
  explain,
  explainedReport,
  formatExplanation,
  formatExplanationMarkdown,
  formatExplanationSarif,
  visibleJson,
} from "../../../src/compiler/index.ts";
import { compiled, compiledIn } from "../../support/compiled.ts";
import { documents, ingress } from "../../support/manifests.ts";

const GOLDEN = fileURLToPath(new URL("../../golden/", import.meta.url));
const FORMATS = fileURLToPath(new URL("../../cli/formats/", import.meta.url));

/** Manifests of all kinds, served as far as they can be. */
function compiles(): CompileResult["output"][] {
  const options = { lenient: true, externalSecrets: true, zones: ["example.com"] };
  const golden = readdirSync(GOLDEN).flatMap((name) =>
    [[], ["nginx"]].map((ingressClass) => compiledIn(`${GOLDEN}${name}`, ["in.yaml"], { ...options, ingressClass })),
  );
  const others = compiledIn(FORMATS, ["before.yaml"], { ...options, ingressClass: ["nginx"] });
  return [...golden, others].map(({ output }) => output);
}

test("what is kept of a report explains each request as all of it does, in every format", () => {
  let [taken, reported, endpoints] = [0, 0, 0];
  for (const output of compiles()) {
    if (output === null) continue;
    for (const { hostname, rules } of output.report.hosts) {
      const host = hostname === "*" ? "elsewhere.test" : hostname.replace("*", "any");
      const { table, report } = output.forHost(host);
      const kept = { table, report: JSON.parse(JSON.stringify(explainedReport(report))) };
      const paths = rules.map(({ match }) => (match.path.type === "RegularExpression" ? "/a/b" : match.path.value));
      for (const url of ["/", ...paths].map((path) => `https://${host}${path}`)) {
        const request = { method: "POST", url, headers: [["origin", "https://a.test"]] as const };
        const [first, again] = [explain({ table, report }, request), explain(kept, request)];
        expect(again).toEqual(first);
        expect(formatExplanation(again)).toBe(formatExplanation(first));
        expect(formatExplanationMarkdown(again, null)).toBe(formatExplanationMarkdown(first, null));
        expect(formatExplanationSarif(again, "1", [])).toBe(formatExplanationSarif(first, "1", []));
        expect(visibleJson(again)).toBe(visibleJson(first));
        if (first.taken !== null) taken += 1;
        reported += first.diagnostics.length;
        endpoints += first.endpoints.length;
      }
    }
  }
  expect(Math.min(taken, reported, endpoints)).toBeGreaterThan(20);
});

test("it has nothing of other hosts", () => {
  const of = (name: string) =>
    ingress({
      name,
      host: `${name}.test`,
      tls: [`${name}.test`],
      annotations: { "nginx.ingress.kubernetes.io/proxy-read-timeout": "30" },
    }).replace("metadata:", "metadata:\n  namespace: shop");
  const clusters = `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: eu }
spec:
  endpoint: https://eu.test
  services: [{ namespace: shop, name: first, port: 80, endpoint: "http://first.eu.test" }, { namespace: shop, name: second, port: 80, endpoint: "http://second.eu.test" }]
`;
  const { output } = compiled(documents(clusters, of("first"), of("second")), { lenient: true });
  if (output === null) throw new Error("the manifests do not compile");
  const { endpoints, diagnostics } = output.report;
  expect([endpoints, diagnostics].map((all) => JSON.stringify(all).includes("second"))).toEqual([true, true]);
  const kept = explainedReport(output.forHost("first.test").report);
  expect(kept.endpoints).toHaveLength(1);
  expect(kept.diagnostics.length).toBeGreaterThan(0);
  expect(JSON.stringify(kept)).not.toContain("second");
});
