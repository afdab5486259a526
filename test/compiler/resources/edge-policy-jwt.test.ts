import { generateKeyPairSync, type JsonWebKey } from "node:crypto";
import { describe, expect, test } from "vitest";
import { formatText } from "../../../src/compiler/diagnostics/text.ts";
import { EVERY_CLUSTER } from "../../../src/compiler/ir/scope.ts";
import { loadResources } from "../../../src/compiler/resources/load.ts";
import { parseYaml } from "../../../src/compiler/sources/parse-yaml.ts";
import { DEFAULT_JWT_PROVIDER } from "../../../src/table/policies/jwt.ts";

function loaded(spec: object) {
  const written = { apiVersion: "edge-ingress.dev/v1alpha1", kind: "EdgePolicy", metadata: { name: "a" } };
  const text = JSON.stringify({ ...written, spec: { targetRefs: [{ kind: "Edge" }], ...spec } }, null, 2);
  const file = { name: "in.yaml", realPath: null, text };
  const { resources, diagnostics } = loadResources(parseYaml(file).documents, () => EVERY_CLUSTER);
  return { settings: resources.edgePolicies[0]?.body.settings ?? null, diagnostics, file };
}

const ec = generateKeyPairSync("ec", { namedCurve: "P-256" });
const rsa = generateKeyPairSync("rsa", { modulusLength: 2048 });
const weak = generateKeyPairSync("rsa", { modulusLength: 1024 });
const ed = generateKeyPairSync("ed25519");
const jwkOf = ({ publicKey }: { publicKey: typeof ec.publicKey }, more: object = {}): JsonWebKey => ({
  ...publicKey.export({ format: "jwk" }),
  kid: "one",
  ...more,
});

const URI = "https://issuer.example.com/jwks.json";
const BASE = { name: "main", issuer: "https://issuer.example.com", audiences: ["shop"], jwks: { uri: URI } };

/** `CODE path message` of a provider that differs as said. */
function saidOf(more: object): string[] {
  return loaded({ jwt: { providers: [{ ...BASE, ...more }] } }).diagnostics.map(
    ({ code, message }) => `${code} ${message}`,
  );
}

const withKeys = (...keys: readonly unknown[]) => saidOf({ jwks: { inline: { keys } } });

describe("a provider", () => {
  test("with nothing but what it needs has the defaults", () => {
    const { settings, diagnostics } = loaded({ jwt: { providers: [BASE] } });
    expect(diagnostics).toEqual([]);
    const jwks = { uri: URI, keys: [] };
    expect(settings).toEqual([{ field: "jwt", value: { providers: [{ ...DEFAULT_JWT_PROVIDER, ...BASE, jwks }] } }]);
  });

  test("with everything", () => {
    const written = {
      ...BASE,
      algorithms: ["ES256", "PS512"],
      clockSkew: "90s",
      from: [{ header: "Authorization" }, { header: "X-Token", prefix: "Token " }, { cookie: "token" }, { query: "t" }],
      claimsToHeaders: [{ claim: "realm_access.roles", header: "X-Roles" }],
      forward: false,
    };
    const [setting] = loaded({ jwt: { providers: [written] } }).settings ?? [];
    expect(setting?.value).toMatchObject({
      providers: [
        {
          algorithms: ["ES256", "PS512"],
          clockSkew: 90,
          from: [
            { in: "header", name: "authorization", prefix: "Bearer " },
            { in: "header", name: "x-token", prefix: "Token " },
            { in: "cookie", name: "token", prefix: "" },
            { in: "query", name: "t", prefix: "" },
          ],
          claimsToHeaders: [{ claim: "realm_access.roles", header: "x-roles" }],
          forward: false,
        },
      ],
    });
  });

  test.each(["jwt", "apiKey"])("%s with nothing behind it is an error: the routes would be open", (field) => {
    const { settings, diagnostics } = loaded({ [field]: null });
    expect([settings, diagnostics.map(({ code }) => code)]).toEqual([null, ["EI1207"]]);
  });

  test.each<[string, object, string]>([
    ["no providers", { providers: [] }, "EI1239 no token fits an empty list of providers"],
    ["two of one name", { providers: [BASE, BASE] }, 'EI1239 two providers are named "main"'],
    ["no list", {}, "EI1207 spec.jwt.providers is missing"],
    ["another field", { providers: [BASE], optional: true }, 'EI1206 unknown field "optional"'],
  ])("%s", (_, jwt, says) => {
    expect(loaded({ jwt }).diagnostics.map(({ code, message }) => `${code} ${message}`)).toEqual([says]);
  });

  test("without audiences is a warning, for tokens of any application are let in", () => {
    expect(saidOf({ audiences: undefined })).toEqual([
      "EI1274 tokens of main are let in whoever they are for: the provider has no audiences",
    ]);
    expect(saidOf({ audiences: null })).toEqual(["EI1207 spec.jwt.providers[0].audiences is missing"]);
    expect(saidOf({ audiences: [] })).toEqual(["EI1239 no token fits an empty list of audiences"]);
    expect(saidOf({ audiences: [""] })).toEqual(['EI1237 the audience "" must not be empty']);
  });

  test.each([
    ["", "must not be empty"],
    [" https://issuer.example.com", "must have no invisible characters"],
    ["https://issuer\u200b.example.com", "must have no invisible characters"],
  ])("the issuer %j", (issuer, says) => {
    expect(saidOf({ issuer })).toEqual([`EI1237 the issuer ${JSON.stringify(issuer)} ${says}`]);
  });
});

