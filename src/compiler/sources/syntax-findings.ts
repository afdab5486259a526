import { isCollection, isScalar, type Node, type ParsedNode, visit, type YAMLError } from "yaml";
import type { Code } from "../diagnostics/catalogue/index.ts";

/** A stretch of the text, in offsets. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

/** Something to report about a stretch of the text. */
export interface Finding extends Span {
  readonly code: Code;
  readonly message: string;
  readonly related?: Span & { readonly message: string };
}

/** Clearer words for what the parser says in the terms of the YAML specification. */
const wordings: Readonly<Record<string, string>> = {
  "Nested mappings are not allowed in compact mappings": "a second key and colon on one line",
  "Implicit map keys need to be followed by map values": 'this line is no "key: value"',
  "Implicit keys need to be on a single line": "a key without a colon, or a text that goes on in the next line",
  "All mapping items must start at the same column": "the key does not start in the column of the keys before it",
  "A block sequence may not be used as an implicit map key": "the list item does not start in the column of its list",
  "Tabs are not allowed as indentation": "a tab in the indentation",
  "Block collections are not allowed within flow collections": "a comma is missing between two entries, or brackets",
  "With stringKeys, all keys must be strings": "a key that is a list, a map, an alias or a value of an unfit tag",
};

/** The parser's names of tokens in the words of a manifest. */
const tokens: Readonly<Record<string, string>> = {
  scalar: "text",
  "single-quoted-scalar": "quoted text",
  "double-quoted-scalar": "quoted text",
  "map-value-ind": '":"',
  "seq-item-ind": '"-"',
  "explicit-key-ind": '"?"',
  "flow-map-start": '"{"',
  "flow-map-end": '"}"',
  "flow-seq-start": '"["',
  "flow-seq-end": '"]"',
  comma: '","',
  "block-map": "mapping",
  "block-seq": "list",
};

const codes: Readonly<Partial<Record<YAMLError["code"], Code>>> = {
  TAB_AS_INDENT: "EI1104",
  BAD_INDENT: "EI1102",
  BLOCK_AS_IMPLICIT_KEY: "EI1102",
  MULTILINE_IMPLICIT_KEY: "EI1102",
  NON_STRING_KEY: "EI1110",
  RESOURCE_EXHAUSTION: "EI1108",
  TAG_RESOLVE_FAILED: "EI1109",
  BAD_COLLECTION_TYPE: "EI1109",
};

/**
 * What the parser's errors and warnings mean, in the order of the text. Errors that only follow from another one are
 * left out: the rest of a stream that has gone astray, and keys that look odd because the structure is broken.
 */
export function syntaxFindings(errors: readonly YAMLError[], contents: ParsedNode | null): readonly Finding[] {
  const astray = /in YAML (?:stream|document)/;
  const onlyKeys = errors.every(({ code }) => code === "NON_STRING_KEY");
  let strays = 0;
  const causes = errors.filter(({ code, message }) => {
    if (code === "NON_STRING_KEY") return onlyKeys;
    if (code === "UNEXPECTED_TOKEN" && astray.test(message)) strays += 1;
    return strays <= 1 || !astray.test(message);
  });
  const findings: Finding[] = [];
  for (const error of causes.sort((a, b) => a.pos[0] - b.pos[0])) {
    const before = findings.at(-1);
    const finding = findingOf(error, contents, findings.length);
    if (before?.code !== finding.code || before.start !== finding.start) findings.push(finding);
  }
  return findings;
}

