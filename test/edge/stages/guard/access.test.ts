import { describe, expect, test } from "vitest";
import { type Access, inTable, NO_ACCESS_LISTS } from "../../../../src/compiler/ir/access.ts";
import type { RulePolicies } from "../../../../src/table/policies/rule-policies.ts";
import { edgeOf } from "../../edge-of.ts";

const edgeWith = (access: Partial<Access>, more: Partial<RulePolicies> = {}, trustedProxies: readonly string[] = []) =>
  edgeOf({
    rules: [
      {
        hostname: "shop.test",
        path: "/",
        service: "web",
        policies: { access: inTable({ ...NO_ACCESS_LISTS, ...access }), ...more },
      },
    ],
    trustedProxies,
  });

type Edge = ReturnType<typeof edgeWith>;

/** The status for a client of that address, of which the platform tells this. */
async function statusOf(edge: Edge, address: string | null, cf?: unknown, headers: Record<string, string> = {}) {
  const known = address === null ? {} : { "cf-connecting-ip": address };
  const init = { headers: { ...headers, ...known }, ...(cf !== undefined && { cf }) };
  return (await edge("http://shop.test/", init as RequestInit)).status;
}

/** Without what stands in for a client's address where the platform tells none. */
const unknownClient = { EDGE_INGRESS_LOCAL_CLIENT: undefined };

describe("lists of addresses", () => {
  test.each<[what: string, access: Partial<Access>, address: string, status: number]>([
    ["allow: within", { allow: ["10.0.0.0/8"] }, "10.1.2.3", 200],
    ["allow: outside", { allow: ["10.0.0.0/8"] }, "11.0.0.0", 403],
    ["allow: IPv6 outside of IPv4's lists", { allow: ["0.0.0.0/0"] }, "2001:db8::1", 403],
    ["allow: IPv6 within", { allow: ["2001:db8::/32"] }, "2001:db8:1::7", 200],
    ["allow: IPv4 mapped to IPv6", { allow: ["10.0.0.0/8"] }, "::ffff:10.0.0.1", 200],
    ["deny: within", { deny: ["10.0.0.0/8"] }, "10.1.2.3", 403],
    ["deny: outside", { deny: ["10.0.0.0/8"] }, "11.0.0.0", 200],
    ["deny: IPv4 mapped to IPv6", { deny: ["10.0.0.0/8"] }, "::ffff:a00:1", 403],
    ["deny beats allow", { allow: ["10.0.0.0/8"], deny: ["10.1.0.0/16"] }, "10.1.2.3", 403],
    ["both lists: allowed", { allow: ["10.0.0.0/8"], deny: ["10.1.0.0/16"] }, "10.2.0.1", 200],
    ["both lists: in neither", { allow: ["10.0.0.0/8"], deny: ["10.1.0.0/16"] }, "192.0.2.1", 403],
    ["what is no address is allowed by no list", { allow: ["0.0.0.0/0", "::/0"] }, "unknown", 403],
    ["what is no address is not beside a list", { deny: ["10.0.0.0/8"] }, "unknown", 403],
  ])("%s", async (_, access, address, status) => {
    expect(await statusOf(edgeWith(access), address)).toBe(status);
  });

  test.each<[what: string, access: Partial<Access>]>([
    ["an allow list", { allow: ["0.0.0.0/0", "::/0"] }],
    ["a deny list", { deny: ["10.0.0.0/8"] }],
  ])("a client of whom the platform tells no address is denied by %s", async (_, access) => {
    const rules = [{ hostname: "shop.test", path: "/", service: "web" }].map((rule) => ({
      ...rule,
      policies: { access: inTable({ ...NO_ACCESS_LISTS, ...access }) },
    }));
    expect(await statusOf(edgeOf({ rules }, undefined, unknownClient), null)).toBe(403);
    expect(await statusOf(edgeOf({ rules }, undefined, unknownClient), "192.0.2.1")).toBe(200);
  });

  test("the answer is the edge's own 403, which no cluster saw", async () => {
    let asked = 0;
    const only = () => {
      asked++;
      return new Response("ok");
    };
    const access = inTable({ ...NO_ACCESS_LISTS, allow: ["10.0.0.0/8"] });
    const edge = edgeOf(
      { rules: [{ hostname: "shop.test", path: "/", service: "web", policies: { access } }] },
      { only },
    );
    const answer = await edge("http://shop.test/", { headers: { "cf-connecting-ip": "192.0.2.1" } });
    expect([answer.status, answer.headers.get("content-type"), asked]).toEqual([403, "application/problem+json", 0]);
  });

  test("headers in which a client says who it is count for nothing", async () => {
    const edge = edgeWith({ allow: ["10.0.0.0/8"] });
    const names = ["x-forwarded-for", "x-real-ip", "forwarded", "true-client-ip", "x-client-ip", "cf-connecting-ipv6"];
    for (const name of names) {
      expect([name, await statusOf(edge, "192.0.2.1", undefined, { [name]: "10.0.0.1" })]).toEqual([name, 403]);
    }
  });

  test("behind a trusted proxy the client's address counts, not the proxy's", async () => {
    const edge = edgeWith({ allow: ["10.0.0.0/8"] }, {}, ["192.0.2.1"]);
    const forwarded = (chain: string) => statusOf(edge, "192.0.2.1", undefined, { "x-forwarded-for": chain });
    expect(await forwarded("10.0.0.1")).toBe(200);
    expect(await forwarded("10.0.0.1, 198.51.100.1")).toBe(403);
    expect(await forwarded("10.0.0.1, 192.0.2.1")).toBe(200);
    expect(await forwarded("10.0.0.1, unknown")).toBe(403);
    expect(await statusOf(edge, "198.51.100.1", undefined, { "x-forwarded-for": "10.0.0.1" })).toBe(403);
  });
});

