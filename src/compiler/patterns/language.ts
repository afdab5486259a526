import { type ByteSet, byteRange, byteTable, EVERY_BYTE, hasByte, PATH_BYTES, toldApart, WORD } from "./bytes.ts";
import { childrenOf, mayBeEmpty, type Node } from "./syntax.ts";

/** A set of texts: a number, the same for formulas that were made in the same way. */
export type Formula = number;

/** No text, and every text. */
export const NO_TEXT: Formula = 0;
export const EVERY_TEXT: Formula = 1;

/** The bytes of paths that every server reads in one way, or of all that are not refused. */
export type Alphabet = "clear" | "all";

/** What stands before the place that is looked at; assertions ask for it. */
export type Before = "start" | "word" | "other";

type Shape =
  | { readonly kind: "constant" }
  /** What the node takes, and then what is left. */
  | { readonly kind: "then"; readonly node: Node; readonly rest: Formula }
  /** So many times more what the node takes, and then what is left. */
  | { readonly kind: "times"; readonly node: Node; readonly min: number; readonly max: number; readonly rest: Formula }
  | { readonly kind: "any" | "all"; readonly parts: readonly Formula[] }
  | { readonly kind: "not"; readonly part: Formula };

/**
 * Sets of texts that patterns take, and what is left of them behind a byte: derivatives of regular expressions with
 * conjunction and negation (Brzozowski, "Derivatives of regular expressions", 1964), of which there are only so many as
 * long as equal parts are joined. A look-ahead is a conjunction with all that follows. Look-behinds are not taken.
 */
export class Languages {
  /** One byte for each class that no pattern tells apart, the most readable first. */
  readonly bytes: readonly number[];
  readonly #members = new Map<ByteSet, readonly boolean[]>();
  readonly #shapes: Shape[] = [{ kind: "constant" }, { kind: "constant" }];
  readonly #known = new Map<string, Formula>();
  readonly #nodes = new Map<Node, number>();
  readonly #derived = new Map<number, Formula>();
  readonly #isWord: readonly boolean[];

