import { describe, expect, test, vi } from "vitest";
import {
  type ClientCertificate,
  DEFAULT_CLIENT_CERTIFICATE,
} from "../../../../../src/table/policies/client-certificate.ts";
import type { RulePolicies } from "../../../../../src/table/policies/rule-policies.ts";
import { edgeOf } from "../../../edge-of.ts";
import { ANN, BOB, VERIFIED } from "./certificates.ts";

const HEADERS = [
  "ssl-client-verify",
  "ssl-client-subject-dn",
  "ssl-client-issuer-dn",
  "ssl-client-cert",
  "client-cert",
];

interface Sent {
  readonly certificate?: unknown;
  readonly headers?: HeadersInit;
}

/** An edge that asks for certificates, and the headers of what came to its cluster. */
function edgeWith(
  certificate: Partial<ClientCertificate> = {},
  more: Partial<RulePolicies> = {},
  env: Readonly<Record<string, unknown>> = {},
  trustedProxies: readonly string[] = [],
) {
  const got: Headers[] = [];
  const policies = {
    clientCertificate: { ...DEFAULT_CLIENT_CERTIFICATE, ...certificate },
    identityHeaders: HEADERS,
    ...more,
  };
  const rule = { hostname: "shop.test", path: "/", service: "web", policies };
  const only = ({ headers }: Request) => {
    got.push(headers);
    return new Response("ok");
  };
  const edge = edgeOf({ rules: [rule], trustedProxies }, { only }, env);
  const ask = ({ certificate: tlsClientAuth, headers = {} }: Sent) =>
    edge("http://shop.test/", {
      headers,
      ...(tlsClientAuth !== undefined && { cf: { tlsClientAuth } }),
    } as RequestInit);
  return { ask, got };
}

async function statusOf(sent: Sent, ...edge: Parameters<typeof edgeWith>): Promise<number> {
  vi.spyOn(console, "warn").mockImplementation(() => {});
  const { ask, got } = edgeWith(...edge);
  const { status } = await ask(sent);
  expect(got).toHaveLength(status === 200 ? 1 : 0);
  return status;
}

const NONE = { certPresented: "0", certVerified: "NONE", certRevoked: "0" };
const failed = (reason: string) => ({ ...VERIFIED, certVerified: `FAILED:${reason}` });

const ANSWERS = {
  rewriteModule: (["server", "location"] as const).map((level) => ({
    level,
    condition: null,
    headers: [],
    actions: [
      {
        does: "answer",
        pattern: "",
        status: 200,
        to: [{ type: "text", value: "secret" }],
        absolute: false,
        query: "none",
        contentType: "text/html",
      } as const,
    ],
  })),
};

const CORS = {
  allowOrigins: ["*"],
  allowMethods: "GET",
  allowHeaders: "",
  exposeHeaders: "",
  allowCredentials: false,
  maxAge: "1",
} as const;
const redirects = (only: "always" | "root" | "http") => ({
  redirects: [{ only, status: 301, location: [{ type: "text", value: "https://shop.test/" }], cutSlash: false }],
});

describe("over TLS a certificate is asked for before anything answers, as nginx does:", () => {
  const asked = async (policies: object, scheme: string, certificate: unknown, subjectPattern = "") => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const clientCertificate = { ...DEFAULT_CLIENT_CERTIFICATE, subjectPattern };
    const rule = { hostname: "shop.test", path: "/", service: "web", policies: { clientCertificate, ...policies } };
    const edge = edgeOf({ rules: [rule as never] }, { only: () => new Response("ok") });
    const init = { method: "OPTIONS", headers: { origin: "https://a.test" }, cf: { tlsClientAuth: certificate } };
    return (await edge(`${scheme}://shop.test/`, init as RequestInit)).status;
  };
  test.each<[what: string, policies: object, admitted: number, plain: number]>([
    ["a line of the server", { rewriteModule: [ANSWERS.rewriteModule[0]] }, 200, 200],
    ["a line of the path", { rewriteModule: [ANSWERS.rewriteModule[1]] }, 200, 200],
    ["a CORS preflight", { cors: CORS }, 204, 204],
    ["a permanent redirect", redirects("always"), 301, 301],
    ["a redirect of the root", redirects("root"), 301, 301],
    [
      "what a page for errors would take the place of",
      { errorPages: { statuses: [400], intercepts: true, standsIn: false } },
      200,
      400,
    ],
    ["the redirect to https", redirects("http"), 200, 301],
  ])("%s", async (_, policies, admitted, plain) => {
    expect(await asked(policies, "https", undefined)).toBe(400);
    expect(await asked(policies, "https", VERIFIED)).toBe(admitted);
    expect(await asked(policies, "http", undefined)).toBe(plain);
  });

  test("a name that is asked for is, without TLS too", async () => {
    expect(await asked(redirects("http"), "http", undefined, "CN=ann")).toBe(403);
    expect(await asked(redirects("always"), "https", VERIFIED, "CN=bob")).toBe(403);
    expect(await asked(redirects("always"), "https", VERIFIED, "CN=ann")).toBe(301);
  });
});