describe("lists of countries and networks", () => {
  test.each<[what: string, access: Partial<Access>, cf: unknown, status: number]>([
    ["a country that is allowed", { allowCountries: ["DE", "FR"] }, { country: "FR" }, 200],
    ["one that is not", { allowCountries: ["DE", "FR"] }, { country: "IT" }, 403],
    ["one that is denied", { denyCountries: ["IT"] }, { country: "IT" }, 403],
    ["one that is not denied", { denyCountries: ["IT"] }, { country: "DE" }, 200],
    ["none told, where some are allowed", { allowCountries: ["DE"] }, {}, 403],
    ["none told, where some are denied", { denyCountries: ["IT"] }, {}, 403],
    ["nothing told at all", { denyCountries: ["IT"] }, undefined, 403],
    ["one that Cloudflare does not know", { denyCountries: ["IT"] }, { country: "XX" }, 403],
    ["one of a shape that is none", { denyCountries: ["IT"] }, { country: ["DE"] }, 403],
    ["one in small letters", { denyCountries: ["IT"] }, { country: "it" }, 403],
    ["Tor, where a country is denied", { denyCountries: ["IT"] }, { country: "T1" }, 403],
    ["Tor, where it is allowed", { allowCountries: ["T1"] }, { country: "T1" }, 200],
    ["a network that is allowed", { allowAsns: [64500] }, { asn: 64500 }, 200],
    ["one that is not", { allowAsns: [64500] }, { asn: 64501 }, 403],
    ["one that is denied", { denyAsns: [4294967295] }, { asn: 4294967295 }, 403],
    ["one that is not denied", { denyAsns: [64500] }, { asn: 64501 }, 200],
    ["none told, where some are denied", { denyAsns: [64500] }, { country: "DE" }, 403],
    ["one that is a text", { denyAsns: [64500] }, { asn: "64501" }, 403],
    [
      "either of two lists is enough",
      { allowCountries: ["DE"], allowAsns: [64500] },
      { country: "IT", asn: 64500 },
      200,
    ],
    [
      "a denied network of an allowed country",
      { allowCountries: ["DE"], denyAsns: [64500] },
      { country: "DE", asn: 64500 },
      403,
    ],
  ])("%s", async (_, access, cf, status) => {
    expect(await statusOf(edgeWith(access), "192.0.2.1", cf)).toBe(status);
  });

  test("an address of the allow list needs no country", async () => {
    const edge = edgeWith({ allow: ["10.0.0.0/8"], allowCountries: ["DE"] });
    expect(await statusOf(edge, "10.0.0.1", {})).toBe(200);
    expect(await statusOf(edge, "192.0.2.1", {})).toBe(403);
  });

  test("the place of a trusted proxy is not taken for the client's", async () => {
    const allow = edgeWith({ allowCountries: ["DE"] }, {}, ["192.0.2.1"]);
    const deny = edgeWith({ denyCountries: ["IT"] }, {}, ["192.0.2.1"]);
    const through = { "x-forwarded-for": "198.51.100.1" };
    expect(await statusOf(allow, "192.0.2.1", { country: "DE" }, through)).toBe(403);
    expect(await statusOf(deny, "192.0.2.1", { country: "DE" }, through)).toBe(403);
    expect(await statusOf(allow, "198.51.100.1", { country: "DE" })).toBe(200);
    for (const chain of ["", "192.0.2.1", " , "]) {
      expect(await statusOf(allow, "192.0.2.1", { country: "DE" }, { "x-forwarded-for": chain })).toBe(403);
    }
    expect(await statusOf(allow, "192.0.2.1", { country: "DE" })).toBe(403);
  });
});

describe("satisfy: any", () => {
  const apiKey = {
    from: [{ in: "header", name: "x-api-key", prefix: "" }],
    scopes: [],
    ownerHeader: "",
    forward: false,
  } as const;
  const any = { satisfy: "any", apiKey } as const;

  test("one who is on the allow list needs nothing else", async () => {
    expect(await statusOf(edgeWith({ allow: ["10.0.0.0/8"] }, any), "10.0.0.1")).toBe(200);
  });

  test("one who is not is asked for credentials", async () => {
    expect(await statusOf(edgeWith({ allow: ["10.0.0.0/8"] }, any), "192.0.2.1")).toBe(401);
  });

  test("a deny list lets nobody in by not naming them", async () => {
    expect(await statusOf(edgeWith({ deny: ["10.0.0.0/8"] }, any), "192.0.2.1")).toBe(401);
    expect(await statusOf(edgeWith({ deny: ["10.0.0.0/8"] }, any), "10.0.0.1")).toBe(401);
  });

  test("a deny list alone keeps out whom it names, and nobody else", async () => {
    const edge = edgeWith({ deny: ["10.0.0.0/8"] }, { satisfy: "any" });
    expect(await statusOf(edge, "10.0.0.1")).toBe(403);
    expect(await statusOf(edge, "192.0.2.1")).toBe(200);
  });

  test("an allow list alone answers 403", async () => {
    expect(await statusOf(edgeWith({ allow: ["10.0.0.0/8"] }, { satisfy: "any" }), "192.0.2.1")).toBe(403);
  });
});
