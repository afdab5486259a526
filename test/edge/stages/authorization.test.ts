import { describe, expect, test } from "vitest";
import { authorization } from "../../../src/edge/stages/authorization.ts";
import type { Identity } from "../../../src/edge/stages/guard/check.ts";
import type { Visit } from "../../../src/edge/stages/visit.ts";
import type { Authorization, Condition, Principal } from "../../../src/table/policies/authorization.ts";
import { DEFAULT_RULE_POLICIES } from "../../../src/table/policies/rule-policies.ts";
import { normaliseTarget } from "../../../src/table/target.ts";
import { edgeOf } from "../edge-of.ts";

const NOTHING: Condition = { principal: null, methods: [], paths: [], headers: [], all: [], any: [], not: null };
const when = (asked: Partial<Condition>): Condition => ({ ...NOTHING, ...asked });
const allow = (asked: Partial<Condition>) => ({ action: "Allow", when: when(asked) }) as const;
const deny = (asked: Partial<Condition>) => ({ action: "Deny", when: when(asked) }) as const;
const principal = (asked: Partial<Principal>): Partial<Condition> => ({
  principal: { by: [], providers: [], subjects: [], claims: [], scopes: [], ...asked },
});
const claim = (name: string, ...values: string[]) => principal({ claims: [{ name, values }] });
const under = (value: string): Partial<Condition> => ({ paths: [{ type: "PathPrefix", value }] });
const header = (name: string, ...values: string[]): Partial<Condition> => ({ headers: [{ name, values }] });

interface Sent {
  readonly method?: string;
  readonly path?: string;
  readonly headers?: readonly (readonly [string, string])[];
  readonly identities?: readonly Identity[];
  /** Whether the path of its rule is a regular expression. */
  readonly isPattern?: boolean;
}

/** Whether a request may pass; its path is taken as it came, which no `Request` would do. */
function passes(rules: Authorization["rules"], sent: Sent = {}): boolean {
  const { method = "GET", path = "/", headers = [], identities = [], isPattern = false } = sent;
  const normalised = normaliseTarget(`http://shop.test${path}`);
  if (!normalised.ok) throw new Error(normalised.reason);
  const request = new Request("http://shop.test/", { method, headers: headers.map(([name, value]) => [name, value]) });
  const rule = { pathType: isPattern ? "RegularExpression" : "PathPrefix" };
  const visit = { request, rule, target: normalised.target, identities } as unknown as Visit;
  const stage = authorization({ ...DEFAULT_RULE_POLICIES, authorization: { rules } });
  if (stage === null) throw new Error("there is no stage");
  const answer = stage.handle(visit);
  expect([null, "forbidden"]).toContain(answer);
  return answer === null;
}

const token = (claims: Readonly<Record<string, unknown>>, subject = "ann"): Identity => ({
  by: "jwt",
  provider: "corp",
  subject,
  claims,
});

describe("of several rules", () => {
  const get = { methods: ["GET"] };

  test("one that denies beats all that allow", () => {
    expect(passes([allow(get), deny(get), allow(get)])).toBe(false);
  });

  test("one that allows is enough", () => {
    expect(passes([allow({ methods: ["PUT"] }), allow(get)])).toBe(true);
  });

  test("where some allow, what none allows is denied", () => {
    expect(passes([allow({ methods: ["PUT"] })])).toBe(false);
    expect(passes([allow({ methods: ["PUT"] }), deny({ methods: ["POST"] })])).toBe(false);
  });

  test("where none allows, what none denies is allowed", () => {
    expect(passes([deny({ methods: ["PUT"] })])).toBe(true);
  });

  test("without any there is nothing to decide", () => {
    expect(authorization(DEFAULT_RULE_POLICIES)).toBeNull();
    expect(authorization({ ...DEFAULT_RULE_POLICIES, authorization: { rules: [] } })).toBeNull();
  });
});