describe("without a certificate that the platform has verified nobody comes in", () => {
  test.each<[what: string, certificate: unknown]>([
    ["the platform tells nothing", undefined],
    ["none was shown", NONE],
    ["none was shown, and the rest speaks for one", { ...VERIFIED, certPresented: "0" }],
    ["it is not verified", failed("unable to verify the first certificate")],
    ["nothing is said of it", { ...VERIFIED, certVerified: "" }],
    ["NONE is said of it", { ...VERIFIED, certVerified: "NONE" }],
    ["the word is another one", { ...VERIFIED, certVerified: "success" }],
    ["it is revoked, which stands beside SUCCESS", { ...VERIFIED, certRevoked: "1" }],
    ["whether it is revoked is not said", { ...VERIFIED, certRevoked: undefined }],
    ["whether it is revoked is a boolean", { ...VERIFIED, certRevoked: false }],
    ["the facts are no object", "SUCCESS"],
    ["the facts are a list", [VERIFIED]],
    ["the facts are null", null],
    ["fields have other types", { certPresented: 1, certVerified: ["SUCCESS"], certRevoked: 0 }],
  ])("%s", async (_, certificate) => expect(await statusOf({ certificate })).toBe(400));

  test("the answer says what is asked for and nothing of why; the log does", async () => {
    const logged = vi.spyOn(console, "warn").mockImplementation(() => {});
    const answer = await edgeWith().ask({ certificate: { ...VERIFIED, certRevoked: "1" } });
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect(await answer.json()).toMatchObject({ status: 400, detail: expect.stringContaining("client certificate") });
    expect(logged.mock.calls.flat().join()).toContain('"reason":"a revoked certificate"');
  });
});

describe("headers are no certificate", () => {
  const CLAIMS = {
    "cf-cert-presented": "1",
    "cf-cert-verified": "SUCCESS",
    "cf-cert-revoked": "0",
    "cf-cert-subject-dn-rfc2253": "CN=ann,O=Shop",
    "ssl-client-verify": "SUCCESS",
    "client-cert": `:${ANN}:`,
  };
  test("of a client", async () => expect(await statusOf({ headers: CLAIMS })).toBe(400));
  test("even where the local client's address is bound", async () =>
    expect(await statusOf({ headers: CLAIMS }, {}, {}, { EDGE_INGRESS_LOCAL_CLIENT: "127.0.0.1" })).toBe(400));
  test("but in dev, which listens on loopback", async () => {
    const env = { EDGE_INGRESS_LOCAL_CERTIFICATES: "headers" };
    expect(await statusOf({ headers: CLAIMS }, {}, {}, env)).toBe(200);
    expect(await statusOf({ headers: { ...CLAIMS, "cf-cert-revoked": "1" } }, {}, {}, env)).toBe(400);
    expect(await statusOf({ certificate: VERIFIED }, {}, {}, env)).toBe(400);
  });
  test("the certificate of a proxy says nothing of who is behind it", async () => {
    const headers = { "cf-connecting-ip": "10.0.0.1", "x-forwarded-for": "192.0.2.1" };
    expect(await statusOf({ certificate: VERIFIED, headers }, {}, {}, {}, ["10.0.0.0/8"])).toBe(400);
    const silent = { "cf-connecting-ip": "10.0.0.1" };
    expect(await statusOf({ certificate: VERIFIED, headers: silent }, {}, {}, {}, ["10.0.0.0/8"])).toBe(400);
    expect(await statusOf({ certificate: VERIFIED, headers })).toBe(200);
  });
});