  /** `alphabet`: `clear` are the bytes that every server reads in one way. */
  constructor(patterns: readonly Node[], alphabet: Alphabet = "clear") {
    const sets = [...new Set([...patterns.flatMap(setsOf), EVERY_BYTE, WORD, SLASH, DOT])];
    this.bytes = toldApart(alphabet === "clear" ? READABLE_FIRST : READABLE_FIRST.concat(READ_IN_WAYS), sets);
    for (const set of sets) {
      const table = byteTable(set);
      this.#members.set(
        set,
        this.bytes.map((byte) => table[byte] === true),
      );
    }
    this.#isWord = this.#members.get(WORD) as readonly boolean[];
  }

  /** The texts that `new RegExp(…).test` takes for the pattern. */
  searched(pattern: Node, isAnchored: boolean): Formula {
    return isAnchored ? this.#then(pattern, EVERY_TEXT) : this.#then(ANYTHING, this.#then(pattern, EVERY_TEXT));
  }

  /** The texts that are in both. */
  both(one: Formula, other: Formula): Formula {
    return this.#all([one, other]);
  }

  /** What stands before the place behind a byte. */
  before(byte: number): Before {
    return this.#isWord[byte] ? "word" : "other";
  }

  /** What has to follow the byte (by its index in `bytes`) for the text to be in the set. */
  behind(formula: Formula, before: Before, byte: number): Formula {
    if (formula <= EVERY_TEXT) return formula;
    const key = (formula * 3 + BEFORE[before]) * 256 + byte;
    const known = this.#derived.get(key);
    if (known !== undefined) return known;
    const made = this.#behind(this.#shapes[formula] as Shape, before, byte);
    this.#derived.set(key, made);
    return made;
  }

  /** Whether the text may end here. */
  mayEnd(formula: Formula, before: Before): boolean {
    if (formula <= EVERY_TEXT) return formula === EVERY_TEXT;
    const shape = this.#shapes[formula] as Shape;
    switch (shape.kind) {
      case "any":
        return shape.parts.some((part) => this.mayEnd(part, before));
      case "all":
        return shape.parts.every((part) => this.mayEnd(part, before));
      case "not":
        return !this.mayEnd(shape.part, before);
      case "times":
        return shape.min === 0 && this.mayEnd(shape.rest, before);
      case "then":
        return this.#nodeMayEnd(shape.node, shape.rest, before);
      case "constant":
        return false;
    }
  }

  #behind(shape: Shape, before: Before, byte: number): Formula {
    switch (shape.kind) {
      case "any":
        return this.#any(shape.parts.map((part) => this.behind(part, before, byte)));
      case "all":
        return this.#all(shape.parts.map((part) => this.behind(part, before, byte)));
      case "not":
        return this.#not(this.behind(shape.part, before, byte));
      case "times": {
        const more = this.behind(this.#once(shape), before, byte);
        return shape.min > 0 ? more : this.#any([more, this.behind(shape.rest, before, byte)]);
      }
      case "then":
        return this.#nodeBehind(shape.node, shape.rest, before, byte);
      case "constant":
        return NO_TEXT;
    }
  }

  #nodeBehind(node: Node, rest: Formula, before: Before, byte: number): Formula {
    switch (node.kind) {
      case "set":
        return this.#members.get(node.set)?.[byte] ? rest : NO_TEXT;
      case "assert":
        return this.#holds(node.what, before, byte) ? this.behind(rest, before, byte) : NO_TEXT;
      default:
        return this.behind(this.#opened(node, rest), before, byte);
    }
  }

  #nodeMayEnd(node: Node, rest: Formula, before: Before): boolean {
    switch (node.kind) {
      case "set":
        return false;
      case "assert":
        return this.#holds(node.what, before, null) && this.mayEnd(rest, before);
      default:
        return this.mayEnd(this.#opened(node, rest), before);
    }
  }

  /** `byte` null: the end of the text. */
  #holds(what: Extract<Node, { kind: "assert" }>["what"], before: Before, byte: number | null): boolean {
    if (what === "start") return before === "start";
    if (what === "end") return byte === null;
    const isBoundary = (before === "word") !== (byte !== null && this.#isWord[byte] === true);
    return isBoundary === (what === "word");
  }

  /** The same set in the terms of what the node is made of. */
  #opened(node: Exclude<Node, { kind: "set" | "assert" }>, rest: Formula): Formula {
    switch (node.kind) {
      case "sequence":
        return node.items.reduceRight((after, item) => this.#then(item, after), rest);
      case "choice":
        return this.#any(node.options.map((option) => this.#then(option, rest)));
      case "capture":
        return this.#then(node.body, rest);
      case "repeat":
        return this.#times(node.body, node.min, node.max, rest);
      case "look": {
        if (node.behind) throw new RangeError("look-behinds are not taken");
        const ahead = this.#then(node.body, EVERY_TEXT);
        return this.#all([node.negative ? this.#not(ahead) : ahead, rest]);
      }
    }
  }

  #once({ node, min, max, rest }: Extract<Shape, { kind: "times" }>): Formula {
    return this.#then(node, this.#times(node, Math.max(0, min - 1), max - 1, rest));
  }

  #then(node: Node, rest: Formula): Formula {
    if (rest === NO_TEXT) return NO_TEXT;
    if (rest === EVERY_TEXT && mayBeEmpty(node) && !asserts(node)) return EVERY_TEXT;
    if (node.kind === "sequence" && node.items.length === 0) return rest;
    return this.#formula(`then ${this.#numberOf(node)} ${rest}`, { kind: "then", node, rest });
  }

  #times(node: Node, min: number, max: number, rest: Formula): Formula {
    if (max === 0 || rest === NO_TEXT) return rest;
    if (min === 0 && rest === EVERY_TEXT) return rest;
    const key = `times ${this.#numberOf(node)} ${min} ${max} ${rest}`;
    return this.#formula(key, { kind: "times", node, min, max, rest });
  }

  #any(parts: readonly Formula[]): Formula {
    return this.#joined("any", parts, EVERY_TEXT, NO_TEXT);
  }

  #all(parts: readonly Formula[]): Formula {
    return this.#joined("all", parts, NO_TEXT, EVERY_TEXT);
  }

  #joined(kind: "any" | "all", parts: readonly Formula[], decides: Formula, saysNothing: Formula): Formula {
    const flat = new Set<Formula>();
    for (const part of parts) {
      const shape = this.#shapes[part] as Shape;
      for (const each of shape.kind === kind ? shape.parts : [part]) if (each !== saysNothing) flat.add(each);
    }
    if (flat.has(decides)) return decides;
    const sorted = [...flat].sort((a, b) => a - b);
    if (sorted.length <= 1) return sorted[0] ?? saysNothing;
    return this.#formula(`${kind} ${sorted.join(" ")}`, { kind, parts: sorted });
  }

  #not(part: Formula): Formula {
    if (part <= EVERY_TEXT) return EVERY_TEXT - part;
    const shape = this.#shapes[part] as Shape;
    return shape.kind === "not" ? shape.part : this.#formula(`not ${part}`, { kind: "not", part });
  }

  #formula(key: string, shape: Shape): Formula {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const made = this.#shapes.push(shape) - 1;
    this.#known.set(key, made);
    return made;
  }

  #numberOf(node: Node): number {
    const known = this.#nodes.get(node);
    if (known !== undefined) return known;
    this.#nodes.set(node, this.#nodes.size);
    return this.#nodes.size - 1;
  }
}

const BEFORE: Readonly<Record<Before, number>> = { start: 0, word: 1, other: 2 };
const SLASH = byteRange(0x2f, 0x2f);
const DOT = byteRange(0x2e, 0x2e);
/** What no path may hold, or some servers read in another way (`otherReadings` in `table/normalise.ts`). */
const READ_OTHERWISE = byteRange(0x3b, 0x3b) | byteRange(0x5c, 0x5c);
const LIKED = [..."xabcdefghijklmnopqrstuvwyz1/-._"].map((character) => character.charCodeAt(0));
const ALLOWED = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) =>
  hasByte(PATH_BYTES & ~READ_OTHERWISE, byte),
);
const READABLE_FIRST = [...new Set([...LIKED, ...ALLOWED])];
const READ_IN_WAYS = Array.from({ length: 256 }, (_, byte) => byte).filter((byte) =>
  hasByte(PATH_BYTES & READ_OTHERWISE, byte),
);

const ANYTHING: Node = {
  kind: "repeat",
  body: { kind: "set", set: EVERY_BYTE },
  min: 0,
  max: Number.POSITIVE_INFINITY,
  lazy: true,
};

function setsOf(node: Node): readonly ByteSet[] {
  return node.kind === "set" ? [node.set] : childrenOf(node).flatMap(setsOf);
}

function asserts(node: Node): boolean {
  return node.kind === "assert" || node.kind === "look" || childrenOf(node).some(asserts);
}

/** Whether `Languages` can't take it. */
export function looksBehind(node: Node): boolean {
  return (node.kind === "look" && node.behind) || childrenOf(node).some(looksBehind);
}