describe("algorithms", () => {
  test.each(["none", "NONE", "None", "HS256", "hs256", "HS384", "HS512"])("%s is refused", (name) => {
    expect(saidOf({ algorithms: ["RS256", name] })).toEqual([`EI1270 the algorithm "${name}" is not safe`]);
  });

  test("unknown ones are refused too, and an empty list", () => {
    expect(saidOf({ algorithms: ["rs256"] })[0]).toMatch(/^EI1208 "rs256" is not one of RS256, /);
    expect(saidOf({ algorithms: ["ES256K"] })[0]).toMatch(/^EI1208 /);
    expect(saidOf({ algorithms: [] })).toEqual(["EI1239 no token fits an empty list of algorithms"]);
  });
});

describe("keys by URL", () => {
  test.each([
    "http://127.0.0.1:9000/jwks.json",
    "http://localhost/jwks",
    "http://[::1]:1/jwks",
    "https://issuer.example.com:8443/keys?p=policy",
  ])("%s", (uri) => {
    expect(saidOf({ jwks: { uri } })).toEqual([]);
  });

  test.each([
    ["http://issuer.example.com/jwks.json", "must begin with https://"],
    ["http://localhost.example.com/jwks.json", "must begin with https://"],
    ["http://127.0.0.1.example.com/", "must begin with https://"],
    ["ftp://issuer.example.com/", "must begin with https://"],
    ["file:///etc/keys.json", "must begin with https://"],
    ["data:application/json,{}", "must begin with https://"],
    ["https://192.0.2.1/jwks.json", "must have a name as its host"],
    ["https://[2001:db8::1]/jwks.json", "must have a name as its host"],
    ["https://0xc0.0.2.1/jwks.json", "must have a name as its host"],
    ["https://issuer.example.com/jwks.json#keys", "must not have a fragment"],
    ["/jwks.json", "must be a URL"],
    ["issuer.example.com", "must be a URL"],
    ["", "must be a URL"],
  ])("%s", (uri, says) => {
    const said = saidOf({ jwks: { uri } });
    expect(said).toEqual([expect.stringContaining(says)]);
    expect(said[0]).toMatch(/^EI1273 /);
  });

  test("a password is refused and not shown", () => {
    const { diagnostics, file } = loaded({
      jwt: { providers: [{ ...BASE, jwks: { uri: "https://a:HUNTER2@b.test/" } }] },
    });
    expect(diagnostics.map(({ code }) => code)).toEqual(["EI1273"]);
    expect(formatText(diagnostics, [file])).not.toContain("HUNTER2");
  });

  test.each([{}, { uri: URI, inline: { keys: [jwkOf(ec)] } }, { uri: null, inline: null }])(
    "and inline: %j",
    (jwks) => {
      expect(saidOf({ jwks })).toEqual(["EI1276 jwks has exactly one of uri and inline"]);
    },
  );
});

