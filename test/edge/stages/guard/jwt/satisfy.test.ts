import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from "vitest";
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
});