describe("a certificate of somebody else is forbidden", () => {
  const one = { certificate: VERIFIED };
  test.each<[what: string, policy: Partial<ClientCertificate>, status: number]>([
    ["no list", {}, 200],
    ["its subject", { subjects: ["CN=bob", "CN=ann,O=Shop"] }, 200],
    ["another subject", { subjects: ["CN=bob"] }, 403],
    ["a part of its subject", { subjects: ["CN=ann"] }, 403],
    ["its issuer", { issuers: ["CN=Shop CA,O=Shop"] }, 200],
    ["another issuer", { issuers: ["CN=Shop CA"] }, 403],
    ["its fingerprint", { fingerprints: [VERIFIED.certFingerprintSHA256] }, 200],
    ["another fingerprint", { fingerprints: ["0".repeat(64)] }, 403],
    ["one of its names", { subjectAltNames: ["URI:spiffe://shop/ann"] }, 200],
    ["another name", { subjectAltNames: ["URI:spiffe://shop/bob"] }, 403],
    ["one list that fits and one that does not", { subjects: ["CN=ann,O=Shop"], issuers: ["CN=Evil"] }, 403],
    ["a pattern", { subjectPattern: "CN=(ann|bob)" }, 200],
    ["another pattern", { subjectPattern: "CN=(carl|bob)" }, 403],
    ["a pattern in the other case", { subjectPattern: "CN=Ann" }, 403],
  ])("%s", async (_, policy, status) => expect(await statusOf(one, policy)).toBe(status));

  test.each<[what: string, certificate: object, policy: Partial<ClientCertificate>]>([
    ["subject", { certSubjectDNRFC2253: undefined }, { subjects: ["CN=ann,O=Shop"] }],
    ["issuer", { certIssuerDNRFC2253: undefined }, { issuers: ["CN=Shop CA,O=Shop"] }],
    ["fingerprint", { certFingerprintSHA256: undefined }, { fingerprints: [VERIFIED.certFingerprintSHA256] }],
    ["certificate, for it is too large", { certRFC9440: "" }, { subjectAltNames: ["DNS:ann.example.com"] }],
    ["names, for it is cut", { certRFC9440: `:${ANN.slice(0, 400)}:` }, { subjectAltNames: ["DNS:ann.example.com"] }],
    ["names", { certRFC9440: `:${BOB}:` }, { subjectAltNames: ["DNS:ann.example.com"] }],
  ])("a platform that does not tell its %s", async (_, certificate, policy) => {
    expect(await statusOf({ certificate: { ...VERIFIED, ...certificate } }, policy)).toBe(403);
  });

  test("a pattern meets a name beyond ASCII as nginx writes it", async () => {
    const certificate = { ...VERIFIED, certSubjectDNRFC2253: "CN=Zo\u00eb" };
    expect(await statusOf({ certificate }, { subjectPattern: String.raw`CN=Zo\\C3\\AB$` })).toBe(200);
    expect(await statusOf({ certificate }, { subjectPattern: "CN=Zo.$" })).toBe(403);
  });

  test("fingerprints are compared without colons and letters' case", async () => {
    const certFingerprintSHA256 = VERIFIED.certFingerprintSHA256.toUpperCase().replace(/..(?!$)/g, "$&:");
    const fingerprints = [VERIFIED.certFingerprintSHA256];
    expect(await statusOf({ certificate: { ...VERIFIED, certFingerprintSHA256 } }, { fingerprints })).toBe(200);
  });
});

