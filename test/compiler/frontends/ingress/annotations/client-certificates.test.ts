import { describe, expect, test } from "vitest";
import { cluster, compiled } from "../../../../support/compiled.ts";
import { readAnnotated } from "./annotated.ts";

const SECRET = { "auth-tls-secret": "shop/ca" };
const ZONE =
  "EI4035 auth-tls-secret asks for certificates that the zone has verified: mTLS has to be enabled there for shop.example.com, with ca.crt of Secret shop/ca as the authority";
const AGAIN =
  "EI6070 by auth-tls-secret of Ingress shop/shop the cluster's own ingress asks the edge for a certificate, and answers 400 without";

describe("client certificates are asked for", () => {
  test.each<[what: string, more: Record<string, string>, sets: object]>([
    ["by the Secret alone", {}, { mode: "Required" }],
    ["as required", { "auth-tls-verify-client": "on" }, { mode: "Required" }],
    ["as optional", { "auth-tls-verify-client": "optional" }, { mode: "Optional" }],
    ["of any authority", { "auth-tls-verify-client": "optional_no_ca" }, { mode: "OptionalNoCA" }],
    ["with a URL for those without", { "auth-tls-error-page": "https://a.test/b" }, { errorPage: "https://a.test/b" }],
    ["and passed on", { "auth-tls-pass-certificate-to-upstream": "true" }, { certificateHeader: "ssl-client-cert" }],
    ["and not passed on", { "auth-tls-pass-certificate-to-upstream": "false" }, {}],
    ["of a name", { "auth-tls-match-cn": "CN=(ann|bob)" }, { subjectPattern: "CN=(ann|bob)" }],
    [
      "of a name with more around",
      { "auth-tls-match-cn": String.raw`^CN=[a-z0-9-]+\.shop\.test,O=Shop$` },
      { subjectPattern: String.raw`^CN=[\-0-9a-z]+\.shop\.test,O=Shop$` },
    ],
    [
      "of a name to its end",
      { "auth-tls-match-cn": String.raw`(?:^|,)CN=[^,=]*\.shop\.test(?=,|$)` },
      { subjectPattern: String.raw`(?:^|,)CN=[^,=]*\.shop\.test(?=,|$)` },
    ],
  ])("%s", (_, more, sets) => {
    const read = readAnnotated({ ...SECRET, ...more });
    expect(read.said).toEqual([ZONE, AGAIN]);
    expect(read.sets).toEqual({ mode: "Required", ...sets });
  });

  test("not with `off`, and no header is believed then either", () => {
    const read = readAnnotated({ ...SECRET, "auth-tls-verify-client": "off" });
    expect(read).toMatchObject({ fields: [], said: [] });
  });

  test("with what differs said: the length of chains, and a page that is a path", () => {
    const read = readAnnotated({ ...SECRET, "auth-tls-verify-depth": "3", "auth-tls-error-page": "/oops" });
    expect(read.said).toEqual([
      "EI4002 auth-tls-error-page is a path, which the edge does not serve in the place of the 400",
      `${ZONE}, with chains of any length (auth-tls-verify-depth is not honoured)`,
      AGAIN,
    ]);
    expect(read.sets).toEqual({ mode: "Required" });
  });
});

