import type { OracleRequest } from "./oracle.ts";
import type { RuleSketch } from "./router.ts";

/** One matching rule a row: drives the plain oracle, the table's matcher and the worker. */
export interface MatchingCase {
  readonly name: string;
  readonly rules: readonly RuleSketch[];
  readonly requests: readonly (OracleRequest & { readonly expect: string | null })[];
}

const at = (hostname: string, path: string, service: string, more: Partial<RuleSketch> = {}): RuleSketch => ({
  hostname,
  path,
  service,
  ...more,
});

export const matchingCases: readonly MatchingCase[] = [
  {
    name: "nothing matches without rules of the host",
    rules: [at("shop.test", "/", "shop")],
    requests: [
      { host: "other.test", path: "/", expect: null },
      { host: "shop.test", path: "/", expect: "shop" },
    ],
  },
  {
    name: "a host comes before a wildcard, a wildcard before the catch-all, and none falls through",
    rules: [at("a.test", "/only", "exact"), at("*.test", "/", "wildcard"), at("*", "/", "rest")],
    requests: [
      { host: "a.test", path: "/only", expect: "exact" },
      { host: "a.test", path: "/other", expect: null },
      { host: "b.test", path: "/other", expect: "wildcard" },
      { host: "test", path: "/", expect: "rest" },
      { host: "x.y.test", path: "/", expect: "rest" },
    ],
  },
  {
    name: "a wildcard stands for one label, or for any number where it says so",
    rules: [at("*.one.test", "/", "one"), at("*.any.test", "/", "any", { wildcard: "any-depth" })],
    requests: [
      { host: "a.one.test", path: "/", expect: "one" },
      { host: "a.b.one.test", path: "/", expect: null },
      { host: "one.test", path: "/", expect: null },
      { host: "a.any.test", path: "/", expect: "any" },
      { host: "a.b.c.any.test", path: "/", expect: "any" },
      { host: "any.test", path: "/", expect: null },
    ],
  },
  {
    name: "the longer wildcard wins",
    rules: [
      at("*.test", "/", "short", { wildcard: "any-depth" }),
      at("*.b.test", "/", "long", { wildcard: "any-depth" }),
    ],
    requests: [
      { host: "a.b.test", path: "/", expect: "long" },
      { host: "x.a.b.test", path: "/", expect: "long" },
      { host: "b.test", path: "/", expect: "short" },
    ],
  },
  {
    name: "Exact takes its own path alone",
    rules: [at("h.test", "/foo", "foo", { type: "Exact" }), at("h.test", "/bar/", "bar", { type: "Exact" })],
    requests: [
      { host: "h.test", path: "/foo", expect: "foo" },
      { host: "h.test", path: "/foo/", expect: null },
      { host: "h.test", path: "/FOO", expect: null },
      { host: "h.test", path: "/bar", expect: null },
      { host: "h.test", path: "/bar/", expect: "bar" },
    ],
  },
  {
    name: "a prefix is compared by elements, the longest wins",
    rules: [at("h.test", "/", "root"), at("h.test", "/aaa", "aaa"), at("h.test", "/aaa/bbb", "bbb")],
    requests: [
      { host: "h.test", path: "/", expect: "root" },
      { host: "h.test", path: "/aaaccc", expect: "root" },
      { host: "h.test", path: "/aaa", expect: "aaa" },
      { host: "h.test", path: "/aaa/", expect: "aaa" },
      { host: "h.test", path: "/aaa/bbbxyz", expect: "aaa" },
      { host: "h.test", path: "/aaa/bbb", expect: "bbb" },
      { host: "h.test", path: "/aaa/bbb/", expect: "bbb" },
      { host: "h.test", path: "/aaa/bbb/ccc/ddd/eee/fff", expect: "bbb" },
      { host: "h.test", path: "/ccc/aaa/bbb", expect: "root" },
    ],
  },
  {
    name: "Exact comes before a prefix of the same path",
    rules: [at("h.test", "/foo", "prefix"), at("h.test", "/foo", "exact", { type: "Exact" })],
    requests: [
      { host: "h.test", path: "/foo", expect: "exact" },
      { host: "h.test", path: "/foo/", expect: "prefix" },
      { host: "h.test", path: "/foo/x", expect: "prefix" },
    ],
  },
  {
    name: "methods, headers and query decide within one path; where none holds, the shorter path is next",
    rules: [
      at("h.test", "/", "root"),
      at("h.test", "/api", "post", { conditions: { method: "POST" } }),
      at("h.test", "/api", "beta", { conditions: { headers: [{ type: "Exact", name: "x-ring", value: "beta" }] } }),
      at("h.test", "/api", "debug", { conditions: { queryParams: [{ type: "Exact", name: "debug", value: "1" }] } }),
    ],
    requests: [
      { host: "h.test", path: "/api/x", method: "POST", expect: "post" },
      { host: "h.test", path: "/api/x", method: "POST", headers: { "x-ring": "beta" }, expect: "post" },
      { host: "h.test", path: "/api/x", headers: { "x-ring": "beta" }, query: { debug: "1" }, expect: "beta" },
      { host: "h.test", path: "/api/x", query: { debug: "1" }, expect: "debug" },
      { host: "h.test", path: "/api/x", query: { debug: "2" }, expect: "root" },
      { host: "h.test", path: "/api/x", expect: "root" },
    ],
  },
  {
    name: "patterns take both cases, are anchored at their start alone, and the longer text comes first",
    rules: [
      at("h.test", "/", "root", { type: "RegularExpression" }),
      at("h.test", "/foo/bar/bar", "literal", { type: "RegularExpression" }),
      at("h.test", "/foo/bar/[a-z]{3}", "pattern", { type: "RegularExpression" }),
      at("h.test", "/[ab]", "a", { type: "RegularExpression" }),
      at("h.test", "/ab.+", "b", { type: "RegularExpression" }),
      at("h.test", "/id/[0-9]+$", "id", { type: "RegularExpression" }),
    ],
    requests: [
      { host: "h.test", path: "/foo/bar/bar", expect: "pattern" },
      { host: "h.test", path: "/FOO/Bar/BAZ/x", expect: "pattern" },
      { host: "h.test", path: "/foo/bar/1", expect: "root" },
      { host: "h.test", path: "/abc", expect: "b" },
      { host: "h.test", path: "/ab", expect: "a" },
      { host: "h.test", path: "/Bx", expect: "a" },
      { host: "h.test", path: "/id/12", expect: "id" },
      { host: "h.test", path: "/id/12/x", expect: "root" },
      { host: "h.test", path: "/x/id/12", expect: "root" },
    ],
  },
  {
    name: "what a pattern begins with is found whatever follows it",
    rules: [
      at("h.test", "/foo?/x", "maybe", { type: "RegularExpression" }),
      at("h.test", "/fo{0,2}y", "counted", { type: "RegularExpression" }),
      at("h.test", "/v1\\.0", "dot", { type: "RegularExpression" }),
      at("h.test", "/a|/b/c", "choice", { type: "RegularExpression" }),
      at("h.test", "/(foo|bar)/z", "group", { type: "RegularExpression" }),
      at("h.test", `/${"long".repeat(20)}`, "long", { type: "RegularExpression" }),
    ],
    requests: [
      { host: "h.test", path: "/fo/x", expect: "maybe" },
      { host: "h.test", path: "/foo/x", expect: "maybe" },
      { host: "h.test", path: "/fy", expect: "counted" },
      { host: "h.test", path: "/v1.0", expect: "dot" },
      { host: "h.test", path: "/v1x0", expect: null },
      { host: "h.test", path: "/x/b/c", expect: "choice" },
      { host: "h.test", path: "/Axe", expect: "choice" },
      { host: "h.test", path: "/BAR/z", expect: "group" },
      { host: "h.test", path: `/${"long".repeat(20)}er`, expect: "long" },
      { host: "h.test", path: "/long", expect: null },
    ],
  },
];