describe("keys inline", () => {
  test("are kept with what is public of them alone, in one form", () => {
    const key = jwkOf(ec, { use: "sig", alg: "ES256", x5c: ["AAAA"], ext: true });
    const [setting] = loaded({ jwt: { providers: [{ ...BASE, jwks: { inline: { keys: [key] } } }] } }).settings ?? [];
    const { kty, kid, crv, x, y } = key;
    const kept = JSON.stringify({ kty, kid, alg: "ES256", use: "sig", crv, x, y });
    expect(setting?.value).toMatchObject({ providers: [{ jwks: { uri: "", keys: [kept] } }] });
  });

  test("of all types", () => {
    expect(withKeys(jwkOf(ec), jwkOf(rsa, { kid: "two" }), jwkOf(ed, { kid: "three" }))).toEqual([]);
  });

  test.each<[string, readonly unknown[], string]>([
    ["none", [], "EI1272 it must be a JSON Web Key Set"],
    ["no object", ["key"], "EI1272 a key must be an object"],
    ["of no type", [{}], "EI1272 the kty of a key must be RSA, EC or OKP"],
    ["of an inherited type", [{ kty: "constructor" }], "EI1272 the kty of a key must be RSA, EC or OKP"],
    ["without a member", [{ ...jwkOf(ec), y: undefined }], "EI1272 y of a key must be a text"],
    [
      "that are no point of the curve",
      [{ ...jwkOf(ec), y: jwkOf(ec).x }],
      "EI1272 its members are no key of that type",
    ],
    ["on another curve", [{ ...jwkOf(ec), crv: "secp256k1" }], "EI1272 the crv of a key must be P-256"],
    ["for encryption", [jwkOf(rsa, { use: "enc" })], "EI1272 the use of a key must be sig"],
    ["of another algorithm than their type", [jwkOf(rsa, { alg: "ES256" })], "EI1272 the alg of a key must fit"],
    ["of an algorithm with a shared key", [jwkOf(rsa, { alg: "HS256" })], "EI1272 the alg of a key must fit"],
    ["that are too short", [jwkOf(weak)], "EI1272 an RSA key must have 2048 bits, not 1024"],
    ["with one kid", [jwkOf(ec), jwkOf(rsa)], "EI1272 two keys have the same kid"],
    ["without a kid", [jwkOf(ec, { kid: undefined }), jwkOf(rsa, { kid: undefined })], "EI1272 two keys have no kid"],
    ["with a kid that is a number", [jwkOf(ec, { kid: 1 })], "EI1272 kid of a key must be a text"],
  ])("%s", (_, keys, says) => {
    expect(withKeys(...keys)).toEqual([expect.stringContaining(says)]);
  });

  test.each([["a text"], [[]], [{}], [{ keys: {} }], [7]])("%j is no key set", (inline) => {
    expect(saidOf({ jwks: { inline } })).toEqual([expect.stringMatching(/^EI1272 it must be a JSON Web Key Set/)]);
  });

  test("that fit none of the algorithms", () => {
    expect(saidOf({ jwks: { inline: { keys: [jwkOf(ec)] } }, algorithms: ["RS256"] })).toEqual([
      "EI1239 none of the keys can be used with RS256",
    ]);
  });

  const privateKeys: readonly [string, JsonWebKey][] = [
    ["EC", { ...ec.privateKey.export({ format: "jwk" }), kid: "one" }],
    ["RSA", { ...rsa.privateKey.export({ format: "jwk" }), kid: "one" }],
    ["OKP", { ...ed.privateKey.export({ format: "jwk" }), kid: "one" }],
    ["oct", { kty: "oct", kid: "one", k: "SFVOVEVSMi1IVU5URVIyLUhVTlRFUjI" }],
  ];
  test.each(privateKeys)("a private key (%s) is an error, and shown nowhere", (_, key) => {
    const { diagnostics, file } = loaded({ jwt: { providers: [{ ...BASE, jwks: { inline: { keys: [key] } } }] } });
    expect(diagnostics.map(({ code }) => code)).toEqual(["EI1271"]);
    const shown = formatText(diagnostics, [file]) + JSON.stringify(diagnostics);
    const { kty: _kty, kid: _kid, crv: _crv, e: _e, ...members } = key;
    for (const value of Object.values(members)) expect(shown).not.toContain(String(value).slice(0, 12));
  });

  test.each(privateKeys)("nor by an error elsewhere in the document (%s, block style)", (_, key) => {
    const lines = Object.entries(key).map(([name, value]) => `              ${name}: ${value}`);
    const text = `apiVersion: edge-ingress.dev/v1alpha1
kind: EdgePolicy
metadata: { name: a }
spec:
  targetRefs: [{ kind: Edge }]
  jwt:
    providers:
      - name: main
        issuer: 7
        jwks:
          inline:
            keys:
            -
${lines.join("\n")}
              wrong: [
`;
    const file = { name: "in.yaml", realPath: null, text };
    const parsed = parseYaml(file);
    const { diagnostics } = loadResources(parsed.documents, () => EVERY_CLUSTER);
    const shown = formatText([...parsed.diagnostics, ...diagnostics], [file]);
    expect(shown).not.toBe("");
    for (const secret of ["d", "k", "p", "q", "dp", "dq", "qi"]) {
      const value = (key as Record<string, unknown>)[secret];
      if (value !== undefined) expect(shown).not.toContain(String(value).slice(0, 12));
    }
  });
});

