import { Lexer } from "yaml";
import type { SourceDocument, SourceFile } from "../sources/document.ts";
import { catalogue } from "./catalogue/index.ts";
import type { CatalogueEntry, Diagnostic, Position } from "./diagnostic.ts";
import { type Lines, linesOf } from "./lines.ts";
import { diagnose } from "./report.ts";

/** A diagnostic that a comment in the manifest allows. It is told apart from the others, and never left out. */
export interface Allowed {
  readonly diagnostic: Diagnostic;
  readonly reason: string;
  /** Where the comment stands. */
  readonly at: Position;
}

export interface Settled {
  /** What is left, and what is wrong with the comments themselves. */
  readonly diagnostics: readonly Diagnostic[];
  readonly allowed: readonly Allowed[];
}

/** `# edge-ingress: allow EI1234, EI1235 -- reason`. */
interface Allowance {
  readonly code: string;
  readonly reason: string;
  readonly at: Position;
  /** The lines that it is for, from and up to: those of one line, or of a whole resource. */
  readonly from: number;
  readonly to: number;
}

const MARKER = /#\s*edge-ingress\s*:/;
const COMMENT = /^#\s*edge-ingress\s*:\s*allow\s+((?:EI\d{4}[\s,]*)+)(?:--(.*))?$/;
const MEANT = /^#\s*edge-ingress\s*:.*(?:\ballow|EI\d)/i;

/**
 * Takes out the warnings and infos that comments allow: on the line of the diagnostic, on lines of comments right above it,
 * or above the first line of a resource for all of the resource. Errors can't be allowed: what they stand for is not in
 * the table, or would be there without its guard.
 */
export function settle(
  diagnostics: readonly Diagnostic[],
  files: readonly SourceFile[],
  documents: readonly SourceDocument[],
): Settled {
  const marked = files.filter(({ text }) => MARKER.test(text));
  if (marked.length === 0) return { diagnostics, allowed: [] };
  const problems: Diagnostic[] = [];
  const byFile = new Map(
    marked.map((file) => [
      file.name,
      allowancesOf(
        file,
        documents.filter((one) => one.file === file),
        problems,
      ),
    ]),
  );
  const used = new Set<Allowance>();
  const allowed: Allowed[] = [];
  const left = diagnostics.filter((diagnostic) => {
    const { code, severity, position } = diagnostic;
    if (severity === "error" || position === null) return true;
    const all = byFile.get(position.file) ?? [];
    const fitting = all.filter((one) => one.code === code && one.from <= position.line && position.line <= one.to);
    const [nearest] = fitting.sort((a, b) => a.to - a.from - (b.to - b.from));
    if (nearest === undefined) return true;
    used.add(nearest);
    allowed.push({ diagnostic, reason: nearest.reason, at: nearest.at });
    return false;
  });
  for (const one of [...byFile.values()].flat()) {
    if (!used.has(one))
      problems.push(diagnose("EI1303", one.at, `nothing is reported that the comment allows: ${one.code}`));
  }
  return { diagnostics: [...left, ...problems], allowed };
}

function allowancesOf(file: SourceFile, documents: readonly SourceDocument[], problems: Diagnostic[]): Allowance[] {
  const lines = linesOf(file.text);
  const resources = documents.map((document) => document.locate([]).line).sort((a, b) => a - b);
  return commentsOf(file.text).flatMap(({ text, offset }): Allowance[] => {
    if (!MEANT.test(text)) return [];
    const at = lines.position(file.name, offset, offset + text.length);
    const [, codes = "", written = ""] = COMMENT.exec(text.trimEnd()) ?? [];
    if (codes === "") {
      problems.push(diagnose("EI1304", at, "the comment is not of the form `# edge-ingress: allow EI1234 -- reason`"));
      return [];
    }
    const reason = written.trim();
    if (reason === "") {
      problems.push(diagnose("EI1301", at, "the comment allows something and says no reason"));
      return [];
    }
    const known: ReadonlyMap<string, CatalogueEntry> = new Map(Object.entries(catalogue));
    return [...new Set(codes.match(/EI\d{4}/g))].flatMap((code) => {
      const entry = known.get(code);
      if (entry === undefined) problems.push(diagnose("EI1304", at, `the comment names ${code}, which is no code`));
      else if (entry.severity === "error") {
        problems.push(diagnose("EI1302", at, `the comment names ${code}, which is an error: errors can't be allowed`));
      } else return [{ code, reason, at, ...reachOf(at, lines, resources) }];
      return [];
    });
  });
}

/** The lines that a comment is for. */
function reachOf(at: Position, lines: Lines, resources: readonly number[]): { from: number; to: number } {
  if (
    lines
      .text(at.line)
      .slice(0, at.column - 1)
      .trim() !== ""
  )
    return { from: at.line, to: at.line };
  let line = at.line + 1;
  while (line <= lines.count && /^\s*(?:#|$)/.test(lines.text(line))) line += 1;
  const resource = resources.indexOf(line);
  if (resource >= 0) return { from: line, to: (resources[resource + 1] ?? Number.POSITIVE_INFINITY) - 1 };
  // Comments that stand together are one block, and an empty line ends it.
  let next = at.line + 1;
  while (/^\s*#/.test(lines.text(next))) next += 1;
  return { from: next, to: next };
}

/** The lexer's mark before a scalar, and marks that are not in the text. */
const SCALAR = "\u001f";
const NOT_IN_TEXT = new Set(["\u0002", "\u0018", SCALAR]);

/** Comments alone: a `#` within a value is none. */
function commentsOf(text: string): { readonly text: string; readonly offset: number }[] {
  const found: { text: string; offset: number }[] = [];
  let [offset, before] = [0, ""];
  for (const lexeme of new Lexer().lex(text)) {
    if (lexeme.startsWith("#") && before !== SCALAR) found.push({ text: lexeme, offset });
    if (!NOT_IN_TEXT.has(lexeme)) offset += lexeme.length;
    before = lexeme;
  }
  return found;
}
