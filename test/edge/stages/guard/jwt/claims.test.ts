import { beforeAll, beforeEach, describe, expect, type MockInstance, test, vi } from "vitest";
import { claimAt, headerValueOf } from "../../../../../src/edge/stages/guard/jwt/claims.ts";
import { guardedBy, providerOf, type Signer, signer, tokenOf } from "./tokens.ts";

describe("a claim as the value of a header", () => {
  test.each<[unknown, string | null]>([
    ["alice", "alice"],
    ['a b, c; d="e"', 'a b, c; d="e"'],
    [42, "42"],
    [1.5, "1.5"],
    [true, "true"],
    [["a", "b", 3], "a,b,3"],
    [["one"], "one"],
    [{ role: "admin", n: [1] }, '{"role":"admin","n":[1]}'],
    [[{ role: "admin" }], '[{"role":"admin"}]'],
    [["a", null], '["a",null]'],
    [["a", ["b"]], '["a",["b"]]'],
    ["J\u00f6rg 100%", "J%C3%B6rg 100%25"],
    ["\u{1f600}", "%F0%9F%98%80"],
    ["\u202eadmin", "%E2%80%AEadmin"],
    [{ name: "J\u00f6rg\n" }, '{"name":"J%C3%B6rg\\n"}'],
    // What a server might read otherwise is not told at all.
    ["", null],
    [[], null],
    [" admin", null],
    ["admin ", null],
    ["\u00a0admin", null],
    ["a\r\nX-Role: admin", null],
    ["a\nb", null],
    ["a\tb", null],
    ["a\u0000", null],
    ["a\u007f", null],
    ["a\u0085", null],
    ["a\ud800", null],
    [["a,admin"], null],
    [["a", " admin"], null],
    [["a", ""], null],
    [["a\nb"], null],
    ["a".repeat(4097), null],
    ["\u00f6".repeat(1000), null],
    [undefined, null],
    [null, null],
  ])("%j is %j", (claim, value) => {
    expect(headerValueOf(claim)).toBe(value);
    if (value !== null) expect(new Headers({ x: value }).get("x")).toBe(value);
  });
});

describe("the claim at", () => {
  const claims = JSON.parse(
    '{"a":{"b":{"c":1},"list":[7]},"a.b":"exact","https://x.test/roles":["r"],"__proto__":{"p":1},"n":null}',
  );
  test.each<[string, unknown]>([
    ["a", { b: { c: 1 }, list: [7] }],
    ["a.b", "exact"],
    ["a.b.c", 1],
    ["a.x", undefined],
    ["a.b.c.d", undefined],
    ["a.list.0", undefined],
    ["a.list.length", undefined],
    ["https://x.test/roles", ["r"]],
    ["n.x", undefined],
    ["toString", undefined],
    ["constructor.name", undefined],
    ["a.constructor", undefined],
    ["__proto__.p", 1],
    ["hasOwnProperty", undefined],
    ["", undefined],
  ])("%j", (path, value) => {
    expect(claimAt(claims, path)).toEqual(value);
  });
});

describe("headers for the cluster", () => {
  let ours: Signer;
  let ask: ReturnType<typeof guardedBy>;
  let log: MockInstance<typeof console.warn>;
  beforeAll(async () => {
    ours = await signer();
    const claimsToHeaders = [
      { claim: "sub", header: "x-user" },
      { claim: "realm_access.roles", header: "x-user-roles" },
    ];
    ask = guardedBy([providerOf([ours], { claimsToHeaders })]);
  });
  beforeEach(() => {
    log = vi.spyOn(console, "warn").mockImplementation(() => undefined);
  });

  const sentBy = async (claims: Record<string, unknown>, headers: Record<string, string> = {}) => {
    const token = await tokenOf(ours, { claims });
    const { seen } = await ask({ headers: { authorization: `Bearer ${token}`, ...headers } });
    const names = [...(seen?.headers ?? [])].filter(([name]) => /^x.user/.test(name));
    return Object.fromEntries(names);
  };

  test("claims of the token, nested ones too", async () => {
    const sent = await sentBy({ sub: "alice", realm_access: { roles: ["a", "b"] } });
    expect(sent).toEqual({ "x-user": "alice", "x-user-roles": "a,b" });
  });

  test("none of a client's own, in no spelling, with the claim and without", async () => {
    const forged = Object.fromEntries(
      ["x-user", "X_User", "x.user", "X-User_Roles", "x_user_roles", "x-user-roles"].map((name) => [name, "admin"]),
    );
    expect(await sentBy({ sub: "alice" }, forged)).toEqual({ "x-user": "alice" });
    expect(await sentBy({ sub: undefined }, forged)).toEqual({});
  });

  test("none by Connection, which would take the edge's own away on its way", async () => {
    expect(await sentBy({ sub: "alice" }, { connection: "x-user, x-user-roles" })).toEqual({ "x-user": "alice" });
  });

  test("a claim that can't be told faithfully is left out, and the log says which, not what", async () => {
    expect(await sentBy({ sub: "alice\r\nX-User-Roles: admin" })).toEqual({});
    expect(await sentBy({ realm_access: { roles: ["guest,admin"] } })).toEqual({ "x-user": "alice" });
    expect(log.mock.calls.map(([line]) => JSON.parse(line as string))).toMatchObject([
      { event: "claim-untold", claim: "sub" },
      { event: "claim-untold", claim: "realm_access.roles" },
    ]);
    expect(log.mock.calls.flat().join()).not.toContain("admin");
  });
});
