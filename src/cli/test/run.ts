import {
  compile,
  coverageOf,
  formatJunit,
  formatTap,
  formatTestJson,
  formatTestMarkdown,
  formatTestSarif,
  formatTestText,
  hasErrors,
  judgeTable,
  judgeWorker,
  type Mismatch,
  needsWorker,
  type RouteTestCase,
  readRouteTests,
  ruleId,
  ruleName,
  type TableAnswer,
  TableAsker,
  type TestResult,
  type TestRun,
} from "../../compiler/index.ts";
import { compileOptions, type InputFlags } from "../input-options.ts";
import { printInvalid } from "../invalid.ts";
import { printDiagnostics, UsageError } from "../output.ts";
import { paintOf, printAs } from "../terminal.ts";
import { version } from "../version.ts";
import type { TestEdge } from "./worker.ts";

const FORMATS: Readonly<Record<TestFlags["format"], (run: TestRun) => string>> = {
  text: (run) => formatTestText(run, paintOf(process.stdout)),
  tap: formatTap,
  junit: formatJunit,
  json: formatTestJson,
  sarif: (run) => formatTestSarif(run, version),
  markdown: formatTestMarkdown,
};

export interface TestFlags extends InputFlags {
  /** Files of RouteTests. */
  readonly tests: readonly string[];
  readonly format: "text" | "tap" | "junit" | "json" | "sarif" | "markdown";
  /** Undefined: for the tests that need it. */
  readonly worker?: boolean;
  readonly coverage: boolean;
  readonly minCoverage: number | undefined;
}

/** Exit codes: 0 all passed, 1 a failure, errors in the manifests or tests, or too little coverage. */
export async function runTests(flags: TestFlags): Promise<void> {
  const options = compileOptions(flags, "cloudflare");
  const read = readRouteTests(flags.tests, options);
  const result = compile(flags.filename, options);
  const wrong = [...read.diagnostics, ...(hasErrors(result.diagnostics) ? result.diagnostics : [])];
  const { output } = result;
  const files = [...result.files, ...read.files];
  if (output === null || hasErrors(wrong)) {
    printInvalid(flags.format, [{ diagnostics: wrong, allowed: result.allowed, files }]);
    return;
  }
  if (wrong.length > 0) printDiagnostics(wrong, files);
  if (read.tests.length === 0) throw new UsageError(`there is no RouteTest in ${flags.tests.join(", ")}`);
  const asker = new TableAsker(output);
  const asked = read.tests.map((test) => ({ test, answer: asker.ask(test.request) }));
  const isForWorker = ({ test, answer }: Asked) => flags.worker ?? needsWorker(test, answer);
  let edge: TestEdge | null = null;
  if (asked.some(isForWorker)) {
    const { startTestEdge } = await import("./worker.ts");
    const started = await startTestEdge(flags, result.clusters);
    if (!("ask" in started)) {
      printInvalid(flags.format, [started]);
      return;
    }
    edge = started;
  }
  const results: TestResult[] = [];
  try {
    // One after the other: limits count, and sessions stick.
    for (const one of asked) results.push(await judge(one, isForWorker(one) ? edge : null));
  } finally {
    await edge?.close();
  }
  const isCovered = flags.coverage || flags.minCoverage !== undefined;
  const coverage = isCovered ? coverageOf(output.report, results) : null;
  printAs(flags.format, FORMATS[flags.format]({ results, coverage }));
  const { minCoverage = 0 } = flags;
  if (coverage !== null && coverage.percent < minCoverage) {
    process.stderr.write(
      `tests ask ${coverage.percent} % of the rules, less than the ${minCoverage} % of --min-coverage\n`,
    );
    process.exitCode = 1;
  }
  if (results.some(({ mismatches }) => mismatches.length > 0)) process.exitCode = 1;
}

interface Asked {
  readonly test: RouteTestCase;
  readonly answer: TableAnswer;
}

async function judge({ test, answer }: Asked, edge: TestEdge | null): Promise<TestResult> {
  const said = edge === null ? withoutWorker(test, answer) : judgeWorker(test, answer, await edge.ask(test));
  // What both speak of is told as the edge itself answered.
  const table = judgeTable(test, answer).filter(({ what }) => !said.some((other) => other.what === what));
  const { taken, through } = answer;
  return {
    test,
    through: through.map(({ hostname, report }) => ruleId(hostname, report)),
    by: edge === null ? "table" : "worker",
    mismatches: [...table, ...said],
    taken:
      taken === null
        ? null
        : {
            id: ruleId(taken.hostname, taken.report),
            name: ruleName(taken),
            from: taken.report.from,
            at: taken.report.at,
          },
  };
}

/** With `--no-worker`: what can't be told is no success. */
function withoutWorker(test: RouteTestCase, answer: TableAnswer): Mismatch[] {
  if (!needsWorker(test, answer)) return [];
  const keys = (["status", "redirect", "headers", "forwarded"] as const).filter(
    (key) => test.expect[key] !== undefined,
  );
  return keys.map((key) => ({
    what: key,
    expected: "an answer of the worker",
    got: "none: --no-worker asks the table alone",
    at: test.locate([key]),
  }));
}
