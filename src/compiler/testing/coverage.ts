import type { Report } from "../report.ts";
import { ruleName } from "./judge.ts";
import type { Coverage, TestResult } from "./result.ts";

/** A rule within its table, the same for a rule taken and a rule reported. */
export function ruleId(hostname: string, report: Report["hosts"][number]["rules"][number]): string {
  const { role, at, match } = report;
  return JSON.stringify([hostname, role, at, match]);
}

/** Which rules no test's request came to. Paths that the edge answers itself for a log-in are nobody's to test. */
export function coverageOf({ hosts }: Report, results: readonly TestResult[]): Coverage {
  const asked = new Set(results.flatMap(({ taken, through }) => [taken?.id, ...through]));
  const rules = hosts.flatMap(({ hostname, rules: all }) =>
    all
      .filter(({ role }) => role === "rule" || role === "default-backend")
      .map((report) => ({
        id: ruleId(hostname, report),
        name: ruleName({ hostname, report }),
        from: report.from,
        at: report.at,
      })),
  );
  const missing = rules.filter(({ id }) => !asked.has(id)).map(({ name, from, at }) => ({ name, from, at }));
  const count = rules.length - missing.length;
  const percent = rules.length === 0 ? 100 : Math.floor((count / rules.length) * 100);
  return { rules: rules.length, asked: count, percent, missing };
}
