import type { Diagnostic, Position } from "./diagnostic.ts";
import { countBySeverity, inOrder } from "./order.ts";

/**
 * Diagnostics for programs: an object with `diagnostics` (sorted by place, the same one once) and how many there are of
 * each severity. The same diagnostics give the same bytes. Everything but visible characters is escaped, so the text
 * can be printed to a terminal.
 */
export function formatJson(diagnostics: readonly Diagnostic[]): string {
  const ordered = inOrder(diagnostics);
  const { error, warning, info } = countBySeverity(ordered);
  const value = { diagnostics: ordered.map(entry), errors: error, warnings: warning, infos: info };
  return JSON.stringify(value, null, 2).replace(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, escapeUnits);
}

/** JSON has escapes for UTF-16 units only: a character outside the first plane takes two. */
function escapeUnits(character: string): string {
  return character.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}

function entry({ code, severity, message, fix, position, related }: Diagnostic) {
  return {
    code,
    severity,
    message,
    fix,
    position: position && place(position),
    related: related.map((other) => ({ message: other.message, position: place(other.position) })),
  };
}

function place({ file, line, column, length }: Position): Position {
  return { file, line, column, length };
}
