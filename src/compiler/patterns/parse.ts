import {
  type ByteSet,
  byteRange,
  DIGITS,
  EVERY_BYTE,
  inBothCases,
  NEWLINE,
  NO_BYTE,
  POSIX,
  SPACE,
  WORD,
} from "./bytes.ts";
import { capturesIn, mayBeEmpty, type Node } from "./syntax.ts";

/** What is wrong with a pattern: ends the sentence "the pattern …". `offset` counts bytes of UTF-8 from 0. */
export interface PatternProblem {
  readonly says: string;
  readonly offset: number;
}

/** Bytes in curly brackets that PCRE2 takes for a count; `{,n}` and spaces only from 10.43 on. */
const COUNT = /\{(\d{1,5})(?:(,)(\d{0,5}))?\}/y;
const COUNT_OF_LATER_VERSIONS = /\{[ \t]*\d*[ \t]*(?:,[ \t]*\d*[ \t]*)?\}/y;
const NAMED_GROUP = /\?P?(?:<([A-Za-z_]\w{0,31})>|'([A-Za-z_]\w{0,31})')/y;
const MOST_REPEATS = 1000;

const ESCAPED_SETS: Readonly<Record<string, ByteSet>> = {
  d: DIGITS,
  D: EVERY_BYTE & ~DIGITS,
  w: WORD,
  W: EVERY_BYTE & ~WORD,
  s: SPACE,
  S: EVERY_BYTE & ~SPACE,
  N: EVERY_BYTE & ~NEWLINE,
};
const ESCAPED_BYTES: Readonly<Record<string, number>> = { t: 9, n: 10, f: 12, r: 13, e: 27, a: 7 };

class Refusal extends Error {
  readonly problem: PatternProblem;

  constructor(says: string, offset: number) {
    super(says);
    this.problem = { says, offset };
  }
}

/**
 * Reads a pattern of PCRE2 as nginx compiles it for a location: bytes, no flag but caselessness (pcre2pattern(3)). What
 * ECMAScript has no exact counterpart for is a problem. Of groups that repeat something which may be empty the two
 * engines think differently, and they are refused.
 */
export function parsePattern(text: string, { caseless }: { readonly caseless: boolean }): Node | PatternProblem {
  try {
    return new Parser(Buffer.from(text, "utf8").toString("latin1"), caseless).parse();
  } catch (error) {
    if (error instanceof Refusal) return error.problem;
    throw error;
  }
}

export function isProblem(parsed: Node | PatternProblem): parsed is PatternProblem {
  return "says" in parsed;
}

class Parser {
  readonly #text: string;
  readonly #caseless: boolean;
  #at = 0;
  #captures = 0;
  #depth = 0;

  constructor(text: string, caseless: boolean) {
    this.#text = text;
    this.#caseless = caseless;
  }

