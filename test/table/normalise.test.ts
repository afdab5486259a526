import { describe, expect, test } from "vitest";
import { canonicalPrefix, normaliseHost, normalisePath } from "../../src/table/normalise.ts";
import { fc } from "../support/properties.ts";

describe("hosts that are refused", () => {
  test.each([
    ["", "empty host"],
    [".", "empty host"],
    [":80", "empty host"],
    ["a..b", "invalid host"],
    [".a", "invalid host"],
    ["a b", "invalid host"],
    ["a/b", "invalid host"],
    ["user@host", "invalid host"],
    ["%61.test", "invalid host"],
    ["*.test", "invalid host"],
    [`${"a".repeat(64)}.test`, "invalid host"],
    [`${"a.".repeat(130)}test`, "invalid host"],
    ["a.test\u0000", "invalid host"],
    ["0x7f.1", "invalid host"],
    ["999", "invalid host"],
    ["1.2.3.4.5", "invalid host"],
    ["010.0.0.1", "invalid host"],
    ["[:::::]", "invalid host"],
    ["a.test:65536", "invalid host"],
    ["a.test:99999999999999999999", "invalid host"],
  ])("%j: %s", (raw, reason) => {
    expect(normaliseHost(raw)).toEqual({ ok: false, reason });
  });
});

describe("hosts", () => {
  test.each([
    ["shop.example.com", "shop.example.com"],
    ["Shop.EXAMPLE.com", "shop.example.com"],
    ["shop.example.com:8443", "shop.example.com"],
    ["shop.example.com.", "shop.example.com"],
    ["shop.example.com.:80", "shop.example.com"],
    ["my_app.example.com", "my_app.example.com"],
    ["127.0.0.1:8787", "127.0.0.1"],
    ["[::1]:8787", "[::1]"],
    ["bücher.example", "xn--bcher-kva.example"],
    ["xn--bcher-kva.example", "xn--bcher-kva.example"],
  ])("%s is %s", (raw, host) => {
    expect(normaliseHost(raw)).toEqual({ ok: true, host });
  });
});

describe("paths that are refused", () => {
  test.each([
    ["", "path is not absolute"],
    ["*", "path is not absolute"],
    ["a/b", "path is not absolute"],
    ["/a\\b", "backslash in path"],
    ["/a\u0001b", "control character in path"],
    ["/a b", "control character in path"],
    ["/a%00b", "encoded NUL in path"],
    ["/a%", "malformed percent-encoding"],
    ["/a%2", "malformed percent-encoding"],
    ["/a%zz", "malformed percent-encoding"],
    ["/..", "dot segments leave the root"],
    ["/a/../../b", "dot segments leave the root"],
    ["/%2e%2e/b", "dot segments leave the root"],
    ["/a/..%2f../b", "hidden dot segments"],
    ["/a/..%5C..%5Cb", "hidden dot segments"],
    ["/x%2f..%2fadmin", "hidden dot segments"],
    ["/x%2F.", "hidden dot segments"],
    ["/x%5C..", "hidden dot segments"],
    ["/public/..;/admin", "hidden dot segments"],
    ["/public/..;a=b/admin", "hidden dot segments"],
    ["/public/..%3B/admin", "hidden dot segments"],
    ["/.;/admin", "hidden dot segments"],
    ["/admin;%2F..", "hidden dot segments"],
    ["/admin;%5C..%5C/x", "hidden dot segments"],
    ["/admin%2F%2F..%2Fx", "hidden dot segments"],
  ])("%j: %s", (raw, reason) => {
    expect(normalisePath(raw)).toEqual({ ok: false, reason });
  });
});

describe("paths", () => {
  test.each<[raw: string, path: string, others: string[]]>([
    ["/", "/", []],
    ["/a/b", "/a/b", []],
    ["/%61dmin", "/admin", []],
    ["/%7Euser", "/~user", []],
    ["/caf%c3%a9", "/caf%C3%A9", []],
    ["/café", "/caf%C3%A9", []],
    ['/{id}^`<">', "/%7Bid%7D%5E%60%3C%22%3E", []],
    ["/a|b[c]'!$&()*+,=:@", "/a|b[c]'!$&()*+,=:@", []],
    ["/a/./b", "/a/b", []],
    ["/a/../b", "/b", []],
    ["/a/b/..", "/a/", []],
    ["/a/%2e%2e/b", "/b", []],
    ["/a/.hidden", "/a/.hidden", []],
    ["/a/...", "/a/...", []],
    ["/a;x=1/b", "/a;x=1/b", ["/a/b"]],
    ["/user%40admin", "/user%40admin", ["/user@admin"]],
    ["/50%25", "/50%25", []],
    ["/a%3Fb%23", "/a%3Fb%23", []],
    ["//admin", "//admin", ["/admin"]],
    ["/img/https://x", "/img/https://x", ["/img/https:/x"]],
    ["/a%2Fb", "/a%2Fb", ["/a/b"]],
    ["/a%2fb", "/a%2Fb", ["/a/b"]],
    ["/a%5cb", "/a%5Cb", ["/a/b"]],
    ["/x//../admin", "/x/admin", []],
    ["/a/..b;c", "/a/..b;c", ["/a/..b"]],
    // What stands behind a semicolon, as those read it who drop it before they decode, or after.
    ["/a;b%2Fc", "/a;b%2Fc", ["/a/c", "/a"]],
    ["/a;b%5Cc", "/a;b%5Cc", ["/a/c", "/a"]],
    ["/a;b%2Fc%3Bd%5Ce", "/a;b%2Fc%3Bd%5Ce", ["/a/c/e", "/a/c", "/a"]],
    ["/a%3Bb%2Fc", "/a%3Bb%2Fc", ["/a/c"]],
    ["/a;b/c%2Fd", "/a;b/c%2Fd", ["/a/c/d"]],
  ])("%s is %s, others %j", (raw, path, others) => {
    expect(normalisePath(raw)).toEqual({ ok: true, path, others });
  });
});

test("normalising twice is normalising once", () => {
  const piece = fc.constantFrom("a", "/", ".", "..", "%2F", "%2e", "%61", "%C3", "//", "%5c", ";", "é", "~");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const once = normalisePath(`/${pieces.join("")}`);
      if (!once.ok) return;
      expect(normalisePath(once.path)).toEqual(once);
      for (const other of once.others) expect(normalisePath(other)).toEqual({ ok: true, path: other, others: [] });
    }),
    { numRuns: 5000 },
  );
});

test.each([
  ["/", "/"],
  ["/a", "/a"],
  ["/a/", "/a"],
])("prefix %s is %s", (path, canonical) => {
  expect(canonicalPrefix(path)).toBe(canonical);
});
