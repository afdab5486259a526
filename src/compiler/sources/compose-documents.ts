import { Composer, type CST, Lexer, type ParsedNode, Parser, Schema, type YAMLError } from "yaml";

/** The most levels that lists and maps may lie in each other. */
export const MAX_DEPTH = 100;

/**
 * Tokens that a text may have: an allowance, and a share of its characters. Measured: Ingresses have 0.28 a character
 * as YAML and 0.14 to 0.23 as JSON, a long list of addresses 0.6. A text made to keep the parser busy has more than 1;
 * each takes the parser 1 to 2 µs.
 */
const FREE_TOKENS = 500_000;
const TOKENS_PER_CHARACTER = 0.65;

/** Tokens outside any value that are told for one document: all but the first follow from it, and each costs 5 µs. */
const MAX_STRAYS = 20;

let schema: Schema | null = null;

/** One serves all documents; it stays unchanged because no tags beyond the core are known. */
export function coreSchema(): Schema {
  schema ??= new Schema({ schema: "core", resolveKnownTags: false });
  return schema;
}

/** What the parser finds, in the order of the text. Nodes and errors count their offsets from `base`. */
export type Composed =
  | {
      readonly kind: "document";
      readonly contents: ParsedNode | null;
      readonly errors: readonly YAMLError[];
      readonly base: number;
      /** Where the document starts and ends, in the whole text. */
      readonly start: number;
      readonly end: number;
    }
  | Stop;

/** Why the parser was stopped, and where. */
type Stop =
  | { readonly kind: "too-deep" | "too-many-tokens"; readonly offset: number }
  | { readonly kind: "failed"; readonly offset: number; readonly reason: string };

/**
 * Splits a text into YAML documents. A document that is nested too deep is given up before it can exhaust the stack,
 * and the next one is gone on with; nothing is thrown whatever the text is.
 */
export function composeDocuments(text: string, tokens = tokensFor(text)): readonly Composed[] {
  const { stackTraceLimit } = Error;
  // A text can have a million errors; the stack trace that each would take is most of the time they cost.
  Error.stackTraceLimit = 0;
  try {
    const found: Composed[] = [];
    for (let base = 0; base < text.length; ) {
      const stop = composeFrom(text, base, tokens, found);
      if (stop !== null) found.push(stop);
      if (stop?.kind === "too-many-tokens") break;
      base = stop === null ? endOverrun(text, found) : nextDocument(text, stop.offset);
    }
    return found;
  } finally {
    Error.stackTraceLimit = stackTraceLimit;
  }
}

/** The tokens that a text may have. What reads a part of it takes its own off. */
export interface TokenBudget {
  left: number;
}

export function tokensFor(text: string): TokenBudget {
  return { left: FREE_TOKENS + text.length * TOKENS_PER_CHARACTER };
}

/** Composes until the end of the text (null) or until the parser has to be stopped. */
function composeFrom(text: string, base: number, tokens: TokenBudget, found: Composed[]): Stop | null {
  const source = text.slice(base);
  const parser = new Parser();
  // Keys are texts, as in JSON. Duplicates are found where values are made: the parser's own check is quadratic.
  const composer = new Composer({ schema: coreSchema(), stringKeys: true, uniqueKeys: false });
  const add = (documents: ReturnType<Composer["next"]>) => {
    for (const { contents, errors, warnings, range } of documents) {
      const bounds = { base, start: base + range[0], end: base + range[2] };
      found.push({ kind: "document", contents, errors: errors.concat(warnings), ...bounds });
    }
  };
  let strays = 0;
  const take = (token: CST.Token) => {
    if (token.type === "document") strays = 0;
    else if (token.type === "error") strays += 1;
    if (token.type !== "error" || strays <= MAX_STRAYS) add(composer.next(token));
  };
  let stop: Stop | null = null;
  try {
    for (const lexeme of new Lexer().lex(source)) {
      for (const token of parser.next(lexeme)) take(token);
      tokens.left -= 1;
      if (tokens.left < 0) stop = { kind: "too-many-tokens", offset: base + parser.offset };
      else if (isTooDeep(parser)) stop = { kind: "too-deep", offset: base + parser.offset - lexeme.length };
      if (stop !== null) break;
    }
    if (stop === null) for (const token of parser.end()) take(token);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    stop = { kind: "failed", offset: base + parser.offset, reason };
  }
  add(composer.end());
  const { errors, warnings } = composer.streamInfo();
  if (errors.length + warnings.length > 0) {
    const bounds = { base, start: base, end: base + parser.offset };
    found.push({ kind: "document", contents: null, errors: [...errors, ...warnings], ...bounds });
  }
  return stop;
}

/** The parser's stack holds the document, the collections that are open, and at its top perhaps a scalar. */
function isTooDeep({ stack }: Parser): boolean {
  return stack.length > MAX_DEPTH + 1 && (stack.at(-1)?.type ?? "").match(/-(?:map|seq|collection)$/) !== null;
}

/** A quote that is not closed takes all documents up to the end of the text: its own ends before the next one. */
function endOverrun(text: string, found: Composed[]): number {
  const last = found.at(-1);
  if (last?.kind !== "document" || last.errors.length === 0) return text.length;
  const next = nextDocument(text, last.start);
  if (next < last.end) found[found.length - 1] = { ...last, end: next };
  return next < last.end ? next : text.length;
}

/** Nothing inside a document can look like `---` at the start of a line, so parsing can go on there. */
export function nextDocument(text: string, from: number): number {
  const marker = /\n---(?=[ \t\r\n]|$)/g;
  marker.lastIndex = from;
  const found = marker.exec(text);
  return found === null ? text.length : found.index + 1;
}
