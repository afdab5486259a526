import { describe, expect, test } from "vitest";
import { cluster, compiled } from "../../support/compiled.ts";

const INGRESS = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: web, namespace: shop }
spec: { rules: [{ host: shop.test, http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] } }] }
`;
const secret = (value: string, key = "secret") =>
  `apiVersion: v1\nkind: Secret\nmetadata: { name: origin, namespace: edge }\nstringData: { ${key}: ${JSON.stringify(value)} }\n`;
const VALUE = "0123456789abcdef-HUNTER2";

function said(spec: string, ...more: readonly string[]) {
  const { output, diagnostics } = compiled([cluster("eu", spec), INGRESS, ...more].join("---\n"));
  return { output, said: diagnostics.map(({ code, message }) => `${code} ${message}`) };
}

const REF = "secretRef: { namespace: edge, name: origin }";

describe("the secret of an origin", () => {
  test("is named in the table and in the report, and is in neither", () => {
    const { output, said: words } = said(`originSecret: { ${REF} }`, secret(VALUE));
    expect(words).toEqual([]);
    expect(output?.secrets).toEqual([
      expect.objectContaining({ name: "edge/origin", keys: ["secret"], neededBy: ["originSecret of Cluster eu"] }),
    ]);
    expect(output?.secrets[0]?.payload()).toContain("HUNTER2");
    expect(Buffer.from(output?.table ?? []).toString("latin1")).not.toContain("HUNTER2");
    expect(JSON.stringify(output?.report)).not.toContain("HUNTER2");
    expect(output?.router.clusters[0]?.originSecret).toMatchObject({ header: "x-origin-verify", key: "secret" });
  });

  test("of two clusters may be one Secret with two keys", () => {
    const both = `apiVersion: v1\nkind: Secret\nmetadata: { name: origin, namespace: edge }\nstringData: { eu: ${VALUE}, us: ${VALUE} }\n`;
    const us = cluster("us", "originSecret: { secretRef: { namespace: edge, name: origin, key: us }, header: X-Edge }");
    const { output } = said("originSecret: { secretRef: { namespace: edge, name: origin, key: eu } }", us, both);
    expect(output?.secrets[0]).toMatchObject({
      keys: ["eu", "us"],
      neededBy: ["originSecret of Cluster eu", "originSecret of Cluster us"],
    });
  });

  test.each<[what: string, spec: string, secrets: readonly string[], code: string]>([
    ["without the Secret", `originSecret: { ${REF} }`, [], "EI7001"],
    ["without the key", `originSecret: { ${REF} }`, [secret(VALUE, "other")], "EI7003"],
    ["that is short", `originSecret: { ${REF} }`, [secret("HUNTER2")], "EI7020"],
    ["of two lines", `originSecret: { ${REF} }`, [secret(`${VALUE}\n${VALUE}`)], "EI7020"],
    ["in a header that says something else", `originSecret: { header: Cookie, ${REF} }`, [secret(VALUE)], "EI1275"],
    ["of no namespace", "originSecret: { secretRef: { name: origin } }", [secret(VALUE)], "EI1207"],
    ["written in the Cluster", `originSecret: { value: ${VALUE}, ${REF} }`, [secret(VALUE)], "EI1206"],
    ["that is null", "originSecret: null", [], "EI1207"],
  ])("is an error %s", (_, spec, secrets, code) => {
    const { output, said: words } = said(spec, ...secrets);
    expect(output).toBe(null);
    expect(words.map((line) => line.split(" ")[0])).toContain(code);
    expect(words.join()).not.toContain("HUNTER2");
  });
});
