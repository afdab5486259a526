export const LINE_FEED = 10;
export const SPACE = 32;
export const HASH = 35;
export const DASH = 45;
export const COLON = 58;
export const DOUBLE_QUOTE = 34;
export const SINGLE_QUOTE = 39;
export const OPEN_LIST = 91;
export const OPEN_MAP = 123;
const BACKSLASH = 92;
const LAST_PRINTABLE = 126;

/** Less than the parser takes as a key. */
const MAX_KEY = 500;

/** Characters of a key. A digit can't begin one: objects put such keys first. */
const KEY = flags((character) => /[\w./-]/.test(character));
const KEY_START = flags((character) => /[a-zA-Z_./]/.test(character));
/** What can't begin a plain value, or not always. */
const INDICATOR = flags((character) => /[-?:,[\]{}#&*!|>'"%@`]/.test(character));
/** What begins numbers, booleans and null. */
const TYPED = flags((character) => /[-+.\d~nNtTfF]/.test(character));

/** By the code of the character. */
export function flags(holds: (character: string) => boolean): readonly boolean[] {
  return Array.from({ length: 128 }, (_, code) => holds(String.fromCharCode(code)));
}

/** Numbers, booleans and null (https://yaml.org/spec/1.2.2/#1032-tag-resolution): the tests of the parser's own schema. */
export const SCALAR_TESTS: readonly RegExp[] = [
  /^(?:~|[Nn]ull|NULL)?$/,
  /^(?:[Tt]rue|TRUE|[Ff]alse|FALSE)$/,
  /^0o[0-7]+$/,
  /^[-+]?[0-9]+$/,
  /^0x[0-9a-fA-F]+$/,
  /^(?:[-+]?\.(?:inf|Inf|INF)|\.nan|\.NaN|\.NAN)$/,
  /^[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)[eE][-+]?[0-9]+$/,
  /^[-+]?(?:\.[0-9]+|[0-9]+\.[0-9]*)$/,
];

/** Thrown where a text is for the parser to read. One for all: it is caught where reading begins, and nobody sees its stack. */
export const NOT_PLAIN = new Error("not plain");

export function skipSpaces(text: string, from: number, end: number): number {
  let at = from;
  while (at < end && text.charCodeAt(at) === SPACE) at += 1;
  return at;
}

/** The end of the key that starts here, if one does: it has a colon behind it, and that a space or the end of the line. */
export function keyEnd(text: string, start: number, end: number): number | null {
  if (KEY_START[text.charCodeAt(start)] !== true) return null;
  let at = start + 1;
  while (at < end && KEY[text.charCodeAt(at)] === true) at += 1;
  if (at >= end || text.charCodeAt(at) !== COLON || at - start > MAX_KEY) return null;
  const next = at + 1 < end ? text.charCodeAt(at + 1) : LINE_FEED;
  return next === SPACE || next === LINE_FEED ? at : null;
}

/** Whether a value that begins with this character goes on until the line or the collection ends. */
export function beginsPlain(text: string, at: number): boolean {
  const code = text.charCodeAt(at);
  return INDICATOR[code] !== true || (code === DASH && text.charCodeAt(at + 1) > SPACE);
}

/** Where a plain value ends that starts here; at `stop` or the end of the line at the latest, without the spaces before that. */
export function plainEnd(text: string, start: number, end: number, stop: readonly boolean[]): number {
  let last = start;
  for (let at = start; at < end; at += 1) {
    const code = text.charCodeAt(at);
    if (code === LINE_FEED || stop[code] === true) break;
    if (code === SPACE) continue;
    if (code === HASH && at > last) break;
    if (code < SPACE || code > LAST_PRINTABLE) throw NOT_PLAIN;
    if (code === COLON) {
      const next = at + 1 < end ? text.charCodeAt(at + 1) : LINE_FEED;
      if (next === SPACE || next === LINE_FEED || stop[next] === true) throw NOT_PLAIN;
    }
    last = at + 1;
  }
  if (last === start) throw NOT_PLAIN;
  return last;
}

/** Where the quote stands that ends the text which starts here with one. */
export function quoteEnd(text: string, start: number, end: number): number {
  const quote = text.charCodeAt(start);
  let at = start + 1;
  for (; at < end && text.charCodeAt(at) !== quote; at += 1) {
    const code = text.charCodeAt(at);
    if (code < SPACE || code > LAST_PRINTABLE || (code === BACKSLASH && quote === DOUBLE_QUOTE)) throw NOT_PLAIN;
  }
  if (at >= end || text.charCodeAt(at + 1) === SINGLE_QUOTE) throw NOT_PLAIN;
  return at;
}

/** What a plain value stands for. */
export function typed(text: string): unknown {
  if (TYPED[text.charCodeAt(0)] !== true) return text;
  if (/^-?\d+$/.test(text)) return Number.parseInt(text, 10);
  if (text === "true") return true;
  if (text === "false") return false;
  if (SCALAR_TESTS.some((test) => test.test(text))) throw NOT_PLAIN;
  return text;
}
