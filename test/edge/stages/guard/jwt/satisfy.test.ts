import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
import { inTable, NO_ACCESS_LISTS } from "../../../../../src/compiler/ir/access.ts";
import { hashOfKey } from "../../../../../src/table/api-keys.ts";
import { DEFAULT_API_KEY } from "../../../../../src/table/policies/api-key.ts";
import type { RulePolicies } from "../../../../../src/table/policies/rule-policies.ts";
import { edgeOf } from "../../../edge-of.ts";
import { providerOf, type Signer, signer, tokenOf } from "./tokens.ts";

/** A token and a key for one rule: both are needed, or one of them is enough. */
const KEY = `ei_${"a".repeat(12)}_${"b".repeat(43)}`;

let ours: Signer;
let theirs: Signer;
let record = "";

beforeAll(async () => {
  [ours, theirs] = await Promise.all([signer(), signer()]);
  const terms = { owner: "acme", scopes: [], plan: null, createdAt: "2026-01-01T00:00:00Z" };
  record = JSON.stringify({ hash: await hashOfKey(KEY), ...terms, expiresAt: null, revokedAt: null });
});

beforeEach(() => {
  vi.spyOn(console, "warn").mockImplementation(() => undefined);
});

afterEach(() => {
  vi.restoreAllMocks();
});

function edgeWhere(satisfy: RulePolicies["satisfy"]) {
  const claimsToHeaders = [{ claim: "sub", header: "x-user" }];
  const policies: Partial<RulePolicies> = {
    satisfy,
    jwt: { providers: [providerOf([ours], { claimsToHeaders })] },
    apiKey: { ...DEFAULT_API_KEY, ownerHeader: "x-owner" },
    identityHeaders: ["x-user", "x-owner"],
  };
  const rules = [{ hostname: "shop.test", path: "/", service: "shop", policies }];
  let told: readonly (string | null)[] = [];
  const answer = ({ headers }: Request) => {
    told = ["x-user", "x-owner"].map((name) => headers.get(name));
    return new Response("ok");
  };
  const edge = edgeOf({ rules }, { only: answer }, { EDGE_INGRESS_KEYS: { get: async () => record } });
  return async (headers: Readonly<Record<string, string>>) => {
    told = [];
    const { status } = await edge("http://shop.test/", { headers: { "x-user": "root", x_owner: "root", ...headers } });
    return [status, ...told];
  };
}

const bearer = async (by: Signer) => ({ authorization: `Bearer ${await tokenOf(by)}` });

describe("satisfy: all", () => {
  test("both are needed, and both tell the cluster", async () => {
    const ask = edgeWhere("all");
    expect(await ask({ ...(await bearer(ours)), "x-api-key": KEY })).toEqual([200, "alice", "acme"]);
    expect(await ask(await bearer(ours))).toEqual([401]);
    expect(await ask({ "x-api-key": KEY })).toEqual([401]);
    expect(await ask({ ...(await bearer(theirs)), "x-api-key": KEY })).toEqual([401]);
  });
});

describe("satisfy: any", () => {
  test("one is enough, and the header of the other is still nobody's to send", async () => {
    const ask = edgeWhere("any");
    expect(await ask(await bearer(ours))).toEqual([200, "alice", null]);
    expect(await ask({ "x-api-key": KEY })).toEqual([200, null, "acme"]);
    expect(await ask({ ...(await bearer(theirs)), "x-api-key": KEY })).toEqual([200, null, "acme"]);
    expect(await ask({ ...(await bearer(theirs)), "x-api-key": `${KEY}x` })).toEqual([401]);
    expect(await ask({})).toEqual([401]);
  });

  /** What a cluster gets of these names where the edge lets in whoever comes from 10.0.0.0/8. */
  async function forwarded(policies: Partial<RulePolicies>, url: string, headers: Readonly<Record<string, string>>) {
    const access = inTable({ ...NO_ACCESS_LISTS, allow: ["10.0.0.0/8"] });
    const rules = [
      { hostname: "shop.test", path: "/", service: "shop", policies: { satisfy: "any", access, ...policies } as const },
    ];
    const got: unknown[] = [];
    const only = (request: Request) => {
      const { search } = new URL(request.url);
      got.push(search, ...["authorization", "x-api-key", "cookie"].map((name) => request.headers.get(name)));
      return new Response("ok");
    };
    const edge = edgeOf({ rules }, { only }, { EDGE_INGRESS_KEYS: { get: async () => record } });
    await edge(`http://shop.test/${url}`, { headers });
    return got;
  }
  const inside = { "cf-connecting-ip": "10.1.1.1" };
  const places = [
    { in: "header", name: "x-api-key", prefix: "" },
    { in: "query", name: "key", prefix: "" },
    { in: "cookie", name: "key", prefix: "" },
  ] as const;

  test.each([false, true])("a key that nobody checked does not reach the cluster, forward: %s", async (forward) => {
    const policies = { apiKey: { ...DEFAULT_API_KEY, from: places, forward } };
    const sent = { ...inside, "x-api-key": `${KEY}x`, cookie: "key=x; theme=dark" };
    expect(await forwarded(policies, "?key=x&page=2", sent)).toEqual(["?page=2", null, null, "theme=dark"]);
  });

  test("nor does a token that nobody checked, where the credentials of another scheme do", async () => {
    const policies = { jwt: { providers: [providerOf([ours])] } };
    const other = { ...inside, authorization: "Digest x" };
    expect(await forwarded(policies, "", { ...inside, ...(await bearer(theirs)) })).toEqual(["", null, null, null]);
    expect(await forwarded(policies, "", other)).toEqual(["", "Digest x", null, null]);
  });

  test("nor does a key beside the token that was checked, and that one goes on", async () => {
    const apiKey = {
      ...DEFAULT_API_KEY,
      from: [...places, { in: "header", name: "authorization", prefix: "" }] as const,
    };
    const policies = { jwt: { providers: [providerOf([ours])] }, apiKey };
    const token = await bearer(ours);
    const sent = { ...token, "x-api-key": KEY, "cf-connecting-ip": "192.0.2.1" };
    expect(await forwarded(policies, "?key=x", sent)).toEqual(["", token.authorization, null, null]);
  });
});
