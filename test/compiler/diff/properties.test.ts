import { expect, inject, test } from "vitest";
import { withoutAlike } from "../../../src/compiler/diff/alike.ts";
import type { Answer, DiffInput, Witness } from "../../../src/compiler/diff/change.ts";
import { compare } from "../../../src/compiler/diff/compare.ts";
import { diff } from "../../../src/compiler/diff/diff.ts";
import { Side } from "../../../src/compiler/diff/side.ts";
import { LateOutput } from "../../../src/compiler/output.ts";
import { canonicalPrefix } from "../../../src/table/normalise.ts";
import { DEFAULT_API_KEY } from "../../../src/table/policies/api-key.ts";
import { fc } from "../../support/properties.ts";
import { type RuleSketch, routerOf } from "../../support/router.ts";

const RUNS = Number(process.env.DIFF_RUNS ?? 2_000);
const REQUESTS = 40;
const SEED = inject("propertySeed");

const ELEMENTS = ["a", "b", "ab", "x", ""];
const path = fc
  .array(fc.constantFrom(...ELEMENTS), { minLength: 1, maxLength: 3 })
  .map((parts) => `/${parts.join("/")}`);

const rule: fc.Arbitrary<RuleSketch> = fc
  .record({
    // The last is the name that is tried first for what nobody names below `*.test`.
    hostname: fc.constantFrom("a.test", "b.test", "*.test", "*.a.test", "*", "any.test"),
    path,
    type: fc.constantFrom("Exact" as const, "PathPrefix" as const),
    service: fc.constantFrom("one", "two"),
    guarded: fc.boolean(),
    asks: fc.constantFrom(
      null,
      null,
      { method: "POST" },
      { headers: [{ type: "Exact" as const, name: "x-a", value: "1" }] },
    ),
  })
  .map(({ guarded, asks, ...sketch }) => ({
    ...sketch,
    ...(sketch.type === "PathPrefix" && { path: canonicalPrefix(sketch.path) }),
    ...(guarded && { policies: { apiKey: DEFAULT_API_KEY } }),
    ...(asks !== null && { conditions: asks }),
  }));

/** No two of them claim the same requests: the merge would have left one. */
const rules = fc.uniqueArray(rule, {
  maxLength: 6,
  selector: ({ hostname, path, type, conditions }) => JSON.stringify([hostname, path, type, conditions]),
});

/** Two routers that share most of their rules. */
const pairOfRouters = fc
  .record({ shared: rules, old: rules, young: rules, share: fc.double({ min: 0, max: 1, noNaN: true }) })
  .map(({ shared, old, young, share }) => {
    const keep = (own: RuleSketch[]) => own.slice(0, Math.round(own.length * (1 - share)));
    return [unique([...keep(old), ...shared]), unique([...keep(young), ...shared])] as const;
  });

function unique(sketches: readonly RuleSketch[]): RuleSketch[] {
  const key = ({ hostname, path, type, conditions }: RuleSketch) => JSON.stringify([hostname, path, type, conditions]);
  return [...new Map(sketches.map((sketch) => [key(sketch), sketch])).values()];
}

const spelling = fc.constantFrom("", "/", ";x", "%2F");
const request: fc.Arbitrary<Witness> = fc
  .record({
    method: fc.constantFrom("GET", "POST"),
    host: fc.constantFrom("a.test", "b.test", "c.test", "d.a.test", "e.d.a.test", "elsewhere.org"),
    parts: fc.array(fc.tuple(fc.constantFrom(...ELEMENTS, "%61", "zz"), spelling), { minLength: 1, maxLength: 3 }),
    headers: fc.constantFrom([], [["x-a", "1"] as const], [["x-a", "2"] as const]),
  })
  .map(({ method, host, parts, headers }) => ({
    method,
    url: `https://${host}${parts.map(([element, odd]) => `/${element}${odd}`).join("")}`,
    headers,
  }));

/** Of paths that servers read in several ways, what is refused by one side alone is looked for among samples. */
const patternRequest: fc.Arbitrary<Witness> = fc
  .record({
    host: fc.constantFrom("a.test", "b.test"),
    text: fc.array(fc.constantFrom("a", "b", "B", "/", "x", ".", "_", "7", "%20"), { maxLength: 7 }),
  })
  .map(({ host, text }) => ({
    method: "GET",
    url: `https://${host}/${text
      .join("")
      .replace(/\/{2,}/g, "/")
      .replace(/^\//, "")}`,
    headers: [],
  }));

const compiledOf = (sketches: readonly RuleSketch[]) => new LateOutput(() => routerOf({ rules: sketches }), [], [], []);

