import { type SarifRule, sarifLog } from "../sarif.ts";
import type { TestRun } from "./result.ts";
import { mismatchLine } from "./text.ts";

const MISMATCH: SarifRule = {
  id: "route-test",
  title: "A RouteTest expects something else of a request",
  level: "error",
};

/** Tests for code scanning: each expectation that did not come true, where it is written. */
export function formatTestSarif({ results }: TestRun, version: string): string {
  return sarifLog(
    version,
    [MISMATCH],
    results.flatMap(({ test, mismatches }) =>
      mismatches.map((mismatch) => ({
        rule: MISMATCH.id,
        level: MISMATCH.level,
        message: `${test.suite}: ${test.name}: ${mismatchLine(mismatch)}`,
        place: mismatch.at,
      })),
    ),
  );
}
