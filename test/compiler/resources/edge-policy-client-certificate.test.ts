import { describe, expect, it } from "vitest";
import { load, marked, places } from "./documents.ts";

const policy = (clientCertificate: string) =>
  `apiVersion: edge-ingress.dev/v1alpha1
kind: EdgePolicy
metadata: { name: a, namespace: shop }
spec: { targetRefs: [{ kind: Edge }], clientCertificate: ${clientCertificate} }`;

const PRINT = "2A:52:53:ED:83:BA:A4:03:03:00:22:B5:0D:AC:93:55:AE:FF:A7:00:CB:9E:76:6D:1A:F8:4C:03:D1:A0:C6:37";

const REJECTED: readonly (readonly [what: string, code: string, text: string])[] = [
  ["null, which guards nothing", "EI1207", policy("▸null")],
  ["an unknown field", "EI1206", policy("{ ▸subject: [CN=a] }")],
  ["another mode", "EI1208", policy("{ mode: ▸None }")],
  ["an empty list", "EI1239", policy("{ subjects: ▸[] }")],
  ["a subject with spaces at commas", "EI1237", policy('{ subjects: [▸"CN=ann, O=Shop"] }')],
  ["a subject as openssl once wrote it", "EI1237", policy("{ subjects: [▸/O=Shop/CN=ann] }")],
  ["a name alone", "EI1237", policy("{ subjects: [▸ann] }")],
  ["an issuer with an empty part", "EI1237", policy('{ issuers: [▸"CN=ann,"] }')],
  ["a fingerprint by SHA-1", "EI1237", policy(`{ fingerprints: [▸"${"a".repeat(40)}"] }`)],
  ["a name without its kind", "EI1237", policy("{ subjectAltNames: [▸ann.example.com] }")],
  ["another header", "EI1208", policy("{ certificateHeader: ▸X-Cert }")],
  ["a subject where anybody can write it", "EI1239", policy("{ mode: OptionalNoCA, ▸subjects: [CN=a] }")],
];

describe("spec.clientCertificate of an EdgePolicy", () => {
  it.each(REJECTED)("is refused with %s", (_, code, text) => {
    const { text: plain, marks } = marked(text);
    const { resources, diagnostics } = load(plain);
    expect(diagnostics.map((diagnostic) => diagnostic.code)).toEqual([code]);
    expect(places(diagnostics).map((place) => place.split(" ")[1])).toEqual([marks[0]]);
    expect(resources.edgePolicies).toEqual([]);
  });

  it("asks for any certificate that is verified where nothing is written", () => {
    const setting = (text: string) => load(policy(text)).resources.edgePolicies[0]?.body.settings;
    const value = {
      mode: "Required",
      subjects: [],
      issuers: [],
      fingerprints: [],
      subjectAltNames: [],
      subjectPattern: "",
      errorPage: "",
      certificateHeader: "",
    };
    expect(setting("{}")).toEqual([{ field: "clientCertificate", value }]);
    const written = `{ subjects: ["CN=ann\\\\, b,O=Shop"], fingerprints: ["${PRINT}"], subjectAltNames: [DNS:A.Test, URI:spiffe://A/b], certificateHeader: client-cert }`;
    expect(setting(written)).toEqual([
      {
        field: "clientCertificate",
        value: {
          ...value,
          subjects: ["CN=ann\\, b,O=Shop"],
          fingerprints: [PRINT.replaceAll(":", "").toLowerCase()],
          subjectAltNames: ["DNS:a.test", "URI:spiffe://A/b"],
          certificateHeader: "client-cert",
        },
      },
    ]);
  });
});
