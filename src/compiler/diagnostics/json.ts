import type { Allowed } from "./allowances.ts";
import type { Diagnostic, Position } from "./diagnostic.ts";
import { countBySeverity, inOrder } from "./order.ts";
import { visibleJson } from "./visible-json.ts";

/**
 * Diagnostics for programs: an object with `diagnostics` (sorted by place, the same one once) and how many there are of
 * each severity, and under `allowed` what comments allow. The same diagnostics give the same bytes. Everything but visible characters is escaped, so the text
 * can be printed to a terminal.
 */
export function formatJson(diagnostics: readonly Diagnostic[], allowed: readonly Allowed[] = []): string {
  return visibleJson(documentOf(diagnostics, allowed));
}

/** The same in the place of what `diff`, `explain` or `test` would say of manifests without errors: `invalid` tells them apart. */
export function formatInvalidJson(diagnostics: readonly Diagnostic[], allowed: readonly Allowed[] = []): string {
  return visibleJson({ invalid: true, ...documentOf(diagnostics, allowed) });
}

function documentOf(diagnostics: readonly Diagnostic[], allowed: readonly Allowed[]) {
  const ordered = inOrder(diagnostics);
  const { error, warning, info } = countBySeverity(ordered);
  return {
    diagnostics: ordered.map(entry),
    errors: error,
    warnings: warning,
    infos: info,
    allowed: allowed.map(allowedEntry),
  };
}

function allowedEntry({ diagnostic, reason, at }: Allowed) {
  return { ...entry(diagnostic), reason, allowedAt: place(at) };
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
