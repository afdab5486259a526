import { describe, expect, test } from "vitest";
import { explain, formatExplanation } from "../../../src/compiler/index.ts";
import { formatReport } from "../../../src/compiler/report.ts";
import { cluster, compiled, edgePolicy } from "../../support/compiled.ts";

const oidc = (more = "") =>
  `oidc: { provider: { issuer: "https://a.test" }, clientID: a, clientSecretRef: { name: login }, session: { secretRef: { name: login } }${more} }`;

const ingress = (name: string, paths: Readonly<Record<string, string>>, host = "shop.example.com") =>
  JSON.stringify({
    apiVersion: "networking.k8s.io/v1",
    kind: "Ingress",
    metadata: { name, namespace: "shop" },
    spec: {
      rules: [
        {
          host,
          http: {
            paths: Object.entries(paths).map(([path, pathType]) => ({
              path,
              pathType,
              backend: { service: { name: "web", port: { number: 80 } } },
            })),
          },
        },
      ],
    },
  });

const SECRET = (data: object) =>
  JSON.stringify({
    apiVersion: "v1",
    kind: "Secret",
    metadata: { name: "login", namespace: "shop" },
    stringData: data,
  });
const GOOD = SECRET({ "client-secret": "HUNTER2", "session-keys": "HUNTER2".repeat(6) });
const ON_SHOP = "{ kind: Host, name: shop.example.com }";

const compileAll = (...texts: readonly string[]) => compiled([cluster("eu"), ...texts].join("\n---\n"));
const errorsOf = ({ diagnostics }: ReturnType<typeof compileAll>) =>
  diagnostics.filter(({ severity }) => severity === "error").map(({ code, message }) => `${code} ${message}`);

describe("a login's paths", () => {
  test("are rules of each of its hosts, that no cluster answers, and all rules there keep its cookies back", () => {
    const policy = edgePolicy({ targets: "{ kind: Host, name: shop.example.com, path: /account }", sets: oidc() });
    const other = ingress("other", { "/": "Prefix" }, "other.example.com");
    const { output } = compileAll(ingress("shop", { "/": "Prefix", "/account": "Prefix" }), other, policy, GOOD);
    const rules = output?.router.hosts.map(({ hostname, rules: all }) => [
      hostname,
      all.map(({ rule, backends, policies }) => [
        rule.match.path.value,
        rule.role,
        backends.length,
        policies.oidc !== null,
        policies.edgeCookies.length,
      ]),
    ]);
    expect(rules).toEqual([
      ["other.example.com", [["/", "rule", 1, false, 0]]],
      [
        "shop.example.com",
        [
          ["/oauth2/callback", "login", 0, true, 2],
          ["/oauth2/logout", "login", 0, true, 2],
          ["/account", "rule", 1, true, 2],
          ["/", "rule", 1, false, 2],
        ],
      ],
    ]);
    for (const text of [formatReport(output?.report as never), Buffer.from(output?.table ?? []).toString("latin1")])
      expect(text).not.toContain("HUNTER2");
  });

  test.each([
    ["/oauth2/callback", "Exact"],
    ["/oauth2/callback", "Prefix"],
    ["/oauth2/logout", "Prefix"],
  ])("%s must not be those of a rule of type %s", (path, type) => {
    const policy = edgePolicy({ targets: ON_SHOP, sets: oidc() });
    const result = compileAll(ingress("shop", { "/": "Prefix" }), ingress("other", { [path]: type }), policy, GOOD);
    expect(errorsOf(result)).toEqual([
      `EI6030 EdgePolicy shop/policy answers ${path} of shop.example.com itself, which a rule of Ingress shop/other would send to a cluster`,
    ]);
    expect(result.output).toBeNull();
  });

  test("come before the patterns of a host with use-regex, and must be none of them", () => {
    const policy = edgePolicy({ targets: ON_SHOP, sets: oidc() });
    const patterns = (...paths: readonly string[]) => {
      const written = ingress("shop", Object.fromEntries(paths.map((path) => [path, "ImplementationSpecific"])));
      const annotations = { "nginx.ingress.kubernetes.io/use-regex": "true", "kubernetes.io/ingress.class": "nginx" };
      return written.replace('"name":"shop",', `"name":"shop","annotations":${JSON.stringify(annotations)},`);
    };
    const compileFor = (text: string) =>
      compiled([cluster("eu"), text, policy, GOOD].join("\n---\n"), { ingressClass: ["nginx"] });
    const { output } = compileFor(patterns("/.*"));
    const url = "https://shop.example.com/oauth2/callback";
    const text = formatExplanation(explain(output as never, { method: "GET", url, headers: [] }));
    expect(text).toContain("taken by Exact /oauth2/callback of shop.example.com");
    for (const path of ["/oauth2/callback", "/oauth2/callback$"]) {
      expect(errorsOf(compileFor(patterns("/.*", path)))).toEqual([
        expect.stringMatching(/^EI6030 .*\/oauth2\/callback/),
      ]);
    }
  });

  test("may stand below a rule's prefix", () => {
    const policy = edgePolicy({ targets: ON_SHOP, sets: oidc() });
    expect(errorsOf(compileAll(ingress("shop", { "/": "Prefix", "/oauth2": "Prefix" }), policy, GOOD))).toEqual([]);
  });

  test("must not be those of another login of the host, nor its cookies", () => {
    const one = edgePolicy({ name: "one", targets: "{ kind: Host, name: shop.example.com, path: /a }", sets: oidc() });
    const two = (more: string) =>
      edgePolicy({ name: "two", targets: "{ kind: Host, name: shop.example.com, path: /b }", sets: oidc(more) });
    const rules = ingress("shop", { "/a": "Prefix", "/b": "Prefix" });
    const says = (what: string) =>
      `EI6030 EdgePolicy shop/two and EdgePolicy shop/one both use ${what} of shop.example.com`;
    expect(errorsOf(compileAll(rules, one, two(""), GOOD))).toEqual([
      says("the path /oauth2/callback"),
      says("the path /oauth2/logout"),
    ]);
    const named = oidc(", cookieNames: { session: c }");
    const three = edgePolicy({ name: "one", targets: "{ kind: Host, name: shop.example.com, path: /a }", sets: named });
    const elsewhere = ", redirectPath: /b/callback, logoutPath: /b/logout";
    expect(errorsOf(compileAll(rules, three, two(`${elsewhere}, cookieNames: { login: c }`), GOOD))).toEqual([
      says("the cookie c"),
    ]);
    expect(errorsOf(compileAll(rules, one, two(elsewhere), GOOD))).toEqual([]);
  });
});

