import { describe, expect, test } from "vitest";
import { explorePaths } from "../../../src/compiler/patterns/explore.ts";
import type { PathRule } from "../../../src/compiler/patterns/path-pattern.ts";
import { patternReadings } from "../../../src/table/normalise.ts";
import { normaliseTarget } from "../../../src/table/target.ts";
import { fc } from "../../support/properties.ts";
import { pathPattern, patternRule } from "./patterns.ts";

const RUNS = Number(process.env.PATTERN_RUNS ?? 500);

/** The path as patterns see it; null where it has more readings than one. */
function seen(path: string): string | null {
  const normalised = normaliseTarget(`https://a.test${path}`);
  if (!normalised.ok) return null;
  const readings = patternReadings(normalised.target);
  return readings === null || readings.others.length > 0 ? null : readings.path;
}

const takers = (rules: readonly PathRule[], path: string) => {
  const first = rules.findIndex((one) => new RegExp(one.path, "i").test(path));
  return first < 0 ? [] : [first];
};

const sameLanguage = (one: string, other: string) =>
  explorePaths([[patternRule(one)], [patternRule(other)]]).found.every(({ takers: [a, b] }) => a?.length === b?.length);

describe("two patterns", () => {
  test.each([
    ["/a(/|$)(.*)", "/a(?=/|$)"],
    ["/(a|b)+", "/[ab]"],
    ["/a.*", "/A"],
    ["/(?!api)x", "/x"],
    ["/[^/]+$", "/[^/]{1,}$"],
    ["/a\\b", "/a(?![a-z0-9_])"],
    ["/\\d{2,3}", "/[0-9][0-9]"],
  ])("%s and %s take the same", (one, other) => expect(sameLanguage(one, other)).toBe(true));

  test.each([
    ["/a(/|$)(.*)", "/a/?(.*)"],
    ["/a$", "/a"],
    ["/a.b", "/a\\.b"],
    ["/(?!api)", "/"],
    ["/a\\b", "/a"],
    ["/a{1,900}b", "/a{1,899}b"],
  ])("%s and %s do not", (one, other) => expect(sameLanguage(one, other)).toBe(false));
});

test("a pattern that looks behind is not decided", () => {
  expect(explorePaths([[patternRule("/a(?<=x)b")]]).isComplete).toBe(false);
});

test("more states than are looked at are not passed over", () => {
  expect(explorePaths([[patternRule("/a{900}")], [patternRule("/a{899}")]], 500).isComplete).toBe(false);
});

const list = fc.array(pathPattern, { minLength: 1, maxLength: 4 });
const text = fc.array(fc.constantFrom("a", "B", "/", "x", "7", ".", "_", "%20", "%FF", "ab"), { maxLength: 8 });

test(`what paths meet is what the expressions take, and nothing that a path meets is missed (${RUNS} runs)`, () => {
  let met = 0;
  fc.assert(
    fc.property(list, list, fc.array(text, { minLength: 40, maxLength: 40 }), (one, other, texts) => {
      const lists = [one.map(patternRule), other.map(patternRule)];
      const { found, isComplete } = explorePaths(lists);
      expect(isComplete).toBe(true);
      const told = new Set(found.map((each) => JSON.stringify(each.takers)));
      for (const { path, takers: told } of found) {
        const bytes = seen(path);
        expect(bytes, path).not.toBeNull();
        expect(lists.map((rules) => takers(rules, bytes as string))).toEqual(told);
      }
      for (const parts of texts) {
        const bytes = seen(`/${parts.join("")}`);
        if (bytes === null) continue;
        met += 1;
        const key = JSON.stringify(lists.map((rules) => takers(rules, bytes)));
        if (!told.has(key)) throw new Error(`missed: /${parts.join("")} is taken by ${key}`);
      }
    }),
    { numRuns: RUNS },
  );
  expect(met).toBeGreaterThan(RUNS);
});
