import type { ValuePath } from "./document.ts";
import { NOTHING, Places } from "./places.ts";
import { FlowReader } from "./plain-flow.ts";
import {
  beginsPlain,
  DASH,
  DOUBLE_QUOTE,
  HASH,
  keyEnd,
  LINE_FEED,
  NOT_PLAIN,
  OPEN_LIST,
  OPEN_MAP,
  plainEnd,
  quoteEnd,
  SINGLE_QUOTE,
  SPACE,
  skipSpaces,
  typed,
} from "./plain-scalars.ts";
import type { Span } from "./syntax-findings.ts";

export interface PlainDocument {
  /** Null for a document without content. */
  readonly value: object | null;
  /** At least as many as the parser's tokens. */
  readonly tokens: number;
  /** As `locateNode`. */
  locate(path: ValuePath, part: "key" | "value"): Span;
}

/**
 * Reads a document of the plainest YAML, which is most of what manifests are, many times as fast as the parser does:
 * block maps and lists, values of one line in printable ASCII, quoted without escapes or plain, flow collections of such
 * values in one line, comments. The measure is
 * `npm run bench -- cli`; `plain-document.test.ts` holds each value and place to the parser's. Null where the text from
 * `start` to `end` is anything else, or has an error: then it is the parser's to read.
 */
export function readPlainDocument(
  text: string,
  start: number,
  end: number,
  places = new Places(text),
): PlainDocument | null {
  const first = places.length;
  const reader = new PlainReader(text, start, end, places);
  const value = reader.document();
  if (value === undefined) return null;
  return { value, tokens: reader.tokens, locate: (path, part) => places.find(first, path, part) };
}

/** Less than the parser nests. */
const MAX_NESTING = 50;

const NO_STOP: readonly boolean[] = [];

class PlainReader {
  readonly #text: string;
  readonly #end: number;
  readonly #places: Places;
  /** The first character of the line that comes next, and its column; -1 at the end of the document. */
  #at: number;
  #column: number = 0;
  /** Where the scalar that was read last starts and ends. */
  #valueStart = 0;
  #valueEnd = 0;
  /** Where the places of what it holds begin. */
  #within = NOTHING;
  #nesting = 0;
  tokens = 4;

  constructor(text: string, start: number, end: number, places: Places) {
    this.#text = text;
    this.#end = end;
    this.#places = places;
    this.#at = start;
  }