test("a limit may count by a claim of a login", () => {
  const limit = "rateLimit: { limits: [{ name: each, requests: 10, period: 1m, key: [{ claim: sub }] }] }";
  const rules = ingress("shop", { "/": "Prefix" });
  expect(errorsOf(compileAll(rules, edgePolicy({ targets: ON_SHOP, sets: `${oidc()}, ${limit}` }), GOOD))).toEqual([]);
  expect(errorsOf(compileAll(rules, edgePolicy({ targets: ON_SHOP, sets: limit }), GOOD))).toEqual([
    expect.stringMatching(/^EI6042 .* no jwt or oidc to prove one$/),
  ]);
});

test("Authorization is the edge's where the access token goes, unless another check reads it", () => {
  const headersWith = (more: string) => {
    const sets = `${oidc(", forwardAccessToken: true, claimsToHeaders: [{ claim: email, header: X-Email }]")}${more}`;
    const policy = edgePolicy({ targets: "{ kind: Host, name: shop.example.com, path: /a }", sets });
    const { output } = compileAll(ingress("shop", { "/": "Prefix", "/a": "Prefix" }), policy, GOOD);
    return output?.router.hosts[0]?.rules
      .filter(({ rule }) => rule.role === "rule")
      .map(({ policies }) => policies.identityHeaders);
  };
  expect(headersWith("")).toEqual([["authorization", "x-email"], ["x-email"]]);
  expect(headersWith(", satisfy: any, apiKey: {}")).toEqual([["x-email"], ["x-email"]]);
});

test("explain says that the edge answers them", () => {
  const policy = edgePolicy({ targets: ON_SHOP, sets: oidc() });
  const { output } = compileAll(ingress("shop", { "/": "Prefix" }), policy, GOOD);
  const url = "https://shop.example.com/oauth2/callback?code=x";
  const text = formatExplanation(explain(output as never, { method: "GET", url, headers: [] }));
  expect(text).toContain("taken by Exact /oauth2/callback of shop.example.com");
  expect(text).toContain("why: its path is exactly this one");
  expect(text).toContain("answered by the edge itself, for the login");
});

describe("a login's Secrets", () => {
  const policy = edgePolicy({ targets: ON_SHOP, sets: oidc() });
  const compileWith = (...secrets: readonly string[]) =>
    compileAll(ingress("shop", { "/": "Prefix" }), policy, ...secrets);

  test.each([
    ["no Secret", [], "EI7001"],
    ["no keys", [SECRET({ "client-secret": "HUNTER2" })], "EI7003"],
    ["no client secret", [SECRET({ "session-keys": "HUNTER2".repeat(6) })], "EI7003"],
    ["an empty client secret", [SECRET({ "client-secret": "\n", "session-keys": "HUNTER2".repeat(6) })], "EI7010"],
    ["a short key", [SECRET({ "client-secret": "HUNTER2", "session-keys": "HUNTER2" })], "EI7011"],
    [
      "a short key beside a long one",
      [SECRET({ "client-secret": "HUNTER2", "session-keys": `${"HUNTER2".repeat(6)}\nHUNTER2` })],
      "EI7011",
    ],
    [
      "too many keys",
      [SECRET({ "client-secret": "HUNTER2", "session-keys": Array(6).fill("HUNTER2".repeat(6)).join("\n") })],
      "EI7011",
    ],
  ])("%s stops the compile, and no value is shown", (_, secrets, code) => {
    const result = compileWith(...secrets);
    expect([
      ...new Set(result.diagnostics.filter(({ severity }) => severity === "error").map((each) => each.code)),
    ]).toEqual([code]);
    expect(result.output).toBeNull();
    expect(JSON.stringify(result.diagnostics)).not.toContain("HUNTER2");
  });

  test("are one with the keys that are needed", () => {
    const { output } = compileWith(GOOD);
    expect(output?.secrets.map(({ name, keys }) => [name, keys])).toEqual([
      ["shop/login", ["client-secret", "session-keys"]],
    ]);
  });
});

test("an authorization may ask who has logged in, on rules that have a login alone", () => {
  const by = "authorization: { rules: [{ action: Allow, when: { principal: { by: [oidc] } } }] }";
  const rules = ingress("shop", { "/": "Prefix" });
  const both = edgePolicy({ targets: ON_SHOP, sets: `${oidc()}, ${by}` });
  expect(errorsOf(compileAll(rules, both, GOOD))).toEqual([]);
  expect(errorsOf(compileAll(rules, edgePolicy({ targets: ON_SHOP, sets: by }), GOOD))).toEqual([
    expect.stringMatching(/^EI6010 .* no oidc to prove one$/),
  ]);
});
