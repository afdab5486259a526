import { isMap, isScalar, type Node, type ParsedNode } from "yaml";
import { catalogue } from "../diagnostics/catalogue/index.ts";
import { withoutCredentials } from "../diagnostics/credentials.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { LatePosition } from "../diagnostics/late-position.ts";
import { type Lines, linesOf } from "../diagnostics/lines.ts";
import { diagnose } from "../diagnostics/report.ts";
import { type Composed, composeDocuments, MAX_DEPTH, nextDocument, tokensFor } from "./compose-documents.ts";
import type { SourceDocument, SourceFile, ValuePath } from "./document.ts";
import { locateNode, spanOf } from "./locate.ts";
import { Places } from "./places.ts";
import { readPlainDocument } from "./plain-document.ts";
import { type NodeProblem, type ResolvedDocument, resolveValue } from "./resolve-value.ts";
import {
  controlFinding,
  type Finding,
  placedFindings,
  type Span,
  syntaxFindings,
  templateFinding,
} from "./syntax-findings.ts";

/** How many diagnostics the syntax of one file brings at most, before one that counts the rest. */
export const MAX_DIAGNOSTICS = 20;

/** Messages quote the text; a hostile one can have keys and names of megabytes. */
const MAX_MESSAGE = 200;

/** How many values the aliases and merge keys of one file may stand for. */
const MAX_ALIASED = 1_000_000;

type ComposedDocument = Extract<Composed, { kind: "document" }>;

interface Parsed {
  readonly documents: readonly SourceDocument[];
  readonly diagnostics: readonly Diagnostic[];
}

/** The documents of a text that are mappings, in order. A document with an error is left out, the others are not. */
export function parseYaml(file: SourceFile): Parsed {
  const lines = linesOf(file.text);
  const documents = parseInPieces(file, lines);
  return documents === null ? parseWhole(file, lines) : { documents, diagnostics: [] };
}

/** What no piece shows alone: characters that are refused or end lines, directives, and another mark of a document's end. */
const WHOLE_ONLY = /[^\P{Cc}\t\n]|\ufeff|^(?:%|\.\.\.)/mu;

/**
 * Document by document, the plain ones without the parser. Null as soon as there is something to report: what a finding
 * is, and where the document ends that has it, depends on the text around it.
 */
function parseInPieces(file: SourceFile, lines: Lines): readonly SourceDocument[] | null {
  const { text } = file;
  if (WHOLE_ONLY.test(text)) return null;
  const documents: SourceDocument[] = [];
  const tokens = tokensFor(text);
  const places = new Places(text);
  let aliasedLeft = MAX_ALIASED;
  for (let start = 0, end = 0; start < text.length; start = end) {
    end = nextDocument(text, start);
    const plain = readPlainDocument(text, start, end, places);
    if (plain !== null) {
      tokens.left -= plain.tokens;
      if (tokens.left < 0) return null;
      const { value, locate } = plain;
      if (value !== null) documents.push({ file, value, locate: placing(file, lines, 0, locate) });
      continue;
    }
    for (const composed of composeDocuments(text.slice(start, end), tokens)) {
      if (composed.kind !== "document" || composed.errors.length > 0) return null;
      const { contents } = composed;
      if (contents === null || isNull(contents)) continue;
      const resolved = resolveValue(contents, aliasedLeft);
      if (resolved.problems.length > 0 || !isMap(contents)) return null;
      aliasedLeft -= resolved.aliased;
      documents.push(documentOf(file, lines, contents, resolved, start + composed.base));
    }
  }
  return documents;
}

/** By the parser alone. */
export function parseWhole(file: SourceFile, lines = linesOf(file.text)): Parsed {
  const documents: SourceDocument[] = [];
  const findings: Finding[] = [];
  let seen = 0;
  let aliasedLeft = MAX_ALIASED;
  for (const composed of composeDocuments(file.text)) {
    if (composed.kind !== "document") {
      findings.push(stopFinding(composed));
      seen = composed.offset;
      continue;
    }
    const { contents } = composed;
    const resolved = contents !== null && !composed.errors.some(isError) ? resolveValue(contents, aliasedLeft) : null;
    const own = documentFindings(file.text, composed, resolved, seen);
    seen = Math.max(seen, composed.end);
    for (const finding of own) findings.push(finding);
    if (contents === null || resolved === null || isNull(contents)) continue;
    if (own.some(({ code }) => catalogue[code].severity === "error")) continue;
    aliasedLeft -= resolved.aliased;
    documents.push(documentOf(file, lines, contents, resolved, composed.base));
  }
  return { documents, diagnostics: toDiagnostics(file, lines, findings) };
}

