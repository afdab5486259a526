import { readFileSync } from "node:fs";

/** Prints `N passed, N failed` from vitest's JSON results; exits 1 where a file failed or no test ran. */
interface Results {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numFailedTestSuites: number;
  readonly numPendingTests: number;
}

const results: Results = JSON.parse(readFileSync(process.argv[2] as string, "utf8"));
const { numPassedTests: passed, numPendingTests: skipped } = results;
// A file that could not be loaded has no test of its own: it counts as one that failed.
const failed = results.numFailedTests === 0 ? results.numFailedTestSuites : results.numFailedTests;
console.log(`${passed} passed, ${failed} failed${skipped === 0 ? "" : `, ${skipped} skipped`}`);
process.exitCode = failed === 0 && passed > 0 ? 0 : 1;
