import type { Rule } from "./model.ts";

/** A rule whose path is a regular expression, and its place in the order of its host. */
interface Entry {
  readonly rule: Rule;
  readonly order: number;
  compiled: RegExp | null;
}

/** Compiled expressions that are kept in all; the oldest go first. Bounds the memory of an isolate. */
const COMPILED = 4096;
/** Characters of what an expression begins with that the index looks at. */
const LONGEST_START = 32;
/** The characters that an expression begins with as they stand, after its anchor. */
const START = /^\^((?:[-\w/~%@:,;=]|\\[.-])*)([*?{]?)/;

const kept: Entry[] = [];

/** The pattern of an entry, compiled at its first use. */
function patternOf(entry: Entry): RegExp {
  if (entry.compiled !== null) return entry.compiled;
  entry.compiled = patternOfRule(entry.rule);
  if (kept.push(entry) > COMPILED) for (const old of kept.splice(0, COMPILED / 2)) old.compiled = null;
  return entry.compiled;
}

/**
 * The expression of a rule, anew: without regard to the case of ASCII's letters, over one character a byte. Its first `^`
 * is the anchor of the whole, or of the first part of a choice: `(?:^/a|/b)`.
 */
export function patternOfRule({ path }: Rule, isAnchored = true): RegExp {
  return new RegExp(isAnchored ? path : path.replace("^", ""), "i");
}

/**
 * The rules of a host that are matched by regular expressions, in their order. Most are told apart by what they begin
 * with: an index by that leaves a few to try for a path, however many a host has. Figures: `npm run bench -- match`.
 */
export class PatternIndex {
  readonly #starts = new Map<number, Entry[]>();
  /** True at the lengths that starts have. */
  readonly #lengths: boolean[] = [];
  #longest = 0;

  constructor(rules: readonly Rule[]) {
    for (const [order, rule] of rules.entries()) {
      const start = startOf(rule.path);
      let hash = SEED;
      for (let at = 0; at < start.length; at++) hash = hashed(hash, start.charCodeAt(at));
      const same = this.#starts.get(hash);
      const entry = { rule, order, compiled: null };
      if (same === undefined) this.#starts.set(hash, [entry]);
      else same.push(entry);
      this.#lengths[start.length] = true;
      this.#longest = Math.max(this.#longest, start.length);
    }
  }

  /** The first rule that takes a path and that `holds`; null: none. */
  first(path: string, holds: (rule: Rule) => boolean): Rule | null {
    let candidates: readonly Entry[] | null = null;
    let hash = SEED;
    const end = Math.min(path.length, this.#longest);
    for (let at = 0; ; at++) {
      if (this.#lengths[at] === true) {
        const more = this.#starts.get(hash);
        if (more !== undefined) candidates = candidates === null ? more : inOrder(candidates, more);
      }
      if (at >= end) break;
      hash = hashed(hash, path.charCodeAt(at));
    }
    if (candidates === null) return null;
    // Two starts may have one hash: the expression itself decides.
    for (const entry of candidates) {
      if (patternOf(entry).test(path) && holds(entry.rule)) return entry.rule;
    }
    return null;
  }
}

/** In lower case; empty for a choice, whose parts begin otherwise. */
function startOf(source: string): string {
  const [, letters = "", quantifier] = START.exec(source) ?? [];
  const plain = letters.replaceAll("\\", "").toLowerCase();
  return (quantifier === "" ? plain : plain.slice(0, -1)).slice(0, LONGEST_START);
}

const SEED = 0x811c9dc5;

/** FNV-1a, the letters of ASCII in lower case. */
function hashed(hash: number, code: number): number {
  return Math.imul(hash ^ (code >= 65 && code <= 90 ? code | 32 : code), 0x01000193);
}

function inOrder(some: readonly Entry[], others: readonly Entry[]): readonly Entry[] {
  return [...some, ...others].sort((a, b) => a.order - b.order);
}