describe("a condition holds", () => {
  const get = { methods: ["GET"] };
  const put = { methods: ["PUT"] };

  test.each<[what: string, condition: Partial<Condition>, holds: boolean]>([
    ["where all that stands in it does", { ...get, ...under("/") }, true],
    ["not where one of them does not", { ...put, ...under("/") }, false],
    ["by `all`, where each does", { all: [when(get), when(under("/"))] }, true],
    ["by `all`, not where one does not", { all: [when(get), when(put)] }, false],
    ["by `any`, where one does", { any: [when(put), when(get)] }, true],
    ["by `any`, not where none does", { any: [when(put), when(put)] }, false],
    ["by `not`, where it does not", { not: when(put) }, true],
    ["by `not`, not where it does", { not: when(get) }, false],
    ["by `not` of `not`", { not: when({ not: when(get) }) }, true],
    ["by `not` of `any`", { not: when({ any: [when(put), when({ methods: ["POST"] })] }) }, true],
    ["beside `not`, where both do", { ...get, not: when(put) }, true],
    ["beside `any`, not where that does not", { ...get, any: [when(put)] }, false],
  ])("%s", (_, condition, holds) => {
    expect(passes([allow(condition)])).toBe(holds);
    expect(passes([deny(condition)])).toBe(!holds);
  });
});

describe("a principal", () => {
  const ann = token({
    groups: ["staff", "admins"],
    email: "ann@corp.test",
    age: 7,
    verified: true,
    realm: { roles: ["a"] },
  });

  test.each<[what: string, asked: Partial<Condition>, identity: Identity, is: boolean]>([
    ["by its check", principal({ by: ["jwt"] }), ann, true],
    ["not by another check", principal({ by: ["basic"] }), ann, false],
    ["by its provider", principal({ providers: ["corp"] }), ann, true],
    ["not by another provider", principal({ providers: ["other"] }), ann, false],
    [
      "not by a provider where it has none",
      principal({ providers: ["corp"] }),
      { by: "basic", subject: "ann", claims: {} },
      false,
    ],
    ["by its subject", principal({ subjects: ["bob", "ann"] }), ann, true],
    ["not by another subject", principal({ subjects: ["bob"] }), ann, false],
    ["not by its subject in capitals", principal({ subjects: ["Ann"] }), ann, false],
    ["by a claim", claim("email", "ann@corp.test"), ann, true],
    ["by one of several values", claim("email", "x", "ann@corp.test"), ann, true],
    ["by one of a list", claim("groups", "admins"), ann, true],
    ["not by a part of a text", claim("email", "ann"), ann, false],
    ["not by the text of a list", claim("groups", "staff,admins"), ann, false],
    ["by a number", claim("age", "7"), ann, true],
    ["by a boolean", claim("verified", "true"), ann, true],
    ["by a claim within a claim", claim("realm.roles", "a"), ann, true],
    ["by a claim whose name has dots", claim("https://a.test/role", "b"), token({ "https://a.test/role": "b" }), true],
    ["not by a claim that is not there", claim("role", "undefined"), ann, false],
    ["not by null", claim("role", "null"), token({ role: null }), false],
    ["not by an object", claim("realm", "[object Object]"), ann, false],
    ["not by an object in a list", claim("role", "[object Object]"), token({ role: [{}] }), false],
    ["not by what every object has", claim("constructor.name", "Object"), ann, false],
    ["not by the length of a list", claim("groups.length", "2"), ann, false],
    ["not by the prototype", claim("__proto__.x", "y"), token(JSON.parse('{"a": {"__proto__": {"x": "y"}}}')), false],
    ["by scopes in a text", principal({ scopes: ["read", "write"] }), token({ scope: "write read" }), true],
    ["not by a scope that is part of one", principal({ scopes: ["read"] }), token({ scope: "read:all" }), false],
    ["not where one scope of two is there", principal({ scopes: ["read", "write"] }), token({ scope: "read" }), false],
    ["by scopes in a list", principal({ scopes: ["read"] }), token({ scp: ["read"] }), true],
    [
      "by scopes of a key",
      principal({ scopes: ["read"] }),
      { by: "apiKey", subject: "k", claims: { scopes: ["read"] } },
      true,
    ],
    ["not by scopes of the prototype", principal({ scopes: ["read"] }), token(Object.create({ scope: "read" })), false],
  ])("%s", (_, asked, identity, is) => {
    expect(passes([allow(asked)], { identities: [identity] })).toBe(is);
    expect(passes([deny(asked)], { identities: [identity] })).toBe(!is);
  });

  test("is nobody where nothing is proved", () => {
    expect(passes([allow(principal({ by: ["jwt"] }))])).toBe(false);
    expect(passes([allow({ not: when(principal({ subjects: ["eve"] })) })])).toBe(true);
  });

  test("is one identity, not the sum of two", () => {
    const identities = [token({ groups: ["admins"] }, "bob"), { by: "basic", subject: "ann", claims: {} }];
    const asked = principal({ subjects: ["ann"], claims: [{ name: "groups", values: ["admins"] }] });
    expect(passes([allow(asked)], { identities })).toBe(false);
    expect(
      passes([allow({ all: [when(principal({ subjects: ["ann"] })), when(claim("groups", "admins"))] })], {
        identities,
      }),
    ).toBe(true);
  });
});

