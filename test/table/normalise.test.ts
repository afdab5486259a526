import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { canonicalPrefix, normaliseHost, normalisePath } from "../../src/table/normalise.ts";

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
    ["/a/..%2f../b", "dot segments leave the root"],
    ["/a/..%5C..%5Cb", "dot segments leave the root"],
  ])("%j: %s", (raw, reason) => {
    expect(normalisePath(raw)).toEqual({ ok: false, reason });
  });
});

describe("paths", () => {
  test.each([
    ["/", "/", null],
    ["/a/b", "/a/b", null],
    ["/%61dmin", "/admin", null],
    ["/%7Euser", "/~user", null],
    ["/caf%c3%a9", "/caf%C3%A9", null],
    ["/café", "/caf%C3%A9", null],
    ['/{id}^`<">', "/%7Bid%7D%5E%60%3C%22%3E", null],
    ["/a|b[c]'!$&()*+,=:@", "/a|b[c]'!$&()*+,=:@", null],
    ["/a/./b", "/a/b", null],
    ["/a/../b", "/b", null],
    ["/a/b/..", "/a/", null],
    ["/a/%2e%2e/b", "/b", null],
    ["/a/.hidden", "/a/.hidden", null],
    ["/a/...", "/a/...", null],
    ["/a;x=1/b", "/a;x=1/b", "/a/b"],
    ["/public/..;/admin", "/public/..;/admin", "/admin"],
    ["/user%40admin", "/user%40admin", "/user@admin"],
    ["/50%25", "/50%25", null],
    ["/a%3Fb%23", "/a%3Fb%23", null],
    ["//admin", "//admin", "/admin"],
    ["/img/https://x", "/img/https://x", "/img/https:/x"],
    ["/a%2Fb", "/a%2Fb", "/a/b"],
    ["/a%2fb", "/a%2Fb", "/a/b"],
    ["/a%5cb", "/a%5Cb", "/a/b"],
    ["/x%2f..%2fadmin", "/x%2F..%2Fadmin", "/admin"],
    ["/x//../admin", "/x/admin", null],
  ])("%s is %s, collapsed %s", (raw, path, collapsed) => {
    expect(normalisePath(raw)).toEqual({ ok: true, path, collapsed });
  });
});

test("normalising twice is normalising once", () => {
  const piece = fc.constantFrom("a", "/", ".", "..", "%2F", "%2e", "%61", "%C3", "//", "%5c", ";", "é", "~");
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 12 }), (pieces) => {
      const once = normalisePath(`/${pieces.join("")}`);
      if (!once.ok) return;
      expect(normalisePath(once.path)).toEqual(once);
      if (once.collapsed !== null) expect(normalisePath(once.collapsed)).toMatchObject({ ok: true, collapsed: null });
    }),
    { numRuns: 5000 },
  );
});

test("a path of which one server may make another has a second reading", () => {
  const plain = normalisePath("/a/b");
  expect(plain.ok && plain.collapsed).toBeNull();
});

test.each([
  ["/", "/"],
  ["/a", "/a"],
  ["/a/", "/a"],
])("prefix %s is %s", (path, canonical) => {
  expect(canonicalPrefix(path)).toBe(canonical);
});
