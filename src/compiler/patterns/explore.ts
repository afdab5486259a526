import { remembered } from "../remembered.ts";
import { type Alphabet, type Before, EVERY_TEXT, type Formula, Languages, NO_TEXT } from "./language.ts";
import { asked, type PathPattern, type PathRule, patternOf } from "./path-pattern.ts";
import { isPath, MOST_STATES, pathOf, START, type Step, segmentBehind } from "./path-walk.ts";

export interface Exploration<Kept> {
  readonly found: readonly Kept[];
  /** False: there are more states than were looked at, or a pattern looks behind; other paths may be told apart too. */
  readonly isComplete: boolean;
}

/** A path, and which rules of each list take it, by their places: up to the first one that asks for nothing beyond. */
export interface Sorted {
  readonly path: string;
  readonly takers: readonly (readonly number[])[];
}

/**
 * One path for each combination of rules that paths can meet in several lists of rules (in order of precedence): a walk
 * through the product of their automata, shortest paths first. Paths are those that every server reads in one way; a
 * request that is not refused leads to the same rules as one of them does (`matchReadings` in `table/match.ts`), but for
 * patterns of one resource that do the same: with the alphabet of all bytes, paths are what patterns are matched with.
 */
export const explorePaths = remembered(
  1_000,
  (lists: readonly (readonly PathRule[])[], mostStates = MOST_STATES, alphabet: Alphabet = "clear") =>
    JSON.stringify([mostStates, alphabet, lists.map((rules) => rules.map(asked))]),
  explored,
);

function explored(
  lists: readonly (readonly PathRule[])[],
  mostStates = MOST_STATES,
  alphabet: Alphabet = "clear",
): Exploration<Sorted> {
  const distinct = new Map<string, PathPattern & { readonly places: number[] }>();
  let isComplete = true;
  for (const [list, rules] of lists.entries()) {
    for (const [place, rule] of rules.entries()) {
      const key = `${rule.pathType} ${rule.path}`;
      const pattern = distinct.get(key) ?? patternOf(rule);
      if (pattern === "never") continue;
      if (pattern === null) {
        isComplete = false;
        continue;
      }
      const same = distinct.get(key) ?? { ...pattern, places: [] };
      distinct.set(key, same);
      same.places[list] ??= place;
    }
  }
  const all = [...distinct.values()];
  const languages = new Languages(
    all.map(({ node }) => node),
    alphabet,
  );
  const places = all.map((each) => each.places);
  const isFinal = (list: number, place: number) => lists[list]?.[place]?.conditions === null;
  const walk = new Walk(languages, places, isFinal, lists.length);
  const first = all.map(({ node, anchored }) => languages.searched(node, anchored));
  const walked = walk.from(first, mostStates);
  return { found: walked.found, isComplete: isComplete && walked.isComplete };
}

interface State extends Step {
  /** Of each pattern that may still decide: what is left of it. */
  readonly left: ReadonlyMap<number, Formula>;
  readonly before: Before;
}

class Walk {
  readonly #languages: Languages;
  readonly #places: readonly (readonly number[])[];
  readonly #isFinal: (list: number, place: number) => boolean;
  readonly #lists: number;

  constructor(
    languages: Languages,
    places: readonly (readonly number[])[],
    isFinal: (list: number, place: number) => boolean,
    lists: number,
  ) {
    this.#languages = languages;
    this.#places = places;
    this.#isFinal = isFinal;
    this.#lists = lists;
  }

  from(first: readonly Formula[], mostStates: number): Exploration<Sorted> {
    const found = new Map<string, Sorted>();
    const left = this.#needed(new Map(first.entries()));
    const open: State[] = [{ left, before: "start", segment: START, from: null, byte: 0 }];
    const seen = new Set<string>();
    for (const state of open) {
      if (isPath(state)) {
        const takers = this.#takers(state);
        const key = JSON.stringify(takers);
        if (!found.has(key)) found.set(key, { path: pathOf(state), takers });
      }
      for (const [index, byte] of this.#languages.bytes.entries()) {
        const next = this.#next(state, index, byte);
        if (next === null) continue;
        const key = `${next.segment}${next.before} ${[...next.left].join(" ")}`;
        if (seen.has(key)) continue;
        seen.add(key);
        if (open.length >= mostStates) return { found: [...found.values()], isComplete: false };
        open.push(next);
      }
    }
    return { found: [...found.values()], isComplete: true };
  }

  #next(state: State, index: number, byte: number): State | null {
    const segment = segmentBehind(state.segment, byte);
    if (segment === null) return null;
    const left = new Map<number, Formula>();
    for (const [pattern, formula] of state.left) {
      const behind = this.#languages.behind(formula, state.before, index);
      if (behind !== NO_TEXT) left.set(pattern, behind);
    }
    return { left: this.#needed(left), before: this.#languages.before(index), segment, from: state, byte };
  }

  /** Without the patterns that come after one which takes everything from here on, in each list. */
  #needed(left: Map<number, Formula>): ReadonlyMap<number, Formula> {
    const ends = Array.from({ length: this.#lists }, (_, list) => {
      let end = Number.POSITIVE_INFINITY;
      for (const [pattern, formula] of left) {
        const place = this.#places[pattern]?.[list];
        if (formula === EVERY_TEXT && place !== undefined && place < end && this.#isFinal(list, place)) end = place;
      }
      return end;
    });
    for (const pattern of left.keys()) {
      if (!ends.some((end, list) => (this.#places[pattern]?.[list] ?? Number.POSITIVE_INFINITY) <= end)) {
        left.delete(pattern);
      }
    }
    return left;
  }

  #takers({ left, before }: State): number[][] {
    const taking = [...left].filter(([, formula]) => this.#languages.mayEnd(formula, before));
    return Array.from({ length: this.#lists }, (_, list) => {
      const places = taking.flatMap(([pattern]) => this.#places[pattern]?.[list] ?? []).sort((a, b) => a - b);
      const last = places.findIndex((place) => this.#isFinal(list, place));
      return last < 0 ? places : places.slice(0, last + 1);
    });
  }
}