describe("paths", () => {
  test.each<[path: string, isAdmin: boolean]>([
    ["/admin", true],
    ["/admin/", true],
    ["/admin/users", true],
    ["/%61dmin", true],
    ["/x/../admin", true],
    ["/administrator", false],
    ["/x/admin", false],
    ["/", false],
  ])("%s is below /admin: %s", (path, isAdmin) => {
    expect(passes([deny(under("/admin"))], { path })).toBe(!isAdmin);
    expect(passes([allow(under("/admin"))], { path })).toBe(isAdmin);
  });

  // One server takes these for a path below /admin, another does not: what denies holds for the one, what allows for both.
  test.each([
    "//admin",
    "/%2Fadmin",
    "/admin;x",
    "/admin;x/y",
    "/admin%2Fusers",
    "/%5Cadmin",
    "/;%2F/admin%3By",
    "/;/admin",
  ])("%s may be below /admin", (path) => {
    expect(passes([deny(under("/admin"))], { path })).toBe(false);
    expect(passes([allow(under("/admin"))], { path })).toBe(false);
    expect(passes([allow({ not: when(under("/admin")) })], { path })).toBe(false);
    expect(passes([deny({ not: when(under("/admin")) })], { path })).toBe(false);
  });

  test("Exact is that path and no other", () => {
    const exact: Partial<Condition> = { paths: [{ type: "Exact", value: "/a" }] };
    const taken = ["/a", "/a/", "/a/b", "/A", "/"].filter((path) => passes([allow(exact)], { path }));
    expect(taken).toEqual(["/a"]);
  });

  // Of a rule whose pattern takes them all, and may rewrite them to one path.
  test.each(["/API/admin", "/api/ADMIN/users", "//Api/Admin", "/api%2FAdmin", "/Api/admin;x"])(
    "where a pattern takes it, %s may be below /api/admin",
    (path) => {
      const sent = { path, isPattern: true };
      expect(passes([deny(under("/api/admin"))], sent)).toBe(false);
      expect(passes([deny(under("/API/Admin"))], sent)).toBe(false);
      expect(passes([allow(under("/api/admin"))], sent)).toBe(false);
      expect(passes([allow({ not: when(under("/api/admin")) })], sent)).toBe(false);
    },
  );

  test("where a pattern takes them, others are not, and letters count where there is none", () => {
    for (const path of ["/api", "/API/administrator", "/x/api/admin"]) {
      expect(passes([deny(under("/api/admin"))], { path, isPattern: true })).toBe(true);
    }
    expect(passes([allow(under("/api/admin"))], { path: "/api/admin/x", isPattern: true })).toBe(true);
    expect(passes([deny(under("/api/admin"))], { path: "/API/admin" })).toBe(true);
    const accented = { path: "/CAF%C3%A9%20x", isPattern: true };
    expect(passes([deny(under("/caf%C3%A9%20x"))], accented)).toBe(false);
    expect(passes([deny(under("/caf%C3%AA%20x"))], accented)).toBe(true);
  });

  test("no letters in another case lead past a rule to what it guards", async () => {
    const seen: string[] = [];
    const only = (request: Request) => {
      seen.push(new URL(request.url).pathname);
      return new Response("ok");
    };
    const policies = {
      pathRewrite: { template: "/$2", forwardedPrefix: "" },
      authorization: { rules: [deny(under("/api/admin"))] },
    };
    const pattern = {
      hostname: "shop.test",
      path: "^/api(/|$)(.*)",
      type: "RegularExpression",
      service: "web",
    } as const;
    const edge = edgeOf({ rules: [{ ...pattern, policies }], endpoints: { only: { mode: "service" } } }, { only });
    const ask = async (path: string) => (await edge(`http://shop.test${path}`)).status;
    expect([await ask("/api/admin"), await ask("/API/admin"), await ask("/API/shop")]).toEqual([403, 403, 200]);
    expect(seen).toEqual(["/shop"]);
  });

  test("the root is above all", () => {
    expect(passes([allow(under("/"))], { path: "/x//y;z" })).toBe(true);
  });
});