describe("the clock skew", () => {
  test.each([
    ["0s", []],
    ["5m", []],
    ["6m", ["EI1233 the clock skew 6m must be from 1s to 5m, or 0s"]],
    ["500ms", ["EI1233 the clock skew 500ms must be from 1s to 5m, or 0s"]],
    ["-1s", ['EI1237 the clock skew "-1s" must be a duration, as in 500ms, 10s or 1m30s']],
  ])("%s", (clockSkew, says) => {
    expect(saidOf({ clockSkew })).toEqual(says);
  });
});

describe("places of tokens", () => {
  const place = "EI1276 a place has exactly one of header, cookie, query";
  test.each<[unknown, string]>([
    [[], "EI1276 there must be at least one place"],
    [[{}], place],
    [[{ header: "a", cookie: "b" }], place],
    [[{ prefix: "Bearer " }], place],
    [[{ cookie: "a", prefix: "b" }], "EI1239 only what stands in a header has a prefix"],
    [
      [{ header: "Cookie" }],
      'EI1237 the header "Cookie" is none for credentials; a cookie is written as `cookie: name`',
    ],
    [[{ header: "x token" }], "EI1237 the header"],
    [[{ header: "X-T\u043eken" }], "EI1237 the header"],
    [[{ header: "a", prefix: "a,b" }], "EI1237 the prefix"],
    [[{ header: "a", prefix: "a\n" }], "EI1237 the prefix"],
    [[{ cookie: "a=b" }], "EI1237 the cookie"],
    [[{ query: "a&b" }], "EI1237 the query parameter"],
    [[{ query: "" }], "EI1237 the query parameter"],
    [[{ query: "a" }, { query: "a" }], "EI1239 the same place stands there already"],
    [[{ header: "A" }, { header: "a" }], "EI1239 the same place stands there already"],
  ])("%j", (from, says) => {
    expect(saidOf({ from })).toEqual([expect.stringContaining(says)]);
  });
});

describe("headers that tell claims", () => {
  test.each([
    "Authorization",
    "authorization",
    "Cookie",
    "Set-Cookie",
    "Host",
    "Content-Length",
    "Content_Type",
    "Transfer-Encoding",
    "Connection",
    "X-Forwarded-For",
    "X_Forwarded_User",
    "x-real-ip",
    "X-Request-Id",
    "X-Original-URL",
    "X-HTTP-Method-Override",
    "CF-Connecting-IP",
    "Accept",
    "Accept-Language",
    "Proxy-Authorization",
    "Sec-Fetch-Site",
    "Traceparent",
  ])("%s is refused: it says something else", (header) => {
    const said = saidOf({ claimsToHeaders: [{ claim: "sub", header }] });
    expect(said).toEqual([expect.stringMatching(/^EI1275 the header ".*" says something else/)]);
  });

  test.each(["", "x user", "x-us\u0435r", "x:user", "x\nuser"])("%j is no header", (header) => {
    expect(saidOf({ claimsToHeaders: [{ claim: "sub", header }] })[0]).toMatch(/^EI1275 the header /);
  });

  test("two claims in one header, also in another spelling", () => {
    const claimsToHeaders = [
      { claim: "sub", header: "X-User" },
      { claim: "email", header: "x_user" },
    ];
    expect(saidOf({ claimsToHeaders })).toEqual(["EI1239 the header x-user has a claim already"]);
  });

  test.each(["", "a\u0000", " a"])("the claim %j", (claim) => {
    expect(saidOf({ claimsToHeaders: [{ claim, header: "X-User" }] })[0]).toMatch(/^EI1237 the claim /);
  });
});
