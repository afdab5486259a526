import { cell, code } from "../markdown.ts";
import type { TestRun } from "./result.ts";
import { countsLine, coverageLine, placeText } from "./text.ts";

/** Tests as Markdown, for the summary of a job: how many passed, what failed, and the rules that no test asks. */
export function formatTestMarkdown({ results, coverage }: TestRun): string {
  const rows = results.flatMap(({ test, mismatches }) =>
    mismatches.map(
      ({ what, expected, got, at }) =>
        `| ${cell(`${test.suite}: ${test.name}`)} | ${code(`${test.request.method} ${test.request.url}`)} | ${cell(`${what}: ${expected}`)} | ${cell(got)} | ${cell(placeText(at))} |`,
    ),
  );
  const table = ["| Test | Request | Expected | Got | Where |", "| --- | --- | --- | --- | --- |", ...rows];
  const missing = coverage?.missing.map(({ name, from, at }) => {
    return `- ${cell(`${name}, ${from}${at === null ? "" : ` at ${at}`}`)}`;
  });
  return [
    `**${countsLine(results)}**`,
    ...(rows.length === 0 ? [] : [table.join("\n")]),
    ...(coverage === null ? [] : [`${coverageLine(coverage)}${missing?.length === 0 ? "" : "; no test asks"}`]),
    ...(missing === undefined || missing.length === 0 ? [] : [missing.join("\n")]),
  ].join("\n\n");
}