  /** Undefined where it is not plain. */
  document(): object | null | undefined {
    try {
      if (this.#text.startsWith("---", this.#at)) this.#restOfLine(this.#at + 3);
      else this.#line(this.#at);
      if (this.#column === -1) return null;
      const value = this.#map(0);
      return this.#column === -1 ? value : undefined;
    } catch (error) {
      if (error === NOT_PLAIN) return undefined;
      throw error;
    }
  }

  /** Goes to the next line with content, from the start of a line. */
  #line(from: number): void {
    const text = this.#text;
    for (let start = from; start < this.#end; ) {
      let at = start;
      while (text.charCodeAt(at) === SPACE) at += 1;
      this.tokens += 3;
      if (at >= this.#end) break;
      const code = text.charCodeAt(at);
      if (code !== LINE_FEED && code !== HASH) {
        this.#at = at;
        this.#column = at - start;
        return;
      }
      start = code === LINE_FEED ? at + 1 : this.#lineEnd(at) + 1;
    }
    this.#column = -1;
  }

  #lineEnd(from: number): number {
    const found = this.#text.indexOf("\n", from);
    return found === -1 || found > this.#end ? this.#end : found;
  }

  /** Nothing but spaces or a comment may be left in the line; then goes to the next one. */
  #restOfLine(from: number): void {
    const at = this.#skipSpaces(from);
    this.tokens += 2;
    if (at < this.#end && this.#text.charCodeAt(at) !== LINE_FEED) {
      if (this.#text.charCodeAt(at) !== HASH || at === from) throw NOT_PLAIN;
      this.#line(this.#lineEnd(at) + 1);
    } else this.#line(at + 1);
  }

  #skipSpaces(from: number): number {
    return skipSpaces(this.#text, from, this.#end);
  }

  #keyEnd(start: number): number | null {
    return keyEnd(this.#text, start, this.#end);
  }

  #map(column: number): object {
    if (this.#nesting++ > MAX_NESTING) throw NOT_PLAIN;
    const map: Record<string, unknown> = {};
    const first = this.#at;
    let firstEnd = first;
    const within = this.#places.length;
    let last = NOTHING;
    while (this.#column === column) {
      const start = this.#at;
      const end = this.#keyEnd(start);
      if (end === null) throw NOT_PLAIN;
      const key = this.#text.slice(start, end);
      if (key === "__proto__" || Object.hasOwn(map, key)) throw NOT_PLAIN;
      if (firstEnd === first) firstEnd = end;
      this.tokens += 4;
      last = this.#places.add(last);
      map[key] = this.#value(end + 1, column);
      this.#places.settle(last, start, end, this.#valueStart, this.#valueEnd, this.#within);
    }
    if (this.#column > column) throw NOT_PLAIN;
    this.#valueStart = first;
    this.#valueEnd = firstEnd;
    this.#within = within;
    this.#nesting -= 1;
    return map;
  }

  #isItem(): boolean {
    return this.#text.charCodeAt(this.#at) === DASH && this.#text.charCodeAt(this.#at + 1) === SPACE;
  }

  /** What stands behind the colon of a key in this column. */
  #value(from: number, column: number): unknown {
    const at = this.#skipSpaces(from);
    const code = at < this.#end ? this.#text.charCodeAt(at) : LINE_FEED;
    if (code !== LINE_FEED && code !== HASH) return this.#scalar(at);
    this.#restOfLine(from);
    if (this.#column >= column && this.#isItem()) return this.#list(this.#column);
    if (this.#column > column) return this.#map(this.#column);
    this.#valueStart = from;
    this.#valueEnd = from;
    this.#within = NOTHING;
    return null;
  }

  #list(column: number): unknown[] {
    if (this.#nesting++ > MAX_NESTING) throw NOT_PLAIN;
    const list: unknown[] = [];
    const first = this.#at;
    const within = this.#places.length;
    let last = NOTHING;
    while (this.#column === column && this.#isItem()) {
      const at = this.#skipSpaces(this.#at + 2);
      this.tokens += 2;
      this.#column += at - this.#at;
      this.#at = at;
      last = this.#places.add(last);
      if (this.#keyEnd(at) !== null) list.push(this.#map(this.#column));
      else list.push(this.#scalar(at));
      this.#places.settle(last, at, at, this.#valueStart, this.#valueEnd, this.#within);
    }
    if (this.#column > column) throw NOT_PLAIN;
    this.#valueStart = first;
    this.#valueEnd = first + 1;
    this.#within = within;
    this.#nesting -= 1;
    return list;
  }

  /** A value that ends in its line; what is indented deeper in the next one would belong to it, and is refused there. */
  #scalar(start: number): unknown {
    this.tokens += 2;
    this.#within = NOTHING;
    const text = this.#text;
    const code = text.charCodeAt(start);
    if (code === DOUBLE_QUOTE || code === SINGLE_QUOTE) {
      const end = quoteEnd(text, start, this.#end);
      this.#ends(start, end + 1);
      return text.slice(start + 1, end);
    }
    if (code === OPEN_MAP || code === OPEN_LIST) return this.#flow(start);
    if (!beginsPlain(text, start)) throw NOT_PLAIN;
    const end = plainEnd(text, start, this.#end, NO_STOP);
    this.#ends(start, end);
    return typed(text.slice(start, end));
  }

  #ends(start: number, end: number): void {
    this.#valueStart = start;
    this.#valueEnd = end;
    this.#restOfLine(end);
  }

  #flow(start: number): object {
    const reader = new FlowReader(this.#text, start, this.#end, this.#places);
    const collection = reader.collection();
    this.tokens += reader.tokens;
    this.#ends(start, reader.at);
    this.#valueEnd = start + 1;
    this.#within = reader.within;
    return collection;
  }
}
