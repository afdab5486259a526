import { cell } from "../markdown.ts";
import type { Allowed } from "./allowances.ts";
import type { Diagnostic, Position } from "./diagnostic.ts";
import { countBySeverity, inOrder } from "./order.ts";

/**
 * Diagnostics as Markdown, for the comment of a pull request or the summary of a job: how many there are, and a table of them,
 * sorted by place, the same one once. What comments allow is told with its reason. Never ends with a line break.
 */
export function formatMarkdown(diagnostics: readonly Diagnostic[], allowed: readonly Allowed[] = []): string {
  const ordered = inOrder(diagnostics);
  const rows = ordered.map(
    ({ severity, code, position, message, fix }) =>
      `| ${severity} | ${code} | ${placeCell(position)} | ${cell(message)} | ${cell(fix)} |`,
  );
  const table = ["| Severity | Code | Where | What | What to do |", "| --- | --- | --- | --- | --- |", ...rows];
  const reasons = allowed.map(
    ({ diagnostic, reason }) => `- ${diagnostic.code} at ${placeCell(diagnostic.position)} is allowed: ${cell(reason)}`,
  );
  return [
    `**${countsOf(ordered)}**`,
    ...(rows.length === 0 ? [] : [table.join("\n")]),
    ...(reasons.length === 0 ? [] : [reasons.join("\n")]),
  ].join("\n\n");
}

function countsOf(diagnostics: readonly Diagnostic[]): string {
  const counts = Object.entries(countBySeverity(diagnostics)).filter(([, count]) => count > 0);
  return (
    counts.map(([severity, count]) => `${count} ${severity}${count === 1 ? "" : "s"}`).join(", ") || "nothing to report"
  );
}

function placeCell(position: Position | null): string {
  return position === null ? "" : cell(`${position.file}:${position.line}:${position.column}`);
}
