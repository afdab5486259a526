import { type DoneEdit, fixedFiles } from "../fix/edits.ts";
import { type SarifLevel, type SarifResult, type SarifRule, sarifLog } from "../sarif.ts";
import type { SourceFile } from "../sources/document.ts";
import type { Allowed } from "./allowances.ts";
import { type Code, catalogue } from "./catalogue/index.ts";
import type { Diagnostic, Severity } from "./diagnostic.ts";
import { inOrder } from "./order.ts";

const LEVELS: Readonly<Record<Severity, SarifLevel>> = { error: "error", warning: "warning", info: "note" };

/**
 * Diagnostics for code scanning: the rules are the codes that occur; what comments allow is there with its reason. Sorted by
 * place, the same one once; the same diagnostics give the same bytes. Of `files` the edits of `check --fix` are given as fixes.
 */
export function formatSarif(
  diagnostics: readonly Diagnostic[],
  version: string,
  allowed: readonly Allowed[] = [],
  files: readonly SourceFile[] = [],
): string {
  const reasons = new Map(allowed.map(({ diagnostic, reason }) => [diagnostic, reason]));
  const ordered = inOrder([...diagnostics, ...reasons.keys()]);
  const edits = new Map(
    fixedFiles(diagnostics, files).flatMap((fixed) => fixed.edits.map((done) => [done.edit, done])),
  );
  return sarifLog(
    version,
    diagnosticRules(ordered),
    ordered.map((diagnostic) => ({
      ...diagnosticResult(diagnostic),
      reason: reasons.get(diagnostic),
      edit: editOf(diagnostic.edit && edits.get(diagnostic.edit)),
    })),
  );
}

function editOf(done: DoneEdit | undefined): SarifResult["edit"] {
  if (done === undefined) return undefined;
  const { at, column, from, to } = done;
  return { place: { file: at.file, line: at.line, column, length: from.length }, to };
}

/** The codes that occur, in their order. */
export function diagnosticRules(diagnostics: readonly Diagnostic[]): SarifRule[] {
  return [...new Set(diagnostics.map(({ code }) => code))].sort().map((code) => {
    const { severity, title, why, fix } = catalogue[code as Code];
    return { id: code, title, why, help: fix, level: LEVELS[severity] };
  });
}

export function diagnosticResult({ code, severity, message, fix, position, related }: Diagnostic): SarifResult {
  return {
    rule: code,
    level: LEVELS[severity],
    message: `${message}. ${fix}`,
    place: position,
    related: related.map((other) => ({ message: other.message, place: other.position })),
  };
}