  parse(): Node {
    if (this.#text.startsWith("(*")) this.#refuse("begins with a setting of PCRE (`(*…)`)", 0);
    const node = this.#choice();
    if (this.#at < this.#text.length) this.#refuse("has a `)` without its `(`");
    return node;
  }

  #refuse(says: string, offset = this.#at): never {
    throw new Refusal(says, offset);
  }

  #take(text: string): boolean {
    if (!this.#text.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #match(pattern: RegExp): RegExpExecArray | null {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.#text);
    if (found !== null) this.#at += found[0].length;
    return found;
  }

  #choice(): Node {
    if (++this.#depth > 100) this.#refuse("has groups in groups to more than 100 levels");
    const options = [this.#sequence()];
    while (this.#take("|")) options.push(this.#sequence());
    this.#depth--;
    return options.length === 1 ? (options[0] as Node) : { kind: "choice", options };
  }

  #sequence(): Node {
    const items: Node[] = [];
    while (this.#at < this.#text.length && !/[|)]/.test(this.#text[this.#at] as string)) {
      if (this.#take("\\Q")) {
        items.push(...this.#quoted());
        continue;
      }
      if (this.#take("\\E")) continue;
      const start = this.#at;
      const atom = this.#atom();
      if (atom !== null) items.push(this.#repeated(atom, start));
    }
    return items.length === 1 ? (items[0] as Node) : { kind: "sequence", items };
  }

  /** `\Q…\E`: a quantifier behind it is for its last byte. */
  #quoted(): Node[] {
    const end = this.#text.indexOf("\\E", this.#at);
    const text = this.#text.slice(this.#at, end < 0 ? undefined : end);
    const nodes = [...text].map((character) => this.#literal(character.charCodeAt(0)));
    this.#at += text.length + (end < 0 ? 0 : 2);
    const last = nodes.pop();
    return last === undefined ? nodes : [...nodes, this.#repeated(last, this.#at)];
  }

  #repeated(atom: Node, start: number): Node {
    const bounds = this.#quantifier();
    if (bounds === null) return atom;
    const [min, max] = bounds;
    if (atom.kind === "assert" || atom.kind === "look") this.#refuse("repeats what takes no characters", start);
    if (this.#text[this.#at] === "+") this.#refuse("has a possessive quantifier, which ECMAScript has not");
    const lazy = this.#take("?");
    if (this.#isQuantifier()) this.#refuse("has a quantifier behind a quantifier");
    if (mayBeEmpty(atom)) this.#refuse("repeats a part that may be empty", start);
    if (max === 0) this.#refuse("repeats a part 0 times", start);
    return { kind: "repeat", body: atom, min, max, lazy };
  }

  #isQuantifier(): boolean {
    return /[*+?]/.test(this.#text[this.#at] ?? "") || this.#isCount();
  }

  #quantifier(): readonly [number, number] | null {
    const start = this.#at;
    if (this.#take("*")) return [0, Number.POSITIVE_INFINITY];
    if (this.#take("+")) return [1, Number.POSITIVE_INFINITY];
    if (this.#take("?")) return [0, 1];
    const count = this.#match(COUNT);
    if (count === null) return null;
    const min = Number(count[1]);
    const max = count[2] === undefined ? min : count[3] === "" ? Number.POSITIVE_INFINITY : Number(count[3]);
    if (max < min) this.#refuse("has a count whose end is before its start", start);
    if (Math.max(min, Number.isFinite(max) ? max : 0) > MOST_REPEATS) {
      this.#refuse(`repeats a part more than ${MOST_REPEATS} times`, start);
    }
    return [min, max];
  }

  #literal(byte: number): Node {
    return this.#set(byteRange(byte, byte));
  }

  #set(set: ByteSet): Node {
    return { kind: "set", set: this.#caseless ? inBothCases(set) : set };
  }

  /** Null for what says nothing: a comment, a flag that holds anyway. */
  #atom(): Node | null {
    const character = this.#text[this.#at] as string;
    switch (character) {
      case "*":
      case "+":
      case "?":
        return this.#refuse("has a quantifier with nothing before it");
      case "{":
        if (this.#isCount())
          return this.#refuse("has a count with nothing before it, or one that PCRE reads by its version");
        break;
      case "(":
        return this.#group();
      case "[":
        return this.#class();
      case "\\":
        return this.#escape();
    }
    this.#at++;
    if (character === ".") return { kind: "set", set: EVERY_BYTE & ~NEWLINE };
    if (character === "^") return { kind: "assert", what: "start" };
    if (character === "$") return { kind: "assert", what: "end" };
    return this.#literal(character.charCodeAt(0));
  }

  /** Something in curly brackets that a version of PCRE2 takes for a count. */
  #isCount(): boolean {
    COUNT_OF_LATER_VERSIONS.lastIndex = this.#at;
    const found = COUNT_OF_LATER_VERSIONS.exec(this.#text);
    return found !== null && /\d/.test(found[0]);
  }

  #group(): Node | null {
    const start = this.#at++;
    if (this.#text[this.#at] === "*") this.#refuse("has a verb of PCRE (`(*…)`)", start);
    if (this.#take("?#")) {
      const end = this.#text.indexOf(")", this.#at);
      if (end < 0) this.#refuse("has a comment without its end", start);
      this.#at = end + 1;
      return null;
    }
    if (this.#caseless && this.#take("?i)")) return null;
    if (this.#take("?:") || (this.#caseless && this.#take("?i:"))) return this.#closed(this.#choice(), start);
    for (const [sign, behind, negative] of LOOKS) {
      if (!this.#take(sign)) continue;
      const body = this.#closed(this.#choice(), start);
      if (behind && capturesIn(body).length > 0) this.#refuse("has a capture group in a look-behind", start);
      return { kind: "look", behind, negative, body };
    }
    if (this.#match(NAMED_GROUP) === null && this.#text[this.#at] === "?")
      this.#refuse(whyNoGroup(this.#text, this.#at), start);
    const number = ++this.#captures;
    return { kind: "capture", body: this.#closed(this.#choice(), start), number };
  }

  #closed(body: Node, start: number): Node {
    if (!this.#take(")")) this.#refuse("has a `(` without its `)`", start);
    return body;
  }

  #escape(): Node {
    const start = this.#at++;
    const character = this.#text[this.#at++];
    if (character === undefined) return this.#refuse("ends with a backslash", start);
    const set = ESCAPED_SETS[character];
    if (set !== undefined) return { kind: "set", set };
    switch (character) {
      case "b":
        return { kind: "assert", what: "word" };
      case "B":
        return { kind: "assert", what: "no-word" };
      case "A":
        return { kind: "assert", what: "start" };
      case "z":
      case "Z":
        return { kind: "assert", what: "end" };
    }
    if (/[1-9]/.test(character)) this.#refuse("refers back to a group, which can't be matched in linear time", start);
    return this.#literal(this.#escapedByte(character, start));
  }

  /** The byte of an escape that stands for one, in a class or not. */
  #escapedByte(character: string, start: number): number {
    const byte = ESCAPED_BYTES[character];
    if (byte !== undefined) return byte;
    if (character === "x") {
      const hex = this.#match(/([0-9A-Fa-f]{1,2})|\{0*([0-9A-Fa-f]{1,2})\}/y);
      if (hex === null) return this.#refuse("has `\\x` without a byte behind it", start);
      return Number.parseInt(hex[1] ?? (hex[2] as string), 16);
    }
    if (character === "0") return Number.parseInt(`0${this.#match(/[0-7]{1,2}/y)?.[0] ?? ""}`, 8);
    if (/[0-9A-Za-z]/.test(character))
      this.#refuse(`has \`\\${character}\`, which has no exact counterpart here`, start);
    return character.charCodeAt(0);
  }

  #class(): Node {
    const start = this.#at++;
    const negative = this.#take("^");
    let set = NO_BYTE;
    for (let first = true; ; first = false) {
      if (this.#at >= this.#text.length) this.#refuse("has a `[` without its `]`", start);
      if (!first && this.#take("]")) break;
      const low = this.#member(start);
      if (typeof low === "bigint") {
        if (/^-[^\]]/.test(this.#text.slice(this.#at, this.#at + 2)))
          this.#refuse("has a range that begins with a class");
        set |= low;
      } else if (this.#text[this.#at] === "-" && this.#at + 1 < this.#text.length && this.#text[this.#at + 1] !== "]") {
        this.#at++;
        const high = this.#member(start);
        if (typeof high === "bigint") return this.#refuse("has a range that ends with a class");
        if (high < low) this.#refuse("has a range whose end is before its start");
        set |= byteRange(low, high);
      } else set |= byteRange(low, low);
    }
    const folded = this.#caseless ? inBothCases(set) : set;
    return { kind: "set", set: negative ? EVERY_BYTE & ~folded : folded };
  }

  /** A byte, which may begin a range, or a class in the class. */
  #member(start: number): number | ByteSet {
    const posix = this.#match(/\[:(\^?)([a-z]+):\]/y);
    if (posix !== null) {
      const named = POSIX[posix[2] as string];
      if (named === undefined) return this.#refuse("has an unknown class of POSIX", start);
      return posix[1] === "" ? named : EVERY_BYTE & ~named;
    }
    if (/^\[[.=]/.test(this.#text.slice(this.#at, this.#at + 2))) this.#refuse("has a collating element of POSIX");
    const character = this.#text[this.#at++] as string;
    if (character !== "\\") return character.charCodeAt(0);
    const escaped = this.#text[this.#at++];
    if (escaped === undefined) return this.#refuse("ends with a backslash", this.#at - 1);
    if (escaped === "Q" || escaped === "E") this.#refuse("quotes within a class");
    if (escaped === "b") return 8;
    if (escaped === "N") this.#refuse("has `\\N` in a class");
    const set = ESCAPED_SETS[escaped];
    if (set !== undefined) return set;
    if (/[1-7]/.test(escaped)) this.#refuse("has an octal number in a class");
    return this.#escapedByte(escaped, this.#at - 2);
  }
}

const LOOKS = [
  ["?=", false, false],
  ["?!", false, true],
  ["?<=", true, false],
  ["?<!", true, true],
] as const;

function whyNoGroup(text: string, at: number): string {
  if (text.startsWith("?>", at)) return "has an atomic group, which ECMAScript has not";
  if (/^\?(?:R|[-+]?\d|&|P>)/.test(text.slice(at)))
    return "calls itself or a group of its own, which can't be matched in linear time";
  if (text.startsWith("?|", at)) return "has a group that resets the numbers of others (`(?|`)";
  if (text.startsWith("?(", at)) return "has a condition (`(?(`)";
  if (/^\?[a-zA-Z^-]+[:)]/.test(text.slice(at))) return "changes flags within itself";
  return "has a group of an unknown kind";
}
