import { describe, expect, test } from "vitest";
import { addressText, keyOf } from "../../../src/edge/limits/key.ts";
import type { Visit } from "../../../src/edge/stages/visit.ts";
import type { KeyPart } from "../../../src/table/policies/rate-limit.ts";

interface Sent {
  readonly headers?: Record<string, string>;
  readonly address?: string | null;
  readonly isPeer?: boolean;
  readonly identities?: Visit["identities"];
  readonly country?: string;
}

function keyFor(parts: readonly (KeyPart["by"] | [KeyPart["by"], string])[], sent: Sent = {}): string {
  const { headers = {}, address = "192.0.2.1", isPeer = true, identities = [], country = "DE" } = sent;
  const request = new Request("https://api.test/a/b?x=1", { headers, cf: { country } as CfProperties });
  const target = { path: "/a/b", host: "api.test" };
  const client = { address, isPeer };
  const key = parts.map(
    (part): KeyPart => (typeof part === "string" ? { by: part, name: "" } : { by: part[0], name: part[1] }),
  );
  return keyOf({ key, ipv6Prefix: 64 }, { request, target, client, identities } as unknown as Visit);
}

const token = { by: "jwt", subject: "ann", claims: { sub: "ann", org: { id: 7 }, list: ["a"] } };
const apiKey = { by: "apiKey", subject: "Acme", claims: { id: "abc123abc123", owner: "Acme", plan: "gold" } };

describe("a key of", () => {
  test.each<[string, string, string]>([
    ["the address", keyFor(["clientAddress"]), "192.0.2.1"],
    ["a header", keyFor([["header", "x-tenant"]], { headers: { "X-Tenant": "acme" } }), "acme"],
    ["a claim", keyFor([["claim", "sub"]], { identities: [token] }), "ann"],
    ["a claim in another", keyFor([["claim", "org.id"]], { identities: [token] }), "7"],
    ["an API key", keyFor(["apiKey"], { identities: [apiKey] }), "abc123abc123"],
    ["its owner", keyFor(["apiKeyOwner"], { identities: [apiKey] }), "Acme"],
    ["path, host, method", keyFor(["path", "host", "method"]), "/a/b|api.test|GET"],
    ["a country", keyFor(["country"]), "DE"],
    ["nothing", keyFor([]), ""],
  ])("%s", (_, key, wanted) => expect(key).toBe(wanted));
});

describe("what a request does not have is a part that all of these share:", () => {
  test.each<[string, string]>([
    ["an address", keyFor(["clientAddress"], { address: null })],
    ["a header", keyFor([["header", "x-tenant"]])],
    ["an empty header", keyFor([["header", "x-tenant"]], { headers: { "x-tenant": "" } })],
    ["a cookie", keyFor([["cookie", "sid"]], { headers: { cookie: "other=1" } })],
    ["a claim", keyFor([["claim", "sub"]])],
    ["a claim that is no scalar", keyFor([["claim", "list"]], { identities: [token] })],
    ["a claim of an API key", keyFor([["claim", "owner"]], { identities: [apiKey] })],
    ["an API key", keyFor(["apiKey"], { identities: [token] })],
    ["a country that a proxy hides", keyFor(["country"], { isPeer: false })],
  ])("%s", (_, key) => expect(key).toBe("-"));
});

describe("a value", () => {
  test("that may be a secret stands in no key", () => {
    const secret = "Bearer eyJhbGciOiJub25lIn0.c2VjcmV0";
    for (const name of ["authorization", "x-api-key", "x-auth-token"]) {
      const key = keyFor([["header", name]], { headers: { [name]: secret } });
      expect(key).toMatch(/^#[0-9a-z]+$/);
    }
    expect(keyFor([["cookie", "cart"]], { headers: { cookie: "cart=4711" } })).toMatch(/^#[0-9a-z]+$/);
  });

  test("that is long, or not of printable signs, is told apart all the same", () => {
    const keys = ["a", "b"].map((end) =>
      keyFor([["header", "x-tenant"]], { headers: { "x-tenant": "x".repeat(500) + end } }),
    );
    expect(new Set(keys).size).toBe(2);
    expect(keys[0]?.length).toBeLessThan(20);
    expect(keyFor([["header", "x-tenant"]], { headers: { "x-tenant": "a b" } })).toMatch(/^#/);
  });

  test("can't be written so that it looks like two", () => {
    const one = keyFor(
      [
        ["header", "a"],
        ["header", "b"],
      ],
      { headers: { a: "1|2", b: "3" } },
    );
    const other = keyFor(
      [
        ["header", "a"],
        ["header", "b"],
      ],
      { headers: { a: "1", b: "2|3" } },
    );
    const escaped = keyFor(
      [
        ["header", "a"],
        ["header", "b"],
      ],
      { headers: { a: "1%7C2", b: "3" } },
    );
    expect(new Set([one, other, escaped]).size).toBe(3);
  });
});

describe("an address", () => {
  test.each([
    ["192.0.2.1", 64, "192.0.2.1"],
    ["::ffff:192.0.2.1", 64, "192.0.2.1"],
    ["2001:db8:1:2:3:4:5:6", 64, "2001:db8:1:2::/64"],
    ["2001:0DB8:1:2::", 64, "2001:db8:1:2::/64"],
    ["2001:db8:1:2fff::1", 56, "2001:db8:1:2f00::/56"],
    ["2001:db8::1", 32, "2001:db8::/32"],
    ["2001:db8::1", 128, "2001:db8:0:0:0:0:0:1"],
    ["nonsense:", 64, "-"],
  ])("%s of /%i is %s", (address, prefix, wanted) => expect(addressText(address, prefix)).toBe(wanted));
});
