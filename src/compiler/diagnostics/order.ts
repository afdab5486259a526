import { byText } from "../by-text.ts";
import type { Diagnostic, Position, Severity } from "./diagnostic.ts";

/** In the order of file, line, column, code and message, those without a place first; the same one only once. */
export function inOrder(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return eachOnce(diagnostics).sort(byPlace);
}

/** Without those that say the same of the same place. */
export function eachOnce(diagnostics: readonly Diagnostic[]): Diagnostic[] {
  return [...new Map(diagnostics.map((diagnostic) => [identity(diagnostic), diagnostic])).values()];
}

/** How many there are of each severity. */
export function countBySeverity(diagnostics: readonly Diagnostic[]): Readonly<Record<Severity, number>> {
  const counts = { error: 0, warning: 0, info: 0 };
  for (const { severity } of diagnostics) counts[severity] += 1;
  return counts;
}

function identity({ code, message, position }: Diagnostic): string {
  return JSON.stringify([code, message, position && [position.file, position.line, position.column]]);
}

/** In the order of file, line and column, what has no place first; then of code and message. */
export function byPlace(a: Diagnostic, b: Diagnostic): number {
  return byPosition(a.position, b.position) || byText(a.code, b.code) || byText(a.message, b.message);
}

/** In the order of file, line and column; null first. */
export function byPosition(a: Position | null, b: Position | null): number {
  return byText(a?.file ?? "", b?.file ?? "") || (a?.line ?? 0) - (b?.line ?? 0) || (a?.column ?? 0) - (b?.column ?? 0);
}
