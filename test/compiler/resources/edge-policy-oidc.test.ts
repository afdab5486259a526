import { describe, expect, it } from "vitest";
import { DEFAULT_OIDC } from "../../../src/table/policies/oidc.ts";
import { load, marked, places } from "./documents.ts";

const policy = (oidc: string) =>
  `apiVersion: edge-ingress.dev/v1alpha1
kind: EdgePolicy
metadata: { name: a, namespace: shop }
spec: { targetRefs: [{ kind: Edge }], oidc: ${oidc} }`;

const PROVIDER = 'provider: { issuer: "https://a.test" }';
const REST = "clientID: shop, clientSecretRef: { name: b }, session: { secretRef: { name: b } }";
const withMore = (more: string) => policy(`{ ${PROVIDER}, ${REST}, ${more} }`);
const withIssuer = (issuer: string) => policy(`{ provider: { issuer: ${issuer} }, ${REST} }`);

const REJECTED: readonly (readonly [what: string, code: string, text: string])[] = [
  ["null, which guards nothing", "EI1207", policy("▸null")],
  ["no provider", "EI1207", policy(`▸{ ${REST} }`)],
  [
    "no client",
    "EI1207",
    policy(`▸{ ${PROVIDER}, clientSecretRef: { name: b }, session: { secretRef: { name: b } } }`),
  ],
  ["no client secret", "EI1207", policy(`▸{ ${PROVIDER}, clientID: a, session: { secretRef: { name: b } } }`)],
  ["no keys of sessions", "EI1207", policy(`{ ${PROVIDER}, clientID: a, clientSecretRef: { name: b }, session: ▸{} }`)],
  ["the secret itself", "EI1206", withMore("▸clientSecret: HUNTER2")],
  ["an issuer in clear", "EI1277", withIssuer("▸http://a.test")],
  ["an issuer in clear that looks like this machine", "EI1277", withIssuer("▸http://localhost.a.test")],
  ["an issuer by address", "EI1277", withIssuer("▸https://192.0.2.1")],
  ["an issuer with a password", "EI1277", withIssuer("▸https://a:b@a.test")],
  ["an issuer with a query", "EI1277", withIssuer("▸https://a.test/?a")],
  ["an issuer with a fragment", "EI1277", withIssuer("▸https://a.test/#a")],
  ["an issuer that is none", "EI1277", withIssuer("▸a.test")],
  ["an issuer that is a script", "EI1277", withIssuer("▸javascript:alert(1)")],
  ["an empty client", "EI1237", policy(`{ ${PROVIDER}, ${REST.replace("shop", '▸""')} }`)],
  ["a Secret of another namespace", "EI1237", policy(`{ ${PROVIDER}, ${REST.replace("name: b", "name: ▸blog/b")} }`)],
  ["no algorithm at all", "EI1270", withMore("algorithms: [RS256, ▸none]")],
  ["an algorithm of who knows the secret", "EI1270", withMore("algorithms: [▸HS256]")],
  ["an empty list of algorithms", "EI1239", withMore("algorithms: ▸[]")],
  ["a scope with a space", "EI1237", withMore('scopes: [▸"openid email"]')],
  ["a path that is none", "EI1237", withMore("redirectPath: ▸callback")],
  ["a URL for a path", "EI1237", withMore("redirectPath: ▸https://a.test/callback")],
  ["a path with a query", "EI1237", withMore('redirectPath: ▸"/a?b"')],
  ["a path that is another one", "EI1237", withMore("redirectPath: ▸/a/../b")],
  ["a path with double slashes", "EI1237", withMore("redirectPath: ▸//a")],
  ["a path with needless escapes", "EI1237", withMore("redirectPath: ▸/%61")],
  ["the root as callback", "EI1237", withMore("redirectPath: ▸/")],
  ["a way out to another host", "EI1237", withMore("postLogoutPath: ▸//evil.test")],
  ["a way out that servers read so", "EI1237", withMore("postLogoutPath: ▸'/\\evil.test'")],
  ["one path for both", "EI1239", withMore("redirectPath: /a, logoutPath: ▸/a")],
  ["one path for both by default", "EI1239", withMore("redirectPath: ▸/oauth2/logout")],
  ["one cookie for both", "EI1239", withMore("cookieNames: { session: a, login: ▸a }")],
  ["a cookie with its prefix", "EI1237", withMore("cookieNames: { session: ▸__Host-a }")],
  ["a cookie with a dot", "EI1237", withMore("cookieNames: { session: ▸a.b }")],
  ["a cookie that is none", "EI1237", withMore("cookieNames: { login: ▸'a;b' }")],
  [
    "a time without unit",
    "EI1205",
    policy(`{ ${PROVIDER}, ${REST.replace("{ secretRef", "{ idleTimeout: ▸60, secretRef")} }`),
  ],
  [
    "a time that is too long",
    "EI1233",
    policy(`{ ${PROVIDER}, ${REST.replace("{ secretRef", "{ absoluteTimeout: ▸9000h, secretRef")} }`),
  ],
  [
    "an idle time that no session can have",
    "EI1239",
    policy(`{ ${PROVIDER}, ${REST.replace("{ secretRef", "{ absoluteTimeout: 1h, idleTimeout: ▸2h, secretRef")} }`),
  ],
  ["a header that says something else", "EI1275", withMore("claimsToHeaders: [{ claim: sub, header: ▸Cookie }]")],
  ["a field of Envoy Gateway that is another one here", "EI1206", withMore("▸redirectURL: https://a.test/callback")],
];

describe("spec.oidc of an EdgePolicy", () => {
  it.each(REJECTED)("is refused with %s", (_, code, text) => {
    const { text: plain, marks } = marked(text);
    const { resources, diagnostics } = load(plain);
    expect(diagnostics.map((each) => each.code)).toContain(code);
    expect(places(diagnostics).map((place) => place.split(" ")[1])).toEqual(expect.arrayContaining([marks[0]]));
    expect(JSON.stringify(diagnostics)).not.toContain("HUNTER2");
    expect(resources.edgePolicies).toEqual([]);
  });

  it("has defaults, Secrets of its own namespace, and cookies of its own name", () => {
    const [setting] = load(policy(`{ ${PROVIDER}, ${REST} }`)).resources.edgePolicies[0]?.body.settings ?? [];
    const secret = { name: "shop/b", binding: expect.stringMatching(/^SECRET_SHOP_B_[0-9A-F]{8}$/) };
    expect(setting).toEqual({
      field: "oidc",
      value: {
        ...DEFAULT_OIDC,
        name: "shop/a",
        issuer: "https://a.test",
        clientId: "shop",
        clientSecret: { secret, key: "client-secret" },
        sessionKeys: { secret, key: "session-keys" },
        cookieNames: {
          session: expect.stringMatching(/^ei-session-[0-9a-f]{8}$/),
          login: expect.stringMatching(/^ei-login-[0-9a-f]{8}$/),
        },
      },
    });
  });

  it("takes an issuer of this machine in clear, asks for openid always, and gives times in seconds", () => {
    const text = policy(
      `{ provider: { issuer: "http://127.0.0.1:9000" }, ${REST.replace("{ secretRef", "{ idleTimeout: 90s, secretRef")}, scopes: [email, openid] }`,
    );
    const [setting] = load(text).resources.edgePolicies[0]?.body.settings ?? [];
    expect(setting?.value).toMatchObject({ scopes: ["openid", "email"], idleTimeout: 90 });
  });
});
