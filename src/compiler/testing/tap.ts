import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { printable } from "../diagnostics/printable.ts";
import { errorLine, errorsOf } from "./errors.ts";
import type { TestRun } from "./result.ts";
import { coverageLine, failureLines, placeText } from "./text.ts";

/**
 * TAP 14 (testanything.org/tap-version-14-specification.html), with a YAML block below what failed. Names are escaped, so
 * that no `#` in them is read as a directive.
 */
export function formatTap({ results, coverage }: TestRun): string {
  const lines = ["TAP version 14", `1..${results.length}`];
  for (const [index, result] of results.entries()) {
    const { test, mismatches } = result;
    const name = printable(`${test.suite}: ${test.name}`).replace(/[\\#]/g, "\\$&");
    lines.push(`${mismatches.length === 0 ? "ok" : "not ok"} ${index + 1} - ${name}`);
    if (mismatches.length === 0) continue;
    const fields = [`at: ${JSON.stringify(placeText(test.at))}`, "message: |", ...indented(failureLines(result))];
    lines.push(...indented(["---", ...fields, "..."]));
  }
  if (coverage !== null) lines.push(`# ${coverageLine(coverage)}`);
  return lines.join("\n");
}

/** No test was run: the manifests or the tests have errors. What comes after "Bail out!" is the reason. */
export function formatTapBailOut(diagnostics: readonly Diagnostic[]): string {
  const errors = errorsOf(diagnostics);
  return [
    "TAP version 14",
    ...errors.map((error) => `# ${errorLine(error)}`),
    `Bail out! ${errors.length} error${errors.length === 1 ? "" : "s"} in manifests or tests`,
  ].join("\n");
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `  ${line}`);
}