describe("nothing is published where a value can't be read:", () => {
  test.each<[name: string, value: string]>([
    ["auth-tls-secret", ""],
    ["auth-tls-secret", "ca"],
    ["auth-tls-secret", "shop/ca/more"],
    ["auth-tls-secret", "other/ca"],
    ["auth-tls-secret", "Shop/CA"],
    ["auth-tls-verify-client", "true"],
    ["auth-tls-verify-client", "ON"],
    ["auth-tls-verify-depth", "-1"],
    ["auth-tls-error-page", "javascript:alert(1)"],
    ["auth-tls-error-page", "https://a.test/$uri"],
    ["auth-tls-error-page", "https://a.test/\r\nX: 1"],
    ["auth-tls-pass-certificate-to-upstream", "yes"],
    ["auth-tls-match-cn", "ann"],
    ["auth-tls-match-cn", "CN=(a+)+b"],
    ["auth-tls-match-cn", "CN=(a*)*"],
    ["auth-tls-match-cn", String.raw`CN=(a)\1`],
    ["auth-tls-match-cn", "CN=(ann"],
    ["auth-tls-match-cn", "CN=[z-a]"],
    ["auth-tls-match-cn", "CN=.*a.*a.*a.*a.*a.*b"],
    ["auth-tls-match-cn", String.raw`CN=.*\.shop\.test`],
    ["auth-tls-match-cn", `CN=${"a".repeat(40)}(`],
    ["auth-tls-match-cn", "(?#CN=)"],
  ])("%s: %s", (name, value) => {
    const read = readAnnotated({ ...SECRET, [name]: value });
    expect(read.sets).toBe(null);
    expect(read.said.join("\n")).toMatch(new RegExp(`EI4006 ${name} `));
    if (value !== "" && value.length > 4) expect(read.said.join()).not.toContain(value);
  });

  test.each(["auth-tls-verify-client", "auth-tls-match-cn", "auth-tls-error-page"])("%s without a Secret", (name) => {
    const value = { "auth-tls-verify-client": "on", "auth-tls-match-cn": "CN=a", "auth-tls-error-page": "/" }[name];
    const read = readAnnotated({ [name]: value as string });
    expect(read.sets).toBe(null);
    expect(read.said).toEqual([`EI4006 ${name} guards nothing without auth-tls-secret`]);
  });

  test("a name that anybody can write", () => {
    const read = readAnnotated({ ...SECRET, "auth-tls-verify-client": "optional_no_ca", "auth-tls-match-cn": "CN=a" });
    expect(read.sets).toBe(null);
    expect(read.said.join()).toContain("proves nothing with auth-tls-verify-client optional_no_ca");
  });

  test("a Secret among the manifests without an authority", () => {
    const secret =
      "apiVersion: v1\nkind: Secret\nmetadata: { name: ca, namespace: shop }\nstringData: { tls.crt: a }\n";
    const { output, diagnostics } = compiled([cluster("eu"), ingress("shop", SECRET), secret].join("---\n"));
    expect(output).toBe(null);
    expect(diagnostics.map(({ message }) => message).join()).toContain("names a Secret without ca.crt");
  });
});

function ingress(
  name: string,
  annotations: Record<string, string>,
  { path = "/", created = "2026-01-01T00:00:00Z" } = {},
) {
  const written = Object.entries(annotations).map(([key, value]) => [`nginx.ingress.kubernetes.io/${key}`, value]);
  return `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: ${name}, namespace: shop, creationTimestamp: "${created}", annotations: ${JSON.stringify(Object.fromEntries(written))} }
spec:
  rules:
    - host: shop.example.com
      http:
        paths:
          - { path: ${path}, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }
`;
}

/** The paths of the host with the mode that each asks for. */
function modes(...manifests: readonly string[]) {
  const { output, diagnostics } = compiled([cluster("eu"), ...manifests].join("---\n"));
  const rules = output?.router.hosts.flatMap((host) => host.rules) ?? null;
  return {
    modes:
      rules?.map(({ rule, policies }) => [rule.match.path.value, policies.clientCertificate?.mode ?? null]) ?? null,
    errors: diagnostics.filter(({ severity }) => severity === "error").map(({ code, message }) => `${code} ${message}`),
  };
}

describe("the handshake is the host's:", () => {
  test("the certificate is asked for at all of its paths, whichever Ingress they are of", () => {
    const open = ingress("open", {}, { path: "/open", created: "2025-01-01T00:00:00Z" });
    expect(modes(ingress("asks", SECRET, { path: "/asks" }), open)).toEqual({
      modes: [
        ["/asks", "Required"],
        ["/open", "Required"],
        ["/", "Required"],
      ],
      errors: [],
    });
  });

  test("two Ingresses that ask the same are one", () => {
    const same = ingress("other", SECRET, { path: "/other" });
    expect(modes(ingress("asks", SECRET), same).errors).toEqual([]);
  });

  test("two that ask for different ones are refused: one of them would not hold", () => {
    const other = { ...SECRET, "auth-tls-verify-client": "optional" };
    const { modes: published, errors } = modes(
      ingress("younger", SECRET, { path: "/a", created: "2026-02-01T00:00:00Z" }),
      ingress("older", other, { path: "/b" }),
    );
    expect(published).toBe(null);
    expect(errors).toEqual([
      "EI4036 auth-tls-secret of Ingress shop/younger is not used for shop.example.com: the older auth-tls-secret of Ingress shop/older says something else",
    ]);
  });
});
