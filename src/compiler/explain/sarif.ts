import { diagnosticResult, diagnosticRules } from "../diagnostics/sarif.ts";
import { placeOf } from "../report.ts";
import { type SarifRule, sarifLog } from "../sarif.ts";
import type { Explanation } from "./explanation.ts";
import { answerLine, contenderLine } from "./text.ts";

const EXPLANATION: SarifRule = {
  id: "explanation",
  title: "Which rule takes a request, and which lose",
  level: "none",
};

const LIVE: SarifRule = { id: "live", title: "A running edge does something else", level: "error" };

/**
 * An explanation for viewers of SARIF: the rule that takes the request, related to it those that lose, and what the compiler
 * said of it. `differences`: of a running edge.
 */
export function formatExplanationSarif(
  explanation: Explanation,
  version: string,
  differences: readonly string[],
): string {
  const { request, taken, losing, diagnostics } = explanation;
  const place = taken === null ? null : placeOf(taken.rule.at);
  const related = losing.flatMap((contender) => {
    const at = placeOf(contender.rule.at);
    return at === null ? [] : [{ message: contenderLine(contender), place: at }];
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
