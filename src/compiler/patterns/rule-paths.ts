import { remembered, rememberedOf } from "../remembered.ts";
import { type Alphabet, type Before, EVERY_TEXT, type Formula, Languages, NO_TEXT } from "./language.ts";
import { asked, type PathRule, patternOf } from "./path-pattern.ts";
import { isPath, MOST_STATES, pathOf, START, type Step, segmentBehind } from "./path-walk.ts";

/** Whether a path is like a rule and like none before it; `path` is the shortest one. */
export type OwnPath =
  | { readonly kind: "own"; readonly path: string }
  /** Each path that is like it is like an earlier one too: the shortest, and the place of the first that takes it. */
  | { readonly kind: "taken"; readonly path: string; readonly taker: number }
  /** No path is like it. */
  | { readonly kind: "none" }
  /** There are more states than were looked at, or a pattern looks behind. */
  | { readonly kind: "unknown" };

interface State extends Step {
  readonly from: State | null;
  /** Of the byte that leads there, in the languages' own. */
  readonly index: number;
  /** What is left of the rule. */
  readonly own: Formula;
  /** What is left of those before it, each with the place of its first. None comes after one that takes everything. */
  readonly earlier: ReadonlyMap<Formula, number>;
  readonly before: Before;
}

/**
 * The paths of rules that ask for nothing beyond, in order of precedence: what is left to one by those before it, and what
 * two have in common. Paths are those of `explorePaths`, which tells the same, but looks at all combinations of rules: this
 * follows what one rule takes, as long as none before it takes everything, and no further than to the first such path.
 */
export class RulePaths {
  readonly #languages: Languages;
  readonly #told: readonly boolean[];
  /** By place; null: it can't be told. */
  readonly #wholes: readonly (Formula | null)[];
  readonly #mostStates: number;
  readonly #known = new Map<number, OwnPath>();

  constructor(rules: readonly PathRule[], alphabet: Alphabet, mostStates = MOST_STATES) {
    const patterns = rules.map(patternOf);
    const nodes = patterns.flatMap((pattern) => (pattern === null || pattern === "never" ? [] : pattern.node));
    const languages = new Languages(nodes, alphabet);
    this.#languages = languages;
    this.#told = patterns.map((pattern) => pattern !== null && pattern !== "never");
    this.#wholes = patterns.map((pattern) => {
      if (pattern === null) return null;
      return pattern === "never" ? NO_TEXT : languages.searched(pattern.node, pattern.anchored);
    });
    this.#mostStates = mostStates;
  }

  /** Of the rule at a place. */
  own(place: number): OwnPath {
    const known = this.#known.get(place) ?? this.#sought(place);
    this.#known.set(place, known);
    return known;
  }

  #sought(place: number): OwnPath {
    const own = this.#wholes[place] ?? null;
    const wholes = this.#wholes.slice(0, place);
    if (own === null || wholes.includes(null)) return { kind: "unknown" };
    // Mostly the shortest of all paths that are like it is its own, and no other has to be looked for.
    const shortest = this.#firstState(own, new Map());
    if (typeof shortest === "string") return { kind: shortest };
    const earlier = needed(wholes.map((whole, at) => [whole ?? NO_TEXT, at]));
    const taker = this.#takerOf(shortest, earlier);
    const path = pathOf(shortest);
    if (taker === null) return { kind: "own", path };
    const first = this.#firstState(own, earlier);
    if (first === "unknown") return { kind: "unknown" };
    return first === "none" ? { kind: "taken", path, taker } : { kind: "own", path: pathOf(first) };
  }

  /** False for what looks behind, and for paths that servers read in several ways. */
  canTell(place: number): boolean {
    return this.#told[place] === true;
  }

  /** The shortest path that is like both, null: none is; undefined where that can't be told. */
  shared(one: number, other: number): string | null | undefined {
    const [a, b] = [this.#wholes[one] ?? null, this.#wholes[other] ?? null];
    if (a === null || b === null || !this.canTell(one) || !this.canTell(other)) return undefined;
    const first = this.#firstState(this.#languages.both(a, b), new Map());
    if (first === "unknown") return undefined;
    return first === "none" ? null : pathOf(first);
  }

  /** At the end of the shortest path that the rule takes and none of the earlier ones. */
  #firstState(own: Formula, earlier: State["earlier"]): State | "none" | "unknown" {
    const open: State[] = [{ own, earlier, before: "start", segment: START, from: null, byte: 0, index: 0 }];
    const seen = new Set<string>();
    for (const state of open) {
      const isTaken = isPath(state) && this.#languages.mayEnd(state.own, state.before);
      if (isTaken && this.#firstAt(state.earlier, state.before) === null) return state;
      for (const [index, byte] of this.#languages.bytes.entries()) {
        const next = this.#next(state, index, byte);
        if (next === null) continue;
        const key = `${next.segment}${next.before} ${next.own} ${[...next.earlier.keys()].join(" ")}`;
        if (seen.has(key)) continue;
        seen.add(key);
        if (open.length >= this.#mostStates) return "unknown";
        open.push(next);
      }
    }
    return "none";
  }

  /** Null: it leads to no path that can be the rule's own. */
  #next(state: State, index: number, byte: number): State | null {
    const segment = segmentBehind(state.segment, byte);
    if (segment === null) return null;
    const own = this.#languages.behind(state.own, state.before, index);
    if (own === NO_TEXT) return null;
    const earlier = this.#behind(state.earlier, state.before, index);
    if (earlier.has(EVERY_TEXT)) return null;
    return { own, earlier, before: this.#languages.before(index), segment, from: state, byte, index };
  }

  /** The place of the first that takes the path which ends in that state; null: none does. */
  #takerOf(end: State, earlier: State["earlier"]): number | null {
    const states: State[] = [];
    for (let at: State | null = end; at !== null; at = at.from) states.push(at);
    const [start, ...steps] = states.reverse();
    let before = start?.before ?? "start";
    let left = earlier;
    for (const step of steps) {
      left = this.#behind(left, before, step.index);
      before = step.before;
    }
    return this.#firstAt(left, before);
  }

  #behind(left: State["earlier"], before: Before, index: number): State["earlier"] {
    return needed([...left].map(([formula, place]) => [this.#languages.behind(formula, before, index), place]));
  }

  #firstAt(left: State["earlier"], before: Before): number | null {
    for (const [formula, place] of left) if (this.#languages.mayEnd(formula, before)) return place;
    return null;
  }
}

/** Those of which something is left, up to the first that takes everything from here on. */
function needed(left: readonly (readonly [Formula, number])[]): State["earlier"] {
  const kept = new Map<Formula, number>();
  for (const [formula, place] of left) {
    if (formula !== NO_TEXT && !kept.has(formula)) kept.set(formula, place);
    if (formula === EVERY_TEXT) break;
  }
  return kept;
}

/** Many hosts have the same few patterns. */
const ofText = remembered(
  1_000,
  (rules: readonly PathRule[], alphabet: Alphabet) => JSON.stringify([alphabet, rules.map(asked)]),
  (rules, alphabet) => new RulePaths(rules, alphabet),
);

const OF_RULES = {
  clear: rememberedOf((rules: readonly PathRule[]) => ofText(rules, "clear")),
  all: rememberedOf((rules: readonly PathRule[]) => ofText(rules, "all")),
};

/** The same for the same rules, which are asked about one by one. */
export function rulePathsOf(rules: readonly PathRule[], alphabet: Alphabet): RulePaths {
  return OF_RULES[alphabet](rules);
}
