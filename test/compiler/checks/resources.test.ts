import { describe, expect, test } from "vitest";
import { ANN, BOB } from "../../edge/stages/guard/client-certificate/certificates.ts";
import { checked, ingress, messages } from "./manifests.ts";

const secret = (data: Record<string, string>, namespace = "shop") =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "tls", namespace },
    type: "kubernetes.io/tls",
    stringData: data,
  });
const pem = (der: string) => `-----BEGIN CERTIFICATE-----\n${der}\n-----END CERTIFICATE-----\n`;
const shop = (host: string) =>
  ingress({ name: "a", hosts: { [host]: ["/"] }, tls: [{ hosts: [host], secretName: "tls" }] });

describe("EI2065 and EI2064, certificates of tls", () => {
  test("one that names its host says nothing", () => {
    const result = checked([shop("ann.example.com"), secret({ "tls.crt": pem(ANN) })]);
    expect([...messages(result, "EI2065"), ...messages(result, "EI2064")]).toEqual([]);
  });

  test("one that names another host, and none of its names is shown", () => {
    const result = checked([shop("bob.example.com"), secret({ "tls.crt": pem(ANN) })]);
    expect(messages(result, "EI2065")).toEqual(["the certificate of Secret shop/tls does not name bob.example.com"]);
    expect(JSON.stringify(result.diagnostics)).not.toContain("ann");
  });

  test("the common name alone does not count", () => {
    expect(messages(checked([shop("bob"), secret({ "tls.crt": pem(BOB) })]), "EI2065")).toHaveLength(1);
  });

  test.each([
    ["no certificate", { "tls.key": "x" }],
    ["one that is none", { "tls.crt": "MIIB" }],
  ])("%s", (_, data) => {
    const result = checked([shop("ann.example.com"), secret(data as Record<string, string>)]);
    expect(messages(result, "EI2064")).toEqual(["Secret shop/tls has no certificate under tls.crt that can be read"]);
  });

  test("a Secret of another namespace, or none, says nothing", () => {
    const result = checked([shop("bob.example.com"), secret({ "tls.crt": pem(ANN) }, "other")]);
    expect([...messages(result, "EI2065"), ...messages(result, "EI2064")]).toEqual([]);
  });
});

describe("EI7030, secrets in manifests", () => {
  test.each([
    ["a password in a URL", "https://ann:hunter2@auth.test/x"],
    ["credentials of an Authorization header", "Authorization: Basic YW5uOmh1bnRlcjJodW50ZXIy"],
    ["a private key", "-----BEGIN EC PRIVATE KEY-----\nhunter2"],
    ["an access key of AWS", "AKIAHUNTER2HUNTER2AB"],
  ])("%s, which no message shows", (what, value) => {
    const result = checked([
      ingress({ name: "a", hosts: { "a.test": ["/"] }, annotations: { "x-forwarded-prefix": value } }),
    ]);
    expect(messages(result, "EI7030")).toEqual([`the value holds ${what}`]);
    expect(JSON.stringify(result.diagnostics.filter(({ code }) => code === "EI7030"))).not.toMatch(/hunter2/i);
  });

  test.each(["https://$host:443/a@b", "Bearer $http_token", "Basic realm", "https://a.test/x:y@z"])(
    "%s is none",
    (value) => {
      const result = checked([
        ingress({ name: "a", hosts: { "a.test": ["/"] }, annotations: { "x-forwarded-prefix": value } }),
      ]);
      expect(messages(result, "EI7030")).toEqual([]);
    },
  );

  test("in a ConfigMap", () => {
    const map = JSON.stringify({
      apiVersion: "v1",
      kind: "ConfigMap",
      metadata: { name: "m", namespace: "shop" },
      data: { token: `ghp_${"a".repeat(36)}` },
    });
    expect(messages(checked([ingress({ name: "a", hosts: { "a.test": ["/"] } }), map]), "EI7030")).toEqual([
      "the value holds a token of GitHub",
    ]);
  });
});
