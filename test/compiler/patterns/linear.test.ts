import { describe, expect, test } from "vitest";
import { hasByte } from "../../../src/compiler/patterns/bytes.ts";
import { whyNotLinear } from "../../../src/compiler/patterns/linear.ts";
import { isProblem, parsePattern } from "../../../src/compiler/patterns/parse.ts";
import type { Node } from "../../../src/compiler/patterns/syntax.ts";
import { fc } from "../../support/properties.ts";

/**
 * A backtracking matcher that counts its steps, as plain as it can be: the measure of the proof. `limit` ends it.
 */
function stepsOf(node: Node, text: string, limit: number): number {
  let steps = 0;
  const run = (part: Node, at: number, then: (at: number) => boolean): boolean => {
    if (++steps > limit) return true;
    switch (part.kind) {
      case "set":
        return at < text.length && hasByte(part.set, text.charCodeAt(at)) && then(at + 1);
      case "sequence": {
        const from = (index: number, place: number): boolean => {
          const item = part.items[index];
          return item === undefined ? then(place) : run(item, place, (next) => from(index + 1, next));
        };
        return from(0, at);
      }
      case "choice":
        return part.options.some((option) => run(option, at, then));
      case "capture":
        return run(part.body, at, then);
      case "repeat": {
        const turn = (done: number, place: number): boolean => {
          const again = () => done < part.max && run(part.body, place, (next) => turn(done + 1, next));
          if (done < part.min) return again();
          return part.lazy ? then(place) || again() : again() || then(place);
        };
        return turn(0, at);
      }
      case "look":
        return run(part.body, at, () => true) !== part.negative && then(at);
      case "assert":
        if (part.what === "start") return at === 0 && then(at);
        if (part.what === "end") return at === text.length && then(at);
        return then(at);
    }
  };
  run(node, 0, () => true);
  return steps;
}

function parsed(pattern: string): Node {
  const node = parsePattern(pattern, { caseless: true });
  if (isProblem(node)) throw new Error(node.says);
  return node;
}

const LINEAR = [
  "^/something(/|$)(.*)",
  "^/(.*)/foo/(.*)",
  "^/(.*)/foo/(.*)$",
  "^/api/v[0-9]+/users/[^/]+/(.*)$",
  "^/((?!api|static).*)",
  "^/(?!.*\\.php$).*",
  "^/(api|web)/v(1|2)/.*\\.(js|css)$",
  "^/[^/]+/[^/]+/?$",
  "^/(en|de|fr)?/?(.*)",
  "^/.*a.{3}b$",
  "^/(a|ab)(c|bcd)(d*)$",
  "^/(?:[a-z]+/)*end$",
  "^/a(/|$)(.*)/b(/|$)(.*)",
  "^/.{0,30}x$",
];
const SLOW = [
  "^/(a+)+$",
  "^/(a|a)*$",
  "^/(.*)/(.*)/end$",
  "^/a*a*b",
  "^/(?:a(?:b?|c?))*x",
  "^/[a-z]*[a-c]*[b-d]*x",
  "^/(.*)a(.*)b(.*)c$",
  "^/.{0,99}.{0,99}x",
  "^/(?:(?!.*x).)*y",
];

/** Texts of a few characters, which make a matcher turn back the most, longer and longer. */
const ATTACKS = fc
  .record({
    start: fc.constantFrom("/", "/something/", "/api/v1/users/", "/a/", "/web/v1/"),
    pump: fc.string({ unit: fc.constantFrom(..."abcdx/."), minLength: 1, maxLength: 5 }),
    tail: fc.string({ unit: fc.constantFrom(..."abx/! ."), maxLength: 2 }),
  })
  .map(
    ({ start, pump, tail }) =>
      (times: number) =>
        `${start}${pump.repeat(times)}${tail}`,
  );

describe("patterns whose time is proved to be linear take few steps a character on any text", () => {
  test.each(LINEAR)("%s", (pattern) => {
    expect(whyNotLinear(parsed(pattern), false)).toBeNull();
    const node = parsed(pattern);
    fc.assert(
      fc.property(ATTACKS, (attack) => {
        const text = attack(150);
        expect(stepsOf(node, text, 1e6)).toBeLessThan(400 * text.length);
      }),
      { numRuns: 60 },
    );
  });
});

