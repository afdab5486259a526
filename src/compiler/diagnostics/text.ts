import { type Paint, plain } from "../paint.ts";
import type { SourceFile } from "../sources/document.ts";
import type { Diagnostic, Position, Severity } from "./diagnostic.ts";
import { frame, placeName } from "./frame.ts";
import { linesOf } from "./lines.ts";
import { countBySeverity, inOrder } from "./order.ts";
import { printable } from "./printable.ts";
import { type ShownLines, shownLines } from "./shown-lines.ts";

/**
 * Diagnostics for people: what is wrong, where, the lines around it, what to do; at the end a line that counts them.
 * Sorted by place, the same one once. Whatever the manifests hold, nothing but text (and colours of our own) comes out, and no secret (`shown-lines.ts`).
 * Of many infos with one code the first are shown, and the others counted. Without diagnostics the text is empty; it never ends with a line break. `columns`: of the code frames.
 */
export function formatText(
  diagnostics: readonly Diagnostic[],
  files: readonly SourceFile[],
  { paint = plain, columns }: { readonly paint?: Paint; readonly columns?: number } = {},
): string {
  if (diagnostics.length === 0) return "";
  const ordered = inOrder(diagnostics);
  const marked = annotationPlaces(ordered);
  const lines = new Map(files.map(({ name, text }) => [name, shownLines(linesOf(text), marked.get(name))] as const));
  const { told, passedOver } = withoutManyInfos(ordered);
  const blocks = told.map((diagnostic) => block(diagnostic, lines, { paint, columns }));
  const more = [...passedOver].map(([code, count]) => {
    return `${paint("info", `info[${code}]`)}: ${count} more; edge-ingress check --format json has all of them`;
  });
  return [...blocks, ...more, summary(ordered, paint)].join("\n\n");
}

/** Infos of one code that are shown; who reads the eleventh asks for all of them. */
const MOST_INFOS = 10;

/** Errors and warnings are shown whatever their number. */
function withoutManyInfos(diagnostics: readonly Diagnostic[]) {
  const counts = new Map<string, number>();
  const told = diagnostics.filter(({ code, severity }) => {
    const count = (counts.get(code) ?? 0) + 1;
    counts.set(code, count);
    return severity !== "info" || count <= MOST_INFOS;
  });
  const infos = new Set(diagnostics.filter(({ severity }) => severity === "info").map(({ code }) => code));
  const passedOver = [...counts]
    .filter(([code, count]) => infos.has(code) && count > MOST_INFOS)
    .map(([code, count]): [string, number] => [code, count - MOST_INFOS]);
  return { told, passedOver };
}

/** The lines of each file at which an annotation is reported. */
function annotationPlaces(diagnostics: readonly Diagnostic[]): ReadonlyMap<string, ReadonlySet<number>> {
  const places = new Map<string, Set<number>>();
  for (const { code, position } of diagnostics) {
    if (position === null || !code.startsWith("EI40")) continue;
    places.set(position.file, (places.get(position.file) ?? new Set()).add(position.line));
  }
  return places;
}

interface Look {
  readonly paint: Paint;
  readonly columns: number | undefined;
}

function block(diagnostic: Diagnostic, lines: ReadonlyMap<string, ShownLines>, look: Look): string {
  const { paint } = look;
  const { code, severity, message, fix, position, related } = diagnostic;
  const rows = [`${paint(severity, `${severity}[${code}]`)}${paint("strong", `: ${printable(message)}`)}`];
  if (position !== null) rows.push(...placeRows(position, lines, look));
  rows.push(`${paint("good", "help")}: ${printable(fix)}`);
  for (const other of related) {
    rows.push(`${paint("info", "note")}: ${printable(other.message)}`, ...placeRows(other.position, lines, look));
  }
  return rows.join("\n");
}

function placeRows(
  position: Position,
  lines: ReadonlyMap<string, ShownLines>,
  { paint, columns }: Look,
): readonly string[] {
  const ofFile = lines.get(position.file);
  const rows = ofFile === undefined ? [] : frame(ofFile, position, columns);
  return [` ${paint("faint", "-->")} ${placeName(position)}`, ...rows];
}

function summary(diagnostics: readonly Diagnostic[], paint: Paint): string {
  const counts = countBySeverity(diagnostics);
  const severities: readonly Severity[] = ["error", "warning", "info"];
  return severities
    .filter((severity) => counts[severity] > 0)
    .map((severity) => paint(severity, `${counts[severity]} ${severity}${counts[severity] === 1 ? "" : "s"}`))
    .join(", ");
}
