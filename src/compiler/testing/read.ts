import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { KINDS, READ_ELSEWHERE } from "../resources/kinds.ts";
import { typeOf, unread } from "../resources/unread.ts";
import type { SourceDocument, SourceFile } from "../sources/document.ts";
import { type ReadOptions, readSources } from "../sources/read.ts";
import { parseRouteTest, type RouteTestCase } from "./route-test.ts";

export interface ReadTests {
  readonly tests: readonly RouteTestCase[];
  readonly diagnostics: readonly Diagnostic[];
  readonly files: readonly SourceFile[];
}

/** The tests of all RouteTests in files and directories, in the order of the files. Other kinds may lie beside them. */
export function readRouteTests(paths: readonly string[], options: ReadOptions): ReadTests {
  const sources = readSources(
    paths.map((path) => ({ path, base: options.cwd })),
    options,
  );
  const read = sources.documents.map(testsOf);
  return {
    tests: read.flatMap(({ tests }) => tests),
    diagnostics: [...sources.diagnostics, ...read.flatMap(({ diagnostics }) => diagnostics)],
    files: sources.files,
  };
}

function testsOf(document: SourceDocument): Pick<ReadTests, "tests" | "diagnostics"> {
  const typed = typeOf(document);
  if (Array.isArray(typed)) return { tests: [], diagnostics: typed };
  const isOf = (one: { readonly apiVersion: string; readonly kind: string }) =>
    one.apiVersion === typed.apiVersion && one.kind === typed.kind;
  if (READ_ELSEWHERE.some(isOf)) return parseRouteTest(document);
  if (KINDS.some(isOf)) return { tests: [], diagnostics: [] };
  // A misspelt RouteTest is one that would never run.
  return { tests: [], diagnostics: unread([typed]).filter(({ severity }) => severity === "error") };
}
