import { MASK } from "./credentials.ts";

/** A stretch of a line, and what is shown in its place. */
export interface Cut {
  readonly start: number;
  readonly end: number;
  readonly instead: string;
}

/** `key:` at the start of a line, behind the dashes of list items. What may be part of a value is no key here. */
const KEY = /^(?<lead>[ \t]*(?:-[ \t]+)*)(?<key>"[\w./-]{1,253}"|'[\w./-]{1,253}'|[\w./-]{1,253}|<<)[ \t]*:/;
/** What stands before the content of a line. */
const LEAD = /^[ \t]*(?:-[ \t]+)*/;
const PUNCTUATION = /^[ \t[\]{},-]*$|^[ \t]*\.\.\.[ \t]*$/;
/** Anchors and tags before a value. */
const PROPERTIES = /^(?:[&!][^ \t]*[ \t]+)*/;
const TAB_COLUMNS = 8;

/**
 * Hides the values of lines that follow each other, and leaves the keys. It works on text that may be no valid YAML,
 * so in doubt it hides: a line that is indented deeper than a value belongs to it whatever it looks like, and a quote
 * that is not closed hides everything behind it.
 */
export class Veil {
  #quote: string | null = null;
  /** Lines deeper than this belong to the value above; null after a key that has none. */
  #below: number | null = null;
  /** The indentation of a block scalar's key until its first line has come. */
  #block: number | null = null;

  /** True inside quotes that are not closed yet: then nothing but the next quote counts. */
  get quoted(): boolean {
    return this.#quote !== null;
  }

  line(text: string): Cut | null {
    if (this.#quote !== null) {
      if (closing(text, 0, this.#quote) !== -1) this.#quote = null;
      return whole(text);
    }
    if (text.trim() === "") return null;
    const indent = columnsBefore(text, text.length - text.trimStart().length);
    // A block scalar whose text is not indented: nobody can tell where it was meant to end.
    if (this.#block !== null && indent <= this.#block) this.#below = this.#block - 1;
    this.#block = null;
    if (this.#below !== null && indent > this.#below) return whole(text);
    this.#below = null;
    if (PUNCTUATION.test(text)) return null;
    if (/^\s*#/.test(text)) return hidden(text, text.indexOf("#") + 1, " ");
    const key = keyOf(text);
    if (key !== null) return this.valueFrom(text, key.value, key.column);
    return this.valueFrom(text, LEAD.exec(text)?.[0].length ?? 0, indent);
  }

  /** Hides the value that starts in this line; deeper lines than `column` belong to it. */
  valueFrom(text: string, start: number, column: number): Cut | null {
    const value = text.slice(start).replace(PROPERTIES, "").trim();
    if (PUNCTUATION.test(value)) return null;
    if (value.startsWith("#")) return hidden(text, start);
    this.#below = column;
    if (/^[|>]/.test(value)) this.#block = column;
    if (/^["']/.test(value) && closing(value, 1, value.charAt(0)) === -1) this.#quote = value.charAt(0);
    return hidden(text, start);
  }
}

/** The column of the key that a line starts with, and where its value starts. */
function keyOf(text: string): { readonly column: number; readonly value: number } | null {
  const { lead = "", key = "" } = KEY.exec(text)?.groups ?? {};
  if (key === "") return null;
  const colon = text.indexOf(":", lead.length + key.length) + 1;
  // Without a space `a:b` is one text, unless the key is in quotes.
  if (!/["']$/.test(key) && /^[^ \t]/.test(text.slice(colon))) return null;
  return { column: columnsBefore(text, lead.length), value: colon + spaces(text, colon) };
}

/** A line of which nothing is shown but its indentation. */
function whole(text: string): Cut | null {
  const start = text.length - text.trimStart().length;
  return start === text.length ? null : { start, end: text.length, instead: MASK };
}

function hidden(text: string, start: number, before = ""): Cut {
  const first = text.charAt(start);
  const instead = first === "{" ? "{ … }" : first === "[" ? "[ … ]" : MASK;
  return { start, end: text.length, instead: before + instead };
}

function spaces(text: string, from: number): number {
  const rest = text.slice(from);
  return rest.length - rest.trimStart().length;
}

/** The columns that the first characters of a line take; of a tab more than of any indentation it might stand for. */
export function columnsBefore(text: string, end: number): number {
  let columns = 0;
  for (const character of text.slice(0, end)) columns += character === "\t" ? TAB_COLUMNS : 1;
  return columns;
}

/** Where the quoted text ends; -1 where it does not. */
function closing(text: string, from: number, quote: string): number {
  for (let at = from; at < text.length; at += 1) {
    if (quote === '"' && text[at] === "\\") at += 1;
    else if (text[at] === quote) {
      if (quote === '"' || text[at + 1] !== quote) return at;
      at += 1;
    }
  }
  return -1;
}
