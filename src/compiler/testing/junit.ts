import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { printable } from "../diagnostics/printable.ts";
import { errorLine, errorsOf } from "./errors.ts";
import type { TestResult, TestRun } from "./result.ts";
import { coverageLine, failureLines, mismatchLine, placeText } from "./text.ts";

/** JUnit XML as CI servers read it: a suite for each RouteTest. No times: they would make each run another text. */
export function formatJunit({ results, coverage }: TestRun): string {
  const suites = Map.groupBy(results, ({ test }) => test.suite);
  const failures = (some: readonly TestResult[]) => some.filter(({ mismatches }) => mismatches.length > 0).length;
  const counts = (some: readonly TestResult[]) =>
    `tests="${some.length}" failures="${failures(some)}" errors="0" skipped="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="edge-ingress" ${counts(results)}>`,
    ...[...suites].flatMap(([name, some]) => [
      `  <testsuite name="${escaped(name)}" ${counts(some)}>`,
      ...some.flatMap(testCase),
      "  </testsuite>",
    ]),
    ...(coverage === null ? [] : [`  <!-- ${coverageLine(coverage)} -->`]),
    "</testsuites>",
  ].join("\n");
}

/** No test was run: a test case in error for each error of the manifests or the tests. */
export function formatJunitErrors(diagnostics: readonly Diagnostic[]): string {
  const errors = errorsOf(diagnostics);
  const counts = `tests="${errors.length}" failures="0" errors="${errors.length}" skipped="0"`;
  return [
    '<?xml version="1.0" encoding="UTF-8"?>',
    `<testsuites name="edge-ingress" ${counts}>`,
    `  <testsuite name="manifests" ${counts}>`,
    ...errors.flatMap((error) => {
      const { code, message, fix, position } = error;
      const place = position === null ? "" : ` file="${escaped(position.file)}" line="${position.line}"`;
      return [
        `    <testcase name="${escaped(errorLine(error))}" classname="manifests"${place}>`,
        `      <error message="${escaped(message)}" type="${code}">${escaped(`${message}\n${fix}`)}</error>`,
        "    </testcase>",
      ];
    }),
    "  </testsuite>",
    "</testsuites>",
  ].join("\n");
}

function testCase(result: TestResult): string[] {
  const { test, mismatches } = result;
  const { file, line } = test.at;
  const head = `<testcase name="${escaped(test.name)}" classname="${escaped(test.suite)}" file="${escaped(file)}" line="${line}"`;
  if (mismatches.length === 0) return [`    ${head}/>`];
  const message = mismatches.map(mismatchLine).join("; ");
  const text = [placeText(test.at), ...failureLines(result)].join("\n");
  return [
    `    ${head}>`,
    `      <failure message="${escaped(message)}" type="mismatch">${escaped(text)}</failure>`,
    "    </testcase>",
  ];
}

const ENTITIES: Readonly<Record<string, string>> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" };

/** For XML 1.0, in which some characters can't stand at all; line breaks stay. */
function escaped(text: string): string {
  return text
    .split("\n")
    .map((line) => printable(line).replace(/[&<>"]/g, (character) => ENTITIES[character] as string))
    .join("\n");
}
