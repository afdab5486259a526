import { describe, expect, test } from "vitest";
import { formatJson } from "../../../src/compiler/diagnostics/json.ts";
import { formatSarif } from "../../../src/compiler/diagnostics/sarif.ts";
import { cluster, compiled } from "../../support/compiled.ts";

/** Two warnings: EI4004 at the annotation in line 7, EI2060 at the host in line 12. */
const MANIFEST = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata:
  name: shop
  namespace: shop
  annotations:
    nginx.ingress.kubernetes.io/nothing-known: "# edge-ingress: allow EI2060 -- in a value"
spec:
  tls:
    - { hosts: [other.test], secretName: tls }
  rules:
    - host: shop.test
      http:
        paths:
          - { path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
    - host: other.test
`;

const codes = (text: string) =>
  compiled(`${text}---\n${cluster("eu")}`).diagnostics.map(({ code, position }) => `${code}:${position?.line}`);
const lineOf = (text: string, at: number, more: string) =>
  text
    .split("\n")
    .map((line, index) => (index === at - 1 ? `${line} ${more}` : line))
    .join("\n");
const above = (text: string, at: number, comment: string) =>
  text
    .split("\n")
    .toSpliced(at - 1, 0, comment)
    .join("\n");

const PLAIN = ["EI2060:12", "EI2056:16", "EI2062:7", "EI4004:7"];

test("without a comment all is reported", () => {
  expect(codes(MANIFEST).sort()).toEqual(PLAIN.toSorted());
});

describe("a comment allows a warning", () => {
  const allow = "# edge-ingress: allow EI2060 -- the certificate is the zone's";

  test.each([
    ["on its line", lineOf(MANIFEST, 12, allow)],
    ["above it", above(MANIFEST, 12, `    ${allow}`)],
    ["above other comments", above(above(MANIFEST, 12, "    # why"), 12, `    ${allow}`)],
    ["above its resource", `${allow}\n${MANIFEST}`],
    ["above its resource, behind an empty line and a comment", `${allow}\n\n# The shop.\n${MANIFEST}`],
    [
      "beside another one",
      lineOf(MANIFEST, 12, allow.replace("EI2060", "EI2060, EI2056")).replace(
        "other.test\n",
        "other.test # edge-ingress: allow EI2056 -- none\n",
      ),
    ],
  ])("%s", (_, text) => {
    const result = compiled(`${text}---\n${cluster("eu")}`);
    expect(result.diagnostics.map(({ code }) => code)).not.toContain("EI2060");
    const allowed = result.allowed.map(({ diagnostic, reason }) => `${diagnostic.code}: ${reason}`);
    expect(allowed).toContain("EI2060: the certificate is the zone's");
  });

  test("and it is in the report, the JSON and SARIF, with its reason", () => {
    const { output, diagnostics, allowed } = compiled(`${allow}\n${MANIFEST}---\n${cluster("eu")}`);
    expect(output?.report).toMatchObject({
      allowed: [{ diagnostic: { code: "EI2060" }, reason: "the certificate is the zone's", at: "<stdin>:1:1" }],
    });
    expect(JSON.parse(formatJson(diagnostics, allowed)).allowed).toMatchObject([
      { code: "EI2060", allowedAt: { line: 1 } },
    ]);
    const { results } = JSON.parse(formatSarif(diagnostics, "0.0.0", allowed)).runs[0];
    expect(results.filter(({ suppressions }: { suppressions?: unknown }) => suppressions !== undefined)).toMatchObject([
      { ruleId: "EI2060", suppressions: [{ kind: "inSource", justification: "the certificate is the zone's" }] },
    ]);
  });
});

describe("a comment allows nothing", () => {
  test.each([
    ["without a reason", "# edge-ingress: allow EI2060", "EI1301:12"],
    ["with an empty reason", "# edge-ingress: allow EI2060 --  ", "EI1301:12"],
    ["with an unknown code", "# edge-ingress: allow EI9999 -- why", "EI1304:12"],
    ["in another form", "# edge-ingress: allow all -- why", "EI1304:12"],
    ["that nobody reports", "# edge-ingress: allow EI2059 -- why", "EI1303:12"],
    ["for an error", "# edge-ingress: allow EI4001 -- why", "EI1302:12"],
  ])("%s", (_, comment, problem) => {
    const found = codes(lineOf(MANIFEST, 12, comment));
    expect(found).toContain("EI2060:12");
    expect(found).toContain(problem);
  });

  test("in the line before an empty one, or behind a resource", () => {
    const allow = "# edge-ingress: allow EI2060 -- why";
    expect(codes(above(above(MANIFEST, 12, ""), 12, `    ${allow}`))).toContain("EI2060:14");
    expect(codes(`${MANIFEST}${allow}\n`)).toEqual(expect.arrayContaining(["EI2060:12", "EI1303:17"]));
  });

  test("of another resource, nor within a value", () => {
    const other = MANIFEST.replace("name: shop\n", "name: two\n").replaceAll("shop.test", "two.test");
    const found = codes(`# edge-ingress: allow EI2060 -- why\n${MANIFEST}---\n${other}`);
    expect(found.filter((each) => each.startsWith("EI2060"))).toEqual(["EI2060:30"]);
    const block = "configuration-snippet: |\n      # edge-ingress: allow EI2060 -- why";
    expect(codes(MANIFEST.replace(/nothing-known: .*/, block))).toContain("EI2060:13");
  });

  test("of a guard that is not honoured: the compile stops", () => {
    const guard = MANIFEST.replace("nothing-known", "auth-signin-guard").replace(
      "shop\n",
      "shop # edge-ingress: allow EI4003 -- open\n",
    );
    const result = compiled(`${guard}---\n${cluster("eu")}`);
    expect(result.output).toBeNull();
    expect(result.diagnostics.map(({ code }) => code)).toEqual(expect.arrayContaining(["EI4003", "EI1302"]));
  });
});
