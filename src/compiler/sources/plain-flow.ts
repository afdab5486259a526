import { NOTHING, type Places } from "./places.ts";
import {
  beginsPlain,
  DASH,
  DOUBLE_QUOTE,
  flags,
  keyEnd,
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

const COMMA = 44;
const CLOSE_LIST = 93;
const CLOSE_MAP = 125;

const MAX_NESTING = 20;
/** What ends a plain value in a collection. */
const FLOW = flags((character) => /[,[\]{}]/.test(character));

/** `{ a: 1, b: [c, "d"] }` in one line, as part of a plain document. Throws `NOT_PLAIN` for what else the parser may read there. */
export class FlowReader {
  readonly #text: string;
  readonly #end: number;
  readonly #places: Places;
  #at: number;
  #nesting = 0;
  /** Where the value that was read last starts and ends, by `locateNode`, and where the places of what it holds begin. */
  #start = 0;
  #stop = 0;
  #within = NOTHING;
  tokens = 0;

  constructor(text: string, start: number, end: number, places: Places) {
    this.#text = text;
    this.#at = start;
    this.#end = end;
    this.#places = places;
  }

  /** Behind what was read. */
  get at(): number {
    return this.#at;
  }

  get within(): number {
    return this.#within;
  }

  collection(): object {
    if (this.#nesting++ > MAX_NESTING) throw NOT_PLAIN;
    this.tokens += 4;
    const start = this.#at;
    const within = this.#places.length;
    const isMap = this.#text.charCodeAt(start) === OPEN_MAP;
    this.#pass(start + 1);
    const collection = isMap ? this.#map() : this.#list();
    this.#within = this.#places.length === within ? NOTHING : within;
    this.#start = start;
    this.#stop = start + 1;
    this.#at += 1;
    this.#nesting -= 1;
    return collection;
  }

  #map(): object {
    const map: Record<string, unknown> = {};
    let last = NOTHING;
    while (!this.#isLast(last, CLOSE_MAP)) {
      const start = this.#at;
      const end = keyEnd(this.#text, start, this.#end);
      if (end === null || this.#text.charCodeAt(end + 1) !== SPACE) throw NOT_PLAIN;
      const key = this.#text.slice(start, end);
      if (key === "__proto__" || Object.hasOwn(map, key)) throw NOT_PLAIN;
      last = this.#places.add(last);
      this.#pass(end + 1);
      map[key] = this.#value();
      this.#places.settle(last, start, end, this.#start, this.#stop, this.#within);
    }
    return map;
  }

  #list(): unknown[] {
    const list: unknown[] = [];
    let last = NOTHING;
    while (!this.#isLast(last, CLOSE_LIST)) {
      const start = this.#at;
      last = this.#places.add(last);
      list.push(this.#value());
      this.#places.settle(last, start, start, this.#start, this.#stop, this.#within);
    }
    return list;
  }

  /** Whether the collection ends here; else goes to its next entry, behind a comma if that is not the first. */
  #isLast(last: number, close: number): boolean {
    this.tokens += 10;
    this.#pass(this.#at);
    const code = this.#text.charCodeAt(this.#at);
    if (code === close) return true;
    if (last === NOTHING) return false;
    if (code !== COMMA) throw NOT_PLAIN;
    this.#pass(this.#at + 1);
    return false;
  }

  #pass(from: number): void {
    this.#at = skipSpaces(this.#text, from, this.#end);
    if (this.#at >= this.#end) throw NOT_PLAIN;
  }

  #value(): unknown {
    const text = this.#text;
    const start = this.#at;
    const code = text.charCodeAt(start);
    if (code === OPEN_MAP || code === OPEN_LIST) return this.collection();
    const isQuoted = code === DOUBLE_QUOTE || code === SINGLE_QUOTE;
    if (!isQuoted && !beginsPlain(text, start)) throw NOT_PLAIN;
    if (code === DASH && FLOW[text.charCodeAt(start + 1)] === true) throw NOT_PLAIN;
    const end = isQuoted ? quoteEnd(text, start, this.#end) : plainEnd(text, start, this.#end, FLOW);
    this.#within = NOTHING;
    this.#start = start;
    this.#stop = isQuoted ? end + 1 : end;
    this.#at = this.#stop;
    return isQuoted ? text.slice(start + 1, end) : typed(text.slice(start, end));
  }
}