describe("where it is optional", () => {
  const OPTIONAL = { mode: "Optional" } as const;
  test.each<[what: string, certificate: unknown, policy: Partial<ClientCertificate>, status: number]>([
    ["none is let in", NONE, {}, 200],
    ["nothing told is let in", undefined, {}, 200],
    ["one that is not verified is not", failed("self signed certificate"), {}, 400],
    ["a revoked one is not", { ...VERIFIED, certRevoked: "1" }, {}, 400],
    ["one of somebody else is not", VERIFIED, { subjects: ["CN=bob"] }, 403],
    ["none is let in beside a list", NONE, { subjects: ["CN=bob"] }, 200],
    ["none is not beside a pattern, as in nginx", NONE, { subjectPattern: "CN=bob" }, 403],
  ])("%s", async (_, certificate, policy, status) => {
    expect(await statusOf({ certificate }, { ...OPTIONAL, ...policy })).toBe(status);
  });

  const NO_CA = { mode: "OptionalNoCA" } as const;
  test.each<[what: string, certificate: unknown, policy: Partial<ClientCertificate>, status: number]>([
    ["a self-signed one is let in without an authority", failed("self signed certificate"), {}, 200],
    ["one of an unknown authority is", failed("unable to get local issuer certificate"), {}, 200],
    ["one that is too old is not", failed("certificate has expired"), {}, 400],
    ["a revoked one is not", { ...VERIFIED, certRevoked: "1" }, {}, 400],
    ["one that failed for no known reason is not", failed(""), {}, 400],
    ["a pinned one is", failed("self signed certificate"), { fingerprints: [VERIFIED.certFingerprintSHA256] }, 200],
    ["another one is not", failed("self signed certificate"), { fingerprints: ["0".repeat(64)] }, 403],
  ])("%s", async (_, certificate, policy, status) => {
    expect(await statusOf({ certificate }, { ...NO_CA, ...policy })).toBe(status);
  });
});

describe("the cluster is told", () => {
  const told = async (policy: Partial<ClientCertificate>, sent: Sent) => {
    const { ask, got } = edgeWith(policy);
    expect((await ask(sent)).status).toBe(200);
    const headers = got[0] as Headers;
    return Object.fromEntries(HEADERS.flatMap((name) => (headers.has(name) ? [[name, headers.get(name)]] : [])));
  };
  const FACTS = {
    "ssl-client-verify": "SUCCESS",
    "ssl-client-subject-dn": "CN=ann,O=Shop",
    "ssl-client-issuer-dn": "CN=Shop CA,O=Shop",
  };

  test("the facts", async () => expect(await told({}, { certificate: VERIFIED })).toEqual(FACTS));

  test("the certificate as nginx escapes it", async () => {
    const { "ssl-client-cert": escaped, ...rest } = await told(
      { certificateHeader: "ssl-client-cert" },
      { certificate: VERIFIED },
    );
    expect(rest).toEqual(FACTS);
    expect(escaped).toMatch(/^-----BEGIN%20CERTIFICATE-----%0AMII[%\w.~-]+-----END%20CERTIFICATE-----%0A$/);
    expect(
      decodeURIComponent(escaped as string)
        .split("\n")
        .slice(1, -2)
        .join(""),
    ).toBe(ANN);
  });

  test("the certificate as RFC 9440 has it", async () =>
    expect(await told({ certificateHeader: "client-cert" }, { certificate: VERIFIED })).toEqual({
      ...FACTS,
      "client-cert": `:${ANN}:`,
    }));

  test("that there is none", async () =>
    expect(await told({ mode: "Optional" }, { certificate: NONE })).toEqual({ "ssl-client-verify": "NONE" }));

  test("why it is not verified", async () =>
    expect(await told({ mode: "OptionalNoCA" }, { certificate: failed("self signed certificate") })).toMatchObject({
      "ssl-client-verify": "FAILED:self signed certificate",
    }));

  test("names beyond ASCII, and ones that would begin another header, in hex pairs", async () => {
    const certSubjectDNRFC2253 = "CN=Jörg\r\nX-Admin: 1 \u{1F511}";
    expect(await told({}, { certificate: { ...VERIFIED, certSubjectDNRFC2253 } })).toMatchObject({
      "ssl-client-subject-dn": "CN=J\\C3\\B6rg\\0D\\0AX-Admin: 1 \\F0\\9F\\94\\91",
    });
  });
});

