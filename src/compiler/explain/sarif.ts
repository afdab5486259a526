import { diagnosticResult, diagnosticRules } from "../diagnostics/sarif.ts";
import { placeOf } from "../report.ts";
import { type SarifRule, sarifLog } from "../sarif.ts";
import type { Explanation } from "./explanation.ts";
import { answerLine, contenderLine, moveLine } from "./text.ts";

const EXPLANATION: SarifRule = {
  id: "explanation",
  title: "Which rule takes a request, and which lose",
  level: "none",
};

const LIVE: SarifRule = { id: "live", title: "A running edge does something else", level: "error" };

/**
 * An explanation for viewers of SARIF: the rule that takes the request, related to it the lines that led it there and the rules that lose, and what the compiler
 * said of it. `differences`: of a running edge.
 */
export function formatExplanationSarif(
  explanation: Explanation,
  version: string,
  differences: readonly string[],
): string {
  const { request, taken, moves, losing, diagnostics } = explanation;
  const place = taken === null ? null : placeOf(taken.rule.at);
  const related = [
    ...moves.map((move) => ({ message: moveLine(move), at: move.by.at })),
    ...losing.map((contender) => ({ message: contenderLine(contender), at: contender.rule.at })),
  ].flatMap(({ message, at }) => {
    const where = placeOf(at);
    return where === null ? [] : [{ message, place: where }];
  });
  const result = {
    rule: EXPLANATION.id,
    level: "none" as const,
    message: `${request.method} ${request.url}: ${answerLine(explanation)}`,
    place,
    related,
  };
  const found = differences.map((message) => ({ rule: LIVE.id, level: LIVE.level, message, place }));
  return sarifLog(
    version,
    [EXPLANATION, LIVE, ...diagnosticRules(diagnostics)],
    [result, ...found, ...diagnostics.map(diagnosticResult)],
  );
}
