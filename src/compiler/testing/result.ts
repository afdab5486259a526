import type { Position } from "../diagnostics/diagnostic.ts";
import type { RouteTestCase } from "./route-test.ts";

/** An expectation that did not come true. */
export interface Mismatch {
  /** Its keys below `expect`: `headers.location`. */
  readonly what: string;
  readonly expected: string;
  readonly got: string;
  /** Where it is written. */
  readonly at: Position;
}

/** What became of one test. */
export interface TestResult {
  readonly test: RouteTestCase;
  /** Which of the two answered. */
  readonly by: "table" | "worker";
  /** None: it passed. */
  readonly mismatches: readonly Mismatch[];
  /** Rules that lines of snippets led the request on from, by id. */
  readonly through: readonly string[];
  /** The rule that took the request: null where none did. `at` is null for a rule that an option gave. */
  readonly taken: {
    readonly id: string;
    readonly name: string;
    readonly from: string;
    readonly at: string | null;
  } | null;
}

/** How many of the rules were asked by a test. */
export interface Coverage {
  readonly rules: number;
  readonly asked: number;
  /** 0 to 100, rounded down, so that 100 means all. */
  readonly percent: number;
  readonly missing: readonly { readonly name: string; readonly from: string; readonly at: string | null }[];
}

/** All results of one run. */
export interface TestRun {
  readonly results: readonly TestResult[];
  /** Null where nobody asked for it. */
  readonly coverage: Coverage | null;
}