describe("methods", () => {
  test("are what the request says, in its letters", () => {
    expect(passes([deny({ methods: ["DELETE"] })], { method: "DELETE" })).toBe(false);
    expect(passes([allow({ methods: ["GET"] })], { method: "HEAD" })).toBe(false);
  });

  test.each(["x-http-method-override", "X-HTTP-Method", "x-method-override", "X_HTTP_Method_Override"])(
    "are also what %s says: some applications believe it",
    (name) => {
      const sent = { method: "POST", headers: [[name, "delete"]] } as const;
      expect(passes([deny({ methods: ["DELETE"] })], sent)).toBe(false);
      expect(passes([allow({ methods: ["POST"] })], sent)).toBe(false);
      expect(passes([allow({ methods: ["POST", "DELETE"] })], sent)).toBe(true);
    },
  );
});

describe("headers", () => {
  test.each<[what: string, headers: Sent["headers"], allowed: boolean, denied: boolean]>([
    ["one of the values", [["X-Env", "prod"]], true, true],
    ["another value", [["X-Env", "test"]], false, false],
    ["none", [], false, false],
    ["another header", [["X-Other", "prod"]], false, false],
    ["the value in capitals", [["X-Env", "PROD"]], false, false],
    [
      "the value and another one",
      [
        ["X-Env", "test"],
        ["X-Env", "prod"],
      ],
      false,
      true,
    ],
    ["both in one", [["X-Env", "test, prod"]], false, true],
    ["a name that some servers take for it", [["X_Env", "prod"]], false, true],
    [
      "two names, of which a server reads either",
      [
        ["X-Env", "prod"],
        ["X_Env", "test"],
      ],
      false,
      true,
    ],
  ])("%s", (_, headers, allowed, denied) => {
    expect(passes([allow(header("x-env", "prod", "stage"))], { headers: headers ?? [] })).toBe(allowed);
    expect(passes([deny(header("x-env", "prod", "stage"))], { headers: headers ?? [] })).toBe(!denied);
  });
});

test("it is asked through the edge, after the guard, and says 403", async () => {
  let asked = 0;
  const only = () => {
    asked++;
    return new Response("ok");
  };
  const apiKey = {
    from: [{ in: "header", name: "x-api-key", prefix: "" }],
    scopes: [],
    ownerHeader: "",
    forward: false,
  } as const;
  const policies = { authorization: { rules: [deny({ methods: ["DELETE"] })] } };
  const rules = [
    { hostname: "shop.test", path: "/", service: "web", policies },
    { hostname: "shop.test", path: "/keys", service: "web", policies: { ...policies, apiKey } },
  ];
  const edge = edgeOf({ rules }, { only });
  const statuses = [];
  for (const [method, path] of [
    ["GET", "/"],
    ["DELETE", "/"],
    ["DELETE", "/keys"],
  ]) {
    statuses.push((await edge(`http://shop.test${path}`, { method: method as string })).status);
  }
  expect([statuses, asked]).toEqual([[200, 403, 401], 1]);
});