function findingOf(error: YAMLError, contents: ParsedNode | null, known: number): Finding {
  const [start, end] = error.pos;
  const unclosed = /^Missing closing (["'])|must (?:be sufficiently indented and )?end with a ([\]}])$/.exec(
    error.message,
  );
  if (unclosed !== null) {
    const opening = unclosed[1] ?? (unclosed[2] === "]" ? "[" : "{");
    const message = `the ${opening} is not closed`;
    // Finding the opening is a walk through the document: for the first few only.
    const node = known < 5 ? nodeEndingAt(contents, start) : null;
    if (node?.range == null) return { code: "EI1105", message, start, end };
    const related = { message: "the text goes on to here", start, end };
    return { code: "EI1105", message, start: node.range[0], end: node.range[0] + 1, related };
  }
  const doubtful = error.name === "YAMLWarning" && (error.code === "BAD_ALIAS" || error.code === "BAD_DIRECTIVE");
  const code = doubtful ? "EI1115" : (codes[error.code] ?? "EI1101");
  return { code, message: worded(error.message), start, end };
}

/** What the parser quotes may be a part of a secret (a password that begins with `*`, `!` or `|`), so it is left out. */
const QUOTED_SOURCE =
  /(?<=^(?:Unresolved tag|Invalid escape sequence|Block scalar header includes extra characters|Not a YAML token))[\s\S]*|: "[\s\S]*"$/;

function worded(message: string): string {
  const unexpected = /^Unexpected ([a-z-]+) (?:token|at node end)/.exec(message)?.[1];
  if (unexpected !== undefined) return `unexpected ${tokens[unexpected] ?? unexpected}`;
  const bare = message.replace(QUOTED_SOURCE, "");
  return wordings[bare] ?? bare.slice(0, 1).toLowerCase() + bare.slice(1);
}

/** The innermost quoted text or bracketed collection that ends at the offset. */
function nodeEndingAt(contents: ParsedNode | null, offset: number): Node | null {
  let found: Node | null = null;
  visit(contents, {
    Node(_, node) {
      const opens = isScalar(node) ? node.type?.startsWith("QUOTE") : isCollection(node) && node.flow;
      if (opens && node.range?.[1] === offset) found = node as Node;
    },
  });
  return found;
}

/**
 * The findings of a text without those that follow from an earlier one in the same line, once its structure is broken.
 * A wrong indentation is marked at what is indented, not at the start of its line.
 */
export function placedFindings(text: string, findings: readonly Finding[]): readonly Finding[] {
  const kept: Finding[] = [];
  let brokenLineEnd = -1;
  for (const finding of findings) {
    const structural =
      finding.code === "EI1102" || (finding.code === "EI1101" && /^(?:unexpected|this line)/.test(finding.message));
    if (structural && finding.start <= brokenLineEnd) continue;
    if (structural) {
      const lineFeed = text.indexOf("\n", finding.start);
      brokenLineEnd = lineFeed === -1 ? text.length : lineFeed;
    }
    if (finding.code !== "EI1102") kept.push(finding);
    else {
      const start = finding.start + (/^ */.exec(text.slice(finding.start, finding.end + MAX_INDENT))?.[0].length ?? 0);
      kept.push({ ...finding, start, end: Math.max(finding.end, start + 1) });
    }
  }
  return kept;
}

const MAX_INDENT = 1000;

/**
 * Where a document that is not valid YAML shows that it is a template: the last `{{` before the end of the line of its
 * first error. Null if there is none, or it has no error.
 */
export function templateFinding(text: string, document: Span, findings: readonly Finding[]): Finding | null {
  const [first] = findings;
  if (first === undefined) return null;
  const lineFeed = text.indexOf("\n", first.start);
  const at = text.lastIndexOf("{{", lineFeed === -1 ? text.length : lineFeed);
  if (at === -1 || at < document.start) return null;
  const message = "the document holds a template that was not rendered";
  const related = { message: "this is not valid YAML", start: first.start, end: first.end };
  return { code: "EI1113", message, start: at, end: at + 2, related };
}

/** The first character in a stretch that no YAML text may hold. A CR that is not before a LF counts: it hides text. */
export function controlFinding(text: string, { start, end }: Span): Finding | null {
  const match = /[^\P{Cc}\t\n\r\u0085]|\r(?!\n)/u.exec(text.slice(start, end));
  if (match === null) return null;
  const code = match[0].charCodeAt(0).toString(16).toUpperCase().padStart(4, "0");
  const offset = start + match.index;
  return { code: "EI1114", message: `the control character U+${code}`, start: offset, end: offset + 1 };
}
