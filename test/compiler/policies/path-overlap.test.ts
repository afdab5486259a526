import { expect, test } from "vitest";
import { type PathMatch, pathOnly } from "../../../src/compiler/ir/match.ts";
import { coversMatch, mayOverlap } from "../../../src/compiler/policies/path-overlap.ts";
import { patternReadings } from "../../../src/table/normalise.ts";
import { normaliseTarget } from "../../../src/table/target.ts";
import { fc } from "../../support/properties.ts";
import { pathPattern, patternRule } from "../patterns/patterns.ts";

const RUNS = Number(process.env.PATTERN_RUNS ?? 500);

const pattern = (written: string): PathMatch => ({
  type: "RegularExpression",
  value: `^${written}`,
  source: patternRule(written).path,
  written,
  writtenAs: "PathPrefix",
});
const exact = (value: string): PathMatch => ({ type: "Exact", value });
const prefix = (value: string): PathMatch => ({ type: "PathPrefix", value });

test.each<[string, PathMatch, PathMatch]>([
  ["a service whose name begins like the other's", pattern("/shop(/|$)(.*)"), pattern("/shopping(/|$)(.*)")],
  ["numbers", pattern("/service-17(/|$)(.*)"), pattern("/service-170(/|$)(.*)")],
  ["what stands behind a wildcard", pattern("/[^/]+/orders(/|$)(.*)"), pattern("/[^/]+/invoices(/|$)(.*)")],
  ["the end", pattern("/v1/?$"), pattern("/v1/users(.*)")],
  ["a Prefix beside a pattern", prefix("/api"), pattern("/api-docs(/|$)(.*)")],
  ["an Exact beside a pattern", exact("/api"), pattern("/api/.+")],
])("no path is like both: %s", (_, one, other) => {
  expect([mayOverlap(one, other), mayOverlap(other, one)]).toEqual([false, false]);
});

test.each<[string, PathMatch, PathMatch]>([
  ["one below the other", pattern("/shop(/|$)(.*)"), pattern("/shop/cart(/|$)(.*)")],
  ["a wildcard in the middle", pattern("/[^/]+/orders"), pattern("/acme/.*")],
  ["case, which patterns don't look at", pattern("/API(.*)"), exact("/api/x")],
  ["one that is anchored in its first alternative alone", pattern("/about$|/public$"), pattern("/admin/[^/]+")],
  ["a letter that a Prefix has escaped", pattern("/é(/|$)(.*)"), prefix("/%C3%A9")],
  ["one that looks behind: it can't be told", pattern("/a(?<=x)b"), pattern("/ab")],
  ["a path that servers read in several ways", exact("/a%2Fb"), pattern("/a(.*)")],
])("a path may be like both: %s", (_, one, other) => {
  expect([mayOverlap(one, other), mayOverlap(other, one)]).toEqual([true, true]);
});

test.each<[string, PathMatch, PathMatch, boolean]>([
  ["a group that is left out", pattern("/api(/v1)?(/|$)(.*)"), pattern("/api/v1/users"), true],
  ["a class", pattern("/[a-z]+/x"), pattern("/admin/x"), true],
  ["a Prefix", prefix("/api"), pattern("/api(/|$)(.*)"), false],
  ["a Prefix in small letters, of small letters alone", prefix("/7"), pattern("/7(/|$)(.*)"), true],
  ["the beginning of a name", pattern("/shop(/|$)(.*)"), pattern("/shop(.*)"), false],
  ["one that looks behind", pattern("/a(?<=x)b.*"), pattern("/ab"), false],
  ["an Exact /", exact("/"), pattern("/admin/.*"), false],
  ["a pattern of / alone", pattern("/(/|$)"), prefix("/a"), false],
  ["a path that servers read in several ways", pattern("/a(b|c)(.*)"), exact("/ab%2Fx"), false],
])("whether the first takes all of the second: %s", (_, cover, path, covers) => {
  expect(coversMatch(pathOnly(cover), pathOnly(path))).toBe(covers);
});

const some = fc.oneof(
  { weight: 4, arbitrary: pathPattern.map(pattern) },
  { weight: 1, arbitrary: fc.constantFrom("/a", "/a/b", "/x", "/ab", "/B").map(exact) },
  { weight: 1, arbitrary: fc.constantFrom("/a", "/a/b", "/", "/b").map(prefix) },
);
const text = fc.array(fc.constantFrom("a", "B", "/", "x", "7", ".", "_", "%20", "%FF", "ab", ";"), { maxLength: 8 });

function takes(path: PathMatch, text: string): boolean {
  if (path.type === "RegularExpression") return new RegExp(path.source, "i").test(text);
  return text === path.value || (path.type === "PathPrefix" && text.startsWith(`${path.value.replace(/\/$/, "")}/`));
}

/** The path as patterns see it; null for one that no server takes. */
function seen(parts: readonly string[]): string | null {
  const normalised = normaliseTarget(`https://a.test/${parts.join("")}`);
  return normalised.ok ? (patternReadings(normalised.target)?.path ?? null) : null;
}

test(`no path that both take, or that one takes beyond the other, is denied (${RUNS} runs)`, () => {
  let [shared, apart, covered] = [0, 0, 0];
  fc.assert(
    fc.property(some, some, fc.array(text, { minLength: 40, maxLength: 40 }), (one, other, texts) => {
      const overlap = mayOverlap(one, other);
      const covers = coversMatch(pathOnly(one), pathOnly(other));
      apart += overlap ? 0 : 1;
      covered += covers ? 1 : 0;
      for (const parts of texts) {
        const path = seen(parts);
        if (path === null) continue;
        const [byOne, byOther] = [takes(one, path), takes(other, path)];
        if (byOne && byOther) shared += 1;
        if (byOne && byOther && !overlap) throw new Error(`both take ${path}`);
        if (covers && byOther && !byOne) throw new Error(`not covered: ${path}`);
      }
    }),
    { numRuns: RUNS },
  );
  expect(Math.min(shared, apart, covered)).toBeGreaterThan(RUNS / 50);
});
