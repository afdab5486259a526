import type { Position } from "../diagnostics/diagnostic.ts";
import { printable } from "../diagnostics/printable.ts";
import { type Paint, plain } from "../paint.ts";
import type { Coverage, Mismatch, TestResult, TestRun } from "./result.ts";

/** What a failed test has to say, line by line: each expectation, where it is written, and the rule that was taken. */
export function failureLines({ mismatches, taken, test }: TestResult): string[] {
  const { method, url } = test.request;
  return [
    `${method} ${url}`,
    ...mismatches.flatMap(({ what, expected, got, at }) => [
      `${what}: expected ${expected}`,
      `${" ".repeat(what.length)}  got      ${got}`,
      `${" ".repeat(what.length)}  at       ${placeText(at)}`,
    ]),
    taken === null
      ? "taken by no rule"
      : `taken by ${taken.name}, ${taken.from}${taken.at === null ? "" : ` at ${taken.at}`}`,
  ].map(printable);
}

/** `file:line`, as editors and people find it. */
export function placeText({ file, line }: Position): string {
  return `${file}:${line}`;
}

/** One mismatch on one line. */
export function mismatchLine({ what, expected, got }: Mismatch): string {
  return printable(`${what}: expected ${expected}, got ${got}`);
}

/** For people: the failures, the rules that no test asks, and a line that counts. Never ends with a line break. */
export function formatTestText({ results, coverage }: TestRun, paint: Paint = plain): string {
  const failed = results.filter(({ mismatches }) => mismatches.length > 0);
  const blocks = failed.map((result) => [
    `${paint("error", "FAIL")} ${placeText(result.test.at)} ${printable(`${result.test.suite}: ${result.test.name}`)}`,
    ...failureLines(result).map((line) => `  ${line}`),
  ]);
  const summary = [
    paint(failed.length === 0 ? "good" : "error", countsLine(results)),
    ...(coverage === null ? [] : [coverageLine(coverage)]),
  ];
  return [...blocks, ...(coverage === null ? [] : missingBlock(coverage)), summary]
    .map((lines) => lines.join("\n"))
    .join("\n\n");
}

/** How many tests passed, failed, and were asked of the worker, in words. */
export function countsLine(results: TestRun["results"]): string {
  const failed = results.filter(({ mismatches }) => mismatches.length > 0).length;
  const byWorker = results.filter(({ by }) => by === "worker").length;
  return [
    `${results.length - failed} passed`,
    ...(failed === 0 ? [] : [`${failed} failed`]),
    ...(byWorker === 0 ? [] : [`${byWorker} of ${results.length} on the worker`]),
  ].join(", ");
}

/** How many rules were asked, in words. */
export function coverageLine({ asked, rules, percent }: Coverage): string {
  return `${asked} of ${rules} rules asked by tests (${percent} %)`;
}

function missingBlock({ missing }: Coverage): string[][] {
  if (missing.length === 0) return [];
  const lines = missing.map(({ name, from, at }) => printable(`  ${name}, ${from}${at === null ? "" : ` at ${at}`}`));
  return [["rules that no test asks", ...lines]];
}
