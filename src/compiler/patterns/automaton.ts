import type { ByteSet } from "./bytes.ts";
import type { Node } from "./syntax.ts";

/**
 * Glushkov's automaton of a pattern: one position for each set of bytes, counts written out. Steps are listed as often as
 * there are ways to take them, for a backtracking matcher tries each. Assertions are taken to hold: that only adds ways.
 */
export interface Automaton {
  readonly sets: readonly ByteSet[];
  /** The positions that may come first. */
  readonly first: readonly number[];
  /** By position: those that may come next. */
  readonly next: readonly (readonly number[])[];
  /** Those from which on a match can't fail any more, whatever follows. */
  readonly sure: ReadonlySet<number>;
}

interface Fragment {
  readonly first: readonly number[];
  readonly last: readonly number[];
  /** Ways to match nothing. */
  readonly empty: number;
  /** The same without an assertion, which may fail. */
  readonly sureLast: readonly number[];
  readonly sureEmpty: boolean;
}

const NOTHING: Fragment = { first: [], last: [], empty: 1, sureLast: [], sureEmpty: true };

/** Null where the pattern has more positions than `limit`. */
export function automatonOf(node: Node, limit: number): Automaton | null {
  const builder = new Builder(limit);
  const whole = builder.build(node);
  if (builder.isFull) return null;
  const { sets, next } = builder;
  const sure = new Set(whole.sureLast);
  for (let before = -1; before !== sure.size; ) {
    before = sure.size;
    for (const position of sure) {
      if (!(next[position] ?? []).every((other) => sure.has(other))) sure.delete(position);
    }
  }
  return { sets, first: whole.first, next, sure };
}

class Builder {
  readonly sets: ByteSet[] = [];
  readonly next: number[][] = [];
  readonly #limit: number;

  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Too many positions, or ways to go on. */
  get isFull(): boolean {
    return this.sets.length > this.#limit;
  }

  build(node: Node): Fragment {
    if (this.isFull) return NOTHING;
    switch (node.kind) {
      case "set": {
        const position = this.sets.push(node.set) - 1;
        this.next.push([]);
        return { first: [position], last: [position], empty: 0, sureLast: [position], sureEmpty: false };
      }
      case "sequence":
        return node.items.map((item) => this.build(item)).reduce((a, b) => this.#joined(a, b), NOTHING);
      case "choice": {
        const options = node.options.map((option) => this.build(option));
        return {
          first: options.flatMap(({ first }) => first),
          last: options.flatMap(({ last }) => last),
          empty: options.reduce((sum, { empty }) => sum + empty, 0),
          sureLast: options.flatMap(({ sureLast }) => sureLast),
          sureEmpty: options.some(({ sureEmpty }) => sureEmpty),
        };
      }
      case "capture":
        return this.build(node.body);
      case "repeat":
        return this.#repeated(node);
      default:
        return { ...NOTHING, sureEmpty: false };
    }
  }

  #repeated({ body, min, max }: Extract<Node, { kind: "repeat" }>): Fragment {
    let whole = NOTHING;
    if (max === Number.POSITIVE_INFINITY) {
      for (let copy = 1; copy < min && !this.isFull; copy++) whole = this.#joined(whole, this.build(body));
      const loop = this.build(body);
      this.#connect(loop.last, loop.first);
      return this.#joined(whole, min === 0 ? optional(loop) : loop);
    }
    for (let copy = 0; copy < min && !this.isFull; copy++) whole = this.#joined(whole, this.build(body));
    let rest = NOTHING;
    for (let copy = min; copy < max && !this.isFull; copy++) rest = optional(this.#joined(this.build(body), rest));
    return this.#joined(whole, rest);
  }

  #joined(a: Fragment, b: Fragment): Fragment {
    this.#connect(a.last, b.first);
    return {
      first: [...a.first, ...times(b.first, a.empty)],
      last: [...times(a.last, b.empty), ...b.last],
      empty: a.empty * b.empty,
      sureLast: [...(b.sureEmpty ? a.sureLast : []), ...b.sureLast],
      sureEmpty: a.sureEmpty && b.sureEmpty,
    };
  }

  #connect(from: readonly number[], to: readonly number[]): void {
    for (const position of from) this.next[position]?.push(...to);
  }
}

function optional(fragment: Fragment): Fragment {
  return { ...fragment, empty: fragment.empty + 1, sureEmpty: true };
}

function times(positions: readonly number[], count: number): readonly number[] {
  return count === 1 ? positions : Array.from({ length: count }, () => positions).flat();
}
