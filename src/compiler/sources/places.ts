import type { ValuePath } from "./document.ts";
import type { Span } from "./syntax-findings.ts";

/** No entry. */
export const NOTHING = -1;

/** What is known of an entry, a key of a map or an item of a list, in words: offsets of the text, and other entries. */
const KEY_START = 0;
const KEY_END = 1;
const START = 2;
const END = 3;
/** The first entry of the map or list that is its value. */
const WITHIN = 4;
/** The next entry of the same map or list. */
const NEXT = 5;
const WORDS = 6;

/** A power of two: manifests have an entry in about 20 bytes, and an array that grows is written twice. */
const BYTES_AN_ENTRY = 4;

/**
 * Where the keys and values of a text's documents stand. They are written down as the text is read, in one array of
 * numbers that the garbage collector has nothing to look for in, and searched when somebody asks.
 */
export class Places {
  readonly #text: string;
  #words: Int32Array;
  #length = 0;

  constructor(text: string) {
    this.#text = text;
    this.#words = new Int32Array(Math.max(64, (text.length >> BYTES_AN_ENTRY) * WORDS));
  }

  /** Where the next entry will be. */
  get length(): number {
    return this.#length;
  }

  /** Makes room for an entry, before those that it holds. `last` is the one before it in its map or list. */
  add(last: number): number {
    const entry = this.#length;
    this.#length += WORDS;
    if (this.#length > this.#words.length) this.#grow();
    this.#words[entry + NEXT] = NOTHING;
    if (last !== NOTHING) this.#words[last + NEXT] = entry;
    return entry;
  }

  /** Tells all of an entry. The key of an item is nowhere: it starts and ends where the item does. */
  settle(entry: number, keyStart: number, keyEnd: number, start: number, end: number, within: number): void {
    const words = this.#words;
    words[entry + KEY_START] = keyStart;
    words[entry + KEY_END] = keyEnd;
    words[entry + START] = start;
    words[entry + END] = end;
    words[entry + WITHIN] = within;
  }

  /** As `locateNode`, of the document whose first entry is `first`. */
  find(first: number, path: ValuePath, part: "key" | "value"): Span {
    let place: Span = this.#span(first, KEY_START);
    let within = first;
    for (const segment of path) {
      const entry = this.#entry(within, segment);
      if (entry === NOTHING) break;
      const isItem = this.#word(entry + KEY_START) === this.#word(entry + KEY_END);
      const isEmpty = this.#word(entry + START) === this.#word(entry + END);
      place = this.#span(entry, !isItem && (part === "key" || isEmpty) ? KEY_START : START);
      within = this.#word(entry + WITHIN);
    }
    return place;
  }

  #entry(first: number, segment: string | number): number {
    let entry = first;
    if (entry === NOTHING) return NOTHING;
    const isItem = this.#word(entry + KEY_START) === this.#word(entry + KEY_END);
    if (isItem) {
      const index = Number(segment);
      for (let left = index; left > 0 && entry !== NOTHING; left -= 1) entry = this.#word(entry + NEXT);
      return Number.isInteger(index) && index >= 0 ? entry : NOTHING;
    }
    const key = String(segment);
    while (entry !== NOTHING && !this.#hasKey(entry, key)) entry = this.#word(entry + NEXT);
    return entry;
  }

  #hasKey(entry: number, key: string): boolean {
    const start = this.#word(entry + KEY_START);
    return this.#word(entry + KEY_END) - start === key.length && this.#text.startsWith(key, start);
  }

  #span(entry: number, from: typeof KEY_START | typeof START): Span {
    return { start: this.#word(entry + from), end: this.#word(entry + from + 1) };
  }

  #word(at: number): number {
    return this.#words[at] as number;
  }

  #grow(): void {
    const words = new Int32Array(this.#words.length * 2);
    words.set(this.#words);
    this.#words = words;
  }
}
