import { visibleJson } from "../diagnostics/visible-json.ts";
import type { TestRun } from "./result.ts";

/** For programs: every test with what it asked, what was wrong, and the rule that took it. */
export function formatTestJson({ results, coverage }: TestRun): string {
  const failed = results.filter(({ mismatches }) => mismatches.length > 0).length;
  return visibleJson({
    passed: results.length - failed,
    failed,
    tests: results.map(({ test, by, mismatches, taken }) => ({
      suite: test.suite,
      name: test.name,
      at: test.at,
      request: { method: test.request.method, url: test.request.url },
      by,
      passed: mismatches.length === 0,
      mismatches,
      taken: taken === null ? null : { name: taken.name, from: taken.from, at: taken.at },
    })),
    ...(coverage !== null && { coverage }),
  });
}