/** A built table: nothing is known of its router. */
function inputOf(sketches: readonly RuleSketch[]): DiffInput {
  const { table, report } = compiledOf(sketches);
  return { table, report };
}

const isSpelling = (answer: Answer) => "status" in answer && answer.status === 400;

/** Fails where `diff` tells of a difference that its request does not show, or tells nothing of one that `requests` show. */
function checkDiff(
  [before, after]: readonly [readonly RuleSketch[], readonly RuleSketch[]],
  requests: readonly Witness[],
  count: { differing: number; equal: number; alike: number },
): void {
  const [old, young] = [inputOf(before), inputOf(after)];
  const found = diff(old, young);
  const { changes, undecided } = found;
  const compiled = [compiledOf(before), compiledOf(after)] as const;
  expect(diff(...compiled), "hosts that are alike were left out").toEqual(found);
  count.alike += withoutAlike(...compiled).alike.size;
  const [was, is] = [new Side(old), new Side(young)];
  for (const { witness } of changes) {
    expect(compare(was, was.decide(witness), is, is.decide(witness))).not.toBeNull();
  }
  for (const one of requests) {
    const [a, b] = [was.decide(one), is.decide(one)];
    if (compare(was, a, is, b) === null) {
      count.equal += 1;
      continue;
    }
    count.differing += 1;
    const [from, to] = [was.answerOf(a), is.answerOf(b)];
    const isTold = changes.some((change) =>
      isSpelling(from) || isSpelling(to)
        ? isSpelling(change.was) === isSpelling(from) && isSpelling(change.is) === isSpelling(to)
        : JSON.stringify([change.was, change.is]) === JSON.stringify([from, to]),
    );
    if (!isTold && undecided.length === 0) throw new Error(`missed: ${JSON.stringify({ one, from, to })}`);
  }
}

test(`no difference is missed, and none is reported that no request shows (${RUNS} pairs, ${REQUESTS} requests each, seed ${SEED})`, () => {
  const count = { differing: 0, equal: 0, alike: 0 };
  fc.assert(
    fc.property(pairOfRouters, fc.array(request, { minLength: REQUESTS, maxLength: REQUESTS }), (pair, requests) =>
      checkDiff(pair, requests, count),
    ),
    { numRuns: RUNS },
  );
  expect(count.alike).toBeGreaterThan(RUNS / 10);
  expect(count.differing).toBeGreaterThan(RUNS);
  expect(count.equal).toBeGreaterThan(RUNS);
});

const PATTERNS = [
  "/a",
  "/a$",
  "/(a|b)",
  "/[ab]+",
  "/x$|b$",
  "/a(/|$)(.*)",
  "/(a)/?(.*)",
  "/a.*",
  "/a/b",
  "/(?!a).",
  "/(.*)",
  "/a\\b",
];
const patternRule: fc.Arbitrary<RuleSketch> = fc.record({
  hostname: fc.constantFrom("a.test", "*.test"),
  path: fc.constantFrom(...PATTERNS),
  type: fc.constant("RegularExpression" as const),
  service: fc.constantFrom("one", "two"),
  policies: fc.constantFrom(
    {},
    { apiKey: DEFAULT_API_KEY },
    { pathRewrite: { template: "/$1", forwardedPrefix: "" } },
    { pathRewrite: { template: "/$2", forwardedPrefix: "" } },
  ),
});
const patternRules = fc.uniqueArray(patternRule, { maxLength: 4, selector: ({ hostname, path }) => hostname + path });
const pairOfPatterns = fc
  .tuple(patternRules, patternRules, fc.boolean(), rules)
  .map(([old, young, isPlain, plain]) => [old, isPlain ? unique([...plain]) : unique([...young, ...old])] as const);

/** Patterns cost four times as much; where all runs are asked for, they get them too. */
const PATTERN_RUNS = process.env.DIFF_RUNS === undefined ? RUNS / 4 : RUNS;

test(`the same of patterns, and of rewrites by them (${PATTERN_RUNS} pairs, ${REQUESTS} requests each, seed ${SEED})`, () => {
  const count = { differing: 0, equal: 0, alike: 0 };
  fc.assert(
    fc.property(
      pairOfPatterns,
      fc.array(patternRequest, { minLength: REQUESTS, maxLength: REQUESTS }),
      (pair, requests) => checkDiff(pair, requests, count),
    ),
    { numRuns: PATTERN_RUNS },
  );
  expect(count.differing).toBeGreaterThan(PATTERN_RUNS);
  expect(count.equal).toBeGreaterThan(PATTERN_RUNS);
});
