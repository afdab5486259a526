import type { Diagnostic, Edit } from "../diagnostics/diagnostic.ts";
import { byPosition } from "../diagnostics/order.ts";
import type { SourceFile } from "../sources/document.ts";
import { parseYaml } from "../sources/parse-yaml.ts";

/** A file with its edits done. */
export interface FixedFile {
  readonly file: SourceFile;
  readonly text: string;
  /** In the order of the text. */
  readonly edits: readonly DoneEdit[];
}

export interface DoneEdit extends Edit {
  /** Where `from` begins in the line as it was, from 1: quotes may stand before it. */
  readonly column: number;
  /** What asked for it. */
  readonly edit: Edit;
}

/**
 * The edits that diagnostics carry, done in the texts: all else, comments and layout, stays as it is. What stands no longer
 * where the compiler saw it is left alone, and so is a file that would not be read as before.
 */
export function fixedFiles(diagnostics: readonly Diagnostic[], files: readonly SourceFile[]): readonly FixedFile[] {
  const edits = diagnostics.flatMap(({ edit }) => edit ?? []);
  if (edits.length === 0) return [];
  return files.flatMap((file) => {
    const own = edits.filter(({ at }) => at.file === file.name);
    return own.length === 0 ? [] : fixed(file, own);
  });
}

function fixed(file: SourceFile, edits: readonly Edit[]): FixedFile[] {
  const lines = file.text.split("\n");
  const done: DoneEdit[] = [];
  const seen = new Set<string>();
  for (const edit of [...edits].sort((a, b) => byPosition(b.at, a.at))) {
    const { line, column, length } = edit.at;
    const place = `${line}:${column}`;
    const text = lines[line - 1] ?? "";
    const marked = text.slice(column - 1, column - 1 + length);
    // An alias brings one place twice. Quotes around the text stay.
    if (seen.has(place) || marked.split(edit.from).length !== 2) continue;
    seen.add(place);
    lines[line - 1] =
      text.slice(0, column - 1) + marked.replace(edit.from, () => edit.to) + text.slice(column - 1 + length);
    done.unshift({ ...edit, edit, column: column + marked.indexOf(edit.from) });
  }
  const text = lines.join("\n");
  return done.length > 0 && isReadAsBefore(file, text) ? [{ file, text, edits: done }] : [];
}

function isReadAsBefore(file: SourceFile, text: string): boolean {
  const [before, after] = [parseYaml(file), parseYaml({ ...file, text })];
  return before.documents.length === after.documents.length && before.diagnostics.length === after.diagnostics.length;
}
