import { readFileSync } from "node:fs";

/**
 * `ci-summary.ts RESULTS STATUS`: prints `N passed, N failed` from vitest's JSON results and the exit code of its run;
 * exits 1 where anything failed or no test passed. What failed without a test that says so counts as one failure: a file
 * that could not be loaded or whose hooks threw, a run that broke off and left no results, an error outside of tests.
 */
interface Results {
  readonly testResults: readonly {
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string }[];
  }[];
}

const [, , path = "", code = "1"] = process.argv;
const files = read(path);
const count = (statuses: readonly string[]) =>
  files.flatMap((file) => file.assertionResults).filter(({ status }) => statuses.includes(status)).length;

const passed = count(["passed"]);
const skipped = count(["skipped", "pending", "todo"]);
const silent = files.filter(
  ({ status, assertionResults }) => status === "failed" && !assertionResults.some((test) => test.status === "failed"),
);
const told = count(["failed"]) + silent.length;
const failed = told === 0 && code !== "0" ? 1 : told;
console.log(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;

function read(path: string): Results["testResults"] {
  try {
    return (JSON.parse(readFileSync(path, "utf8")) as Results).testResults;
  } catch (error) {
    console.error(`no results of the tests: ${error}`);
    return [];
  }
}
