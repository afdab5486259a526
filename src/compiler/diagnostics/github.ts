import type { Diagnostic, Severity } from "./diagnostic.ts";
import { inOrder } from "./order.ts";
import { printable } from "./printable.ts";

const COMMANDS: Readonly<Record<Severity, string>> = { error: "error", warning: "warning", info: "notice" };

/**
 * Diagnostics as workflow commands of GitHub Actions, which shows them beside the lines of a pull request
 * (docs.github.com/actions/reference/workflow-commands-for-github-actions). Sorted by place, the same one once; one line
 * each; without diagnostics the text is empty, and it never ends with a line break.
 */
export function formatGithub(diagnostics: readonly Diagnostic[]): string {
  return inOrder(diagnostics).map(command).join("\n");
}

function command({ code, severity, message, fix, position }: Diagnostic): string {
  const place = position && {
    file: position.file,
    line: `${position.line}`,
    col: `${position.column}`,
    endColumn: `${position.column + position.length}`,
  };
  const properties = Object.entries({ ...place, title: code }).map(([name, value]) => `${name}=${property(value)}`);
  return `::${COMMANDS[severity]} ${properties.join(",")}::${data(`${printable(message)}\n${printable(fix)}`)}`;
}

/** As actions/toolkit's packages/core/src/command.ts escapes: what would end the command, and `%` itself. */
function data(text: string): string {
  return text.replace(/[%\r\n]/g, encodeURIComponent);
}

function property(text: string): string {
  return text.replace(/[%\r\n:,]/g, encodeURIComponent);
}