describe("patterns that are refused take many more for some text", () => {
  test.each(SLOW)("%s", (pattern) => {
    expect(whyNotLinear(parsed(pattern), false)).not.toBeNull();
    const node = parsed(pattern);
    const attacks = fc.sample(ATTACKS, { numRuns: 400, seed: 7 });
    const limit = 1e6;
    const isSlow = attacks.some((attack) => {
      const steps = stepsOf(node, attack(60), limit);
      // Four times the text: four times the steps where they are linear.
      return steps > limit || steps > 8 * stepsOf(node, attack(15), limit);
    });
    expect(isSlow).toBe(true);
  });
});

describe("alternatives are steps of the pattern, and not of the path:", () => {
  const services = (count: number) => `(${Array.from({ length: count }, (_, at) => `svc-${at}`).join("|")})`;
  const steps = (pattern: string, length: number) =>
    stepsOf(parsed(pattern), `/svc-199/${"a".repeat(length)}!`, 1e7) - stepsOf(parsed(pattern), "/svc-199/!", 1e7);

  test.each([33, 200])("%i that begin alike", (count) => {
    expect(whyNotLinear(parsed(`^/${services(count)}(/|$)(.*)`), false)).toBeNull();
    expect(whyNotLinear(parsed(`^/api/${services(count)}$`), false)).toBeNull();
    expect(whyNotLinear(parsed(`^/(?:${services(count)}/)*end$`), false)).toBeNull();
    expect(steps(`^/${services(count)}(/|$)(.*)`, 2_000)).toBeLessThan(10 * 2_000);
  });

  test("what may be taken in two of them is still counted", () => {
    expect(whyNotLinear(parsed("^/(?:svc-1|svc-1)*$"), false)).not.toBeNull();
    expect(whyNotLinear(parsed(`^/${"(?:ab|a[bc])".repeat(6)}$`), false)).not.toBeNull();
    expect(whyNotLinear(parsed(`^/${services(200)}*${services(200)}*x`), false)).not.toBeNull();
  });
});

test("whatever is proved takes few steps a character", () => {
  const set = fc.constantFrom("a", "b", ".", "[ab]", "[^a]", "/", "x", "[^/]");
  const { pattern } = fc.letrec<{ pattern: string; part: string }>((tie) => ({
    part: fc.oneof(
      { weight: 5, arbitrary: set },
      {
        weight: 3,
        arbitrary: fc.tuple(set, fc.constantFrom("*", "+", "?", "{2,4}", "*?", "+?")).map((all) => all.join("")),
      },
      {
        weight: 1,
        arbitrary: fc
          .tuple(tie("pattern"), fc.constantFrom("", "", "+", "*", "?"))
          .map(([inner, times]) => `(${inner})${times}`),
      },
      { weight: 1, arbitrary: tie("pattern").map((inner) => `(?!${inner})`) },
      { weight: 1, arbitrary: fc.tuple(tie("pattern"), tie("pattern")).map(([one, other]) => `(?:${one}|${other})`) },
    ),
    pattern: fc.array(tie("part"), { minLength: 1, maxLength: 4 }).map((parts) => parts.join("")),
  }));
  let proved = 0;
  fc.assert(
    fc.property(pattern, fc.constantFrom("", "$"), ATTACKS, (inner, end, attack) => {
      const node = parsePattern(`^/${inner}${end}`, { caseless: true });
      if (isProblem(node) || whyNotLinear(node, false) !== null) return;
      proved++;
      const text = attack(100);
      expect(stepsOf(node, text, 1e6)).toBeLessThan(400 * text.length);
    }),
    { numRuns: 3000 },
  );
  expect(proved).toBeGreaterThan(500);
});

test("a pattern that is searched for is not proved by its anchored form", () => {
  expect(whyNotLinear(parsed("/a(.*)b"), false)).toBeNull();
  expect(whyNotLinear(parsed("/a(.*)b"), true)).not.toBeNull();
});

test("too many positions, or too many ways to be looked at, count as unproved", () => {
  expect(whyNotLinear(parsed("^/(?:[a-z]{100}){11}"), false)).toContain("positions");
  expect(whyNotLinear(parsed("^/.*a.{40}b$"), false)).not.toBeNull();
  expect(whyNotLinear(parsed("^/x.*(?=.*y)"), false)).toContain("look-ahead");
  expect(whyNotLinear(parsed("^/x(?<=x*)"), false)).toContain("look-behind");
});
