import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { PROJECT } from "../support/cli.ts";
import { directoryWith } from "../support/manifests.ts";

/** Files of a run, each with the statuses of its tests. */
type Files = readonly (readonly [status: "passed" | "failed", ...tests: string[]])[];

function summary(files: Files | string, exitCode: string) {
  const testResults = (given: Files) =>
    given.map(([status, ...tests]) => ({ status, assertionResults: tests.map((test) => ({ status: test })) }));
  const text = typeof files === "string" ? files : JSON.stringify({ testResults: testResults(files) });
  const directory = directoryWith({ "results.json": text });
  const args = [join(PROJECT, "scripts/ci-summary.ts"), join(directory, "results.json"), exitCode];
  const { status, stdout } = spawnSync(process.execPath, args, { encoding: "utf8" });
  return [stdout, status];
}

test.each<[string, Files | string, string, string, number]>([
  ["all is well", [["passed", "passed", "passed"]], "0", "2 passed, 0 failed", 0],
  ["a test failed", [["failed", "passed", "failed"], ["passed"]], "1", "1 passed, 1 failed", 1],
  ["a file was not loaded, or its hooks threw", [["failed"], ["passed", "passed"]], "1", "1 passed, 1 failed", 1],
  ["besides tests that failed", [["failed"], ["failed", "failed"]], "1", "0 passed, 2 failed", 1],
  [
    "tests that a hook kept from running",
    [
      ["failed", "skipped"],
      ["passed", "passed"],
    ],
    "1",
    "1 passed, 1 failed, 1 skipped",
    1,
  ],
  ["a test was skipped", [["passed", "passed", "skipped"]], "0", "1 passed, 0 failed, 1 skipped", 0],
  ["an error outside of tests", [["passed", "passed"]], "1", "1 passed, 1 failed", 1],
  ["the run broke off", "", "137", "0 passed, 1 failed", 1],
  ["no test ran", [], "0", "0 passed, 0 failed", 1],
])("%s", (_, files, exitCode, line, status) => expect(summary(files, exitCode)).toEqual([`${line}\n`, status]));