describe("nobody can claim a certificate beside the facts:", () => {
  const SPELLINGS = [
    "ssl-client-subject-dn",
    "SSL-Client-Subject-DN",
    "ssl_client_subject_dn",
    "Ssl-Client_Subject-Dn",
    "ssl.client.subject.dn",
  ];
  test.each(SPELLINGS)("%s", async (name) => {
    const { ask, got } = edgeWith({ mode: "Optional" });
    const headers = new Headers([
      [name, "CN=root"],
      [name, "CN=admin"],
      ["connection", `close, ${name}`],
    ]);
    expect((await ask({ certificate: NONE, headers })).status).toBe(200);
    const passed = [...(got[0] as Headers)].filter(([, value]) => /root|admin/.test(value));
    expect(passed).toEqual([]);
  });

  test("and naming them in Connection does not take the edge's own away", async () => {
    const { ask, got } = edgeWith();
    const headers = { connection: "ssl-client-subject-dn, ssl-client-verify" };
    expect((await ask({ certificate: VERIFIED, headers })).status).toBe(200);
    expect(got[0]?.get("ssl-client-subject-dn")).toBe("CN=ann,O=Shop");
    expect(got[0]?.get("ssl-client-verify")).toBe("SUCCESS");
  });

  test.each(["ssl-client-verify", "ssl_client_verify", "client-cert", "Client_Cert", "cf-cert-verified"])(
    "%s, on a rule that asks for none",
    async (name) => {
      const got: Headers[] = [];
      const only = ({ headers }: Request) => {
        got.push(headers);
        return new Response("ok");
      };
      const edge = edgeOf({ rules: [{ hostname: "shop.test", path: "/", service: "web" }] }, { only });
      expect((await edge("http://shop.test/", { headers: { [name]: "SUCCESS" } })).status).toBe(200);
      expect([...(got[0] as Headers)].filter(([, value]) => value === "SUCCESS")).toEqual([]);
    },
  );
});

describe("beside other checks", () => {
  test("it holds whatever `satisfy` says", async () => {
    const access = { allow: { v4: [0, 0xffffffff], v6: [] }, deny: { v4: [], v6: [] } };
    const none = { allowCountries: [], denyCountries: [], allowAsns: [], denyAsns: [] };
    const more = { satisfy: "any", access: { ...access, ...none } } as const;
    expect(await statusOf({ certificate: NONE }, {}, more)).toBe(400);
    expect(await statusOf({ certificate: VERIFIED }, {}, more)).toBe(200);
  });

  const nothing = { methods: [], paths: [], headers: [], all: [], any: [], not: null };
  const onlyAnn = {
    authorization: {
      rules: [
        {
          action: "Allow",
          when: {
            ...nothing,
            principal: {
              by: ["clientCertificate"],
              providers: [],
              subjects: ["CN=ann,O=Shop"],
              claims: [{ name: "subjectAltNames", values: ["URI:spiffe://shop/ann"] }],
              scopes: [],
            },
          },
        },
      ],
    },
  } as const satisfies Partial<RulePolicies>;
  test.each<[what: string, certificate: unknown, mode: ClientCertificate["mode"], status: number]>([
    ["the one that is meant", VERIFIED, "Required", 200],
    ["another subject", { ...VERIFIED, certSubjectDNRFC2253: "CN=bob" }, "Required", 403],
    ["other names", { ...VERIFIED, certRFC9440: `:${BOB}:` }, "Required", 403],
    ["none", NONE, "Optional", 403],
    ["the same names, signed by nobody known", failed("self signed certificate"), "OptionalNoCA", 403],
  ])("it is who is authorized: %s", async (_, certificate, mode, status) => {
    expect(await statusOf({ certificate }, { mode }, onlyAnn)).toBe(status);
  });

  test("an error page is where 400 would be, and not where 403 is", async () => {
    vi.spyOn(console, "warn").mockImplementation(() => {});
    const { ask } = edgeWith({ errorPage: "https://help.test/certificates", subjects: ["CN=bob"] });
    const answer = await ask({ certificate: NONE });
    expect([answer.status, answer.headers.get("location")]).toEqual([302, "https://help.test/certificates"]);
    expect(answer.headers.get("cache-control")).toBe("no-store");
    expect((await ask({ certificate: VERIFIED })).status).toBe(403);
  });
});
