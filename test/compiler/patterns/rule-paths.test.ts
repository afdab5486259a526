import { describe, expect, test } from "vitest";
import { explorePaths } from "../../../src/compiler/patterns/explore.ts";
import type { PathRule } from "../../../src/compiler/patterns/path-pattern.ts";
import { type OwnPath, RulePaths, rulePathsOf } from "../../../src/compiler/patterns/rule-paths.ts";
import { fc } from "../../support/properties.ts";
import { pathPattern, patternRule } from "./patterns.ts";

const RUNS = Number(process.env.PATTERN_RUNS ?? 500);

const exact = (path: string): PathRule => ({ pathType: "Exact", path, conditions: null });
const prefix = (path: string): PathRule => ({ pathType: "PathPrefix", path, conditions: null });

const ownOf = (rules: readonly PathRule[], mostStates?: number): OwnPath =>
  new RulePaths(rules, "clear", mostStates).own(rules.length - 1);

describe("the shortest path that comes to a rule, or who takes what is like it", () => {
  test.each<[string, readonly PathRule[], OwnPath]>([
    ["nothing before it", [patternRule("/a(/|$)(.*)")], { kind: "own", path: "/a" }],
    ["one that takes less", [patternRule("/[ab]$"), patternRule("/[a-c]x*$")], { kind: "own", path: "/c" }],
    ["one that takes as much", [patternRule("/a.*"), patternRule("/a(/|$)")], { kind: "taken", path: "/a", taker: 0 }],
    [
      "two that take as much together",
      [exact("/b"), patternRule("/a(/|$)"), patternRule("/b"), patternRule("/[ab]$")],
      { kind: "taken", path: "/a", taker: 1 },
    ],
    ["itself again", [prefix("/a"), prefix("/a")], { kind: "taken", path: "/a", taker: 0 }],
    ["no path", [patternRule("/a//b")], { kind: "none" }],
    ["a path that servers read in several ways", [exact("/a;b")], { kind: "none" }],
    ["one that looks behind", [patternRule("/a(?<=x)b"), patternRule("/a")], { kind: "unknown" }],
  ])("%s", (_, rules, own) => expect(ownOf(rules)).toEqual(own));

  test("what looks behind after it is no matter", () => {
    expect(rulePathsOf([patternRule("/a"), patternRule("/b(?<=x)")], "clear").own(0)).toMatchObject({
      kind: "own",
    });
  });

  test("more states than are looked at prove nothing", () => {
    const rules = [patternRule("/a{900}"), patternRule("/a{900,}")];
    expect(ownOf(rules)).toMatchObject({ kind: "taken" });
    expect(ownOf(rules, 500)).toEqual({ kind: "unknown" });
  });
});

test("hundreds of patterns before it are no more than so many patterns", () => {
  const rules = Array.from({ length: 400 }, (_, at) =>
    patternRule(`/(a|b${at}|[c-f]+)/v[0-9]+/(user|account)${at}/(.*)`),
  );
  const kinds = rules.map((_, place) => rulePathsOf(rules, "clear").own(place).kind);
  expect(new Set(kinds)).toEqual(new Set(["own"]));
});

const some = fc.oneof(
  { weight: 4, arbitrary: pathPattern.map(patternRule) },
  { weight: 1, arbitrary: fc.constantFrom("/a", "/a/b", "/", "/x", "/a;b", "/ab").map(exact) },
  { weight: 1, arbitrary: fc.constantFrom("/a", "/a/b", "/", "/b").map(prefix) },
);

test(`it is told as by a walk through all combinations of rules (${RUNS} runs)`, () => {
  const kinds = new Map<string, number>();
  fc.assert(
    fc.property(
      fc.array(some, { minLength: 1, maxLength: 6 }),
      fc.constantFrom<"clear" | "all">("clear", "all"),
      (rules, alphabet) => {
        for (const [place, rule] of rules.entries()) {
          const { found, isComplete } = explorePaths([[rule], rules], undefined, alphabet);
          expect(isComplete).toBe(true);
          const taken = found.filter(({ takers }) => takers[0]?.length === 1);
          const [first] = taken;
          const won = taken.find(({ takers }) => takers[1]?.[0] === place);
          const own = rulePathsOf(rules, alphabet).own(place);
          kinds.set(own.kind, (kinds.get(own.kind) ?? 0) + 1);
          if (won !== undefined) expect(own).toEqual({ kind: "own", path: won.path });
          else if (first === undefined) expect(own).toEqual({ kind: "none" });
          else expect(own).toEqual({ kind: "taken", path: first.path, taker: first.takers[1]?.[0] });
        }
      },
    ),
    { numRuns: RUNS },
  );
  for (const kind of ["own", "taken", "none"]) expect(kinds.get(kind), kind).toBeGreaterThan(RUNS / 50);
});