function isError({ name }: { readonly name: string }): boolean {
  return name === "YAMLParseError";
}

function isNull(node: Node): boolean {
  return isScalar(node) && node.value === null;
}

/** All that is wrong with a document. `seen` is where the document before it ended. */
function documentFindings(
  text: string,
  { contents, errors, base, start, end }: ComposedDocument,
  resolved: ResolvedDocument | null,
  seen: number,
): readonly Finding[] {
  const unplaced = syntaxFindings(errors, contents).map((finding) => within(shifted(finding, base), end));
  const syntax = placedFindings(text, unplaced);
  const template = resolved === null ? templateFinding(text, { start, end }, syntax) : null;
  if (template !== null) return [template];
  const findings = [...syntax];
  const control = controlFinding(text, { start: seen, end });
  if (control !== null) findings.push(control);
  if (resolved === null || contents === null || isNull(contents)) return findings;
  for (const problem of resolved.problems) findings.push(shifted(problemFinding(problem), base));
  if (!isMap(contents)) findings.push(shifted(notAMapping(contents), base));
  return findings;
}

function shifted(finding: Finding, by: number): Finding {
  const { start, end, related } = finding;
  const moved = { ...finding, start: start + by, end: end + by };
  return related ? { ...moved, related: { ...related, start: related.start + by, end: related.end + by } } : moved;
}

/** What goes on behind the end of its document is shown to end there. */
function within(finding: Finding, end: number): Finding {
  const { related } = finding;
  return related && related.start > end ? { ...finding, related: { ...related, start: end, end } } : finding;
}

function problemFinding({ code, message, node, related }: NodeProblem): Finding {
  const finding = { code, message, ...place(node) };
  return related ? { ...finding, related: { message: related.message, ...place(related.node) } } : finding;
}

function place(node: Node): Span {
  return spanOf(node) ?? { start: 0, end: 0 };
}

function notAMapping(node: ParsedNode): Finding {
  const what = isScalar(node) ? `a ${typeof node.value}` : "a list";
  return { code: "EI1116", message: `the document is ${what}, not an object`, ...place(node) };
}

function stopFinding(stop: Exclude<Composed, ComposedDocument>): Finding {
  const span = { start: stop.offset, end: stop.offset + 1 };
  switch (stop.kind) {
    case "too-deep":
      return { code: "EI1108", message: `lists and maps nest more than ${MAX_DEPTH} levels deep`, ...span };
    case "too-many-tokens":
      return { code: "EI1119", message: "the text has too many tokens for its size; the rest is left out", ...span };
    case "failed":
      return { code: "EI1101", message: `the parser gave up: ${stop.reason}`, ...span };
  }
}

function documentOf(
  file: SourceFile,
  lines: Lines,
  root: Node,
  { value, targets }: ResolvedDocument,
  base: number,
): SourceDocument {
  const locate = (path: ValuePath, part: "key" | "value") => locateNode(root, targets, path, part);
  return { file, value, locate: placing(file, lines, base, locate) };
}

/** From offsets that count from `base` to places in the file. */
function placing(
  file: SourceFile,
  lines: Lines,
  base: number,
  locate: (path: ValuePath, part: "key" | "value") => Span | null,
): SourceDocument["locate"] {
  const find = (path: ValuePath, part: "key" | "value") => {
    const { start, end } = locate(path, part) ?? { start: 0, end: 1 };
    return lines.position(file.name, base + start, base + end);
  };
  return (path, part = "value") => new LatePosition(file.name, find, path, part);
}

function toDiagnostics(file: SourceFile, lines: Lines, findings: readonly Finding[]): readonly Diagnostic[] {
  const at = ({ start, end }: Span) => lines.position(file.name, start, end);
  const shown = findings.slice(0, MAX_DIAGNOSTICS).map((finding) => {
    const { code, message, related } = finding;
    return diagnose(code, at(finding), shortened(message), {
      related: related ? [{ message: shortened(related.message), position: at(related) }] : [],
    });
  });
  const [next] = findings.slice(MAX_DIAGNOSTICS);
  if (next === undefined) return shown;
  const message = `${findings.length - MAX_DIAGNOSTICS} more findings in this file are not shown`;
  return [...shown, diagnose("EI1118", at(next), message)];
}

function shortened(message: string): string {
  const shown = withoutCredentials(message);
  return shown.length > MAX_MESSAGE ? `${shown.slice(0, MAX_MESSAGE)}…` : shown;
}
