import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import type { Diagnostic } from "../../../src/compiler/diagnostics/diagnostic.ts";
import { type ReadOptions, type ReadResult, readSources } from "../../../src/compiler/sources/read.ts";

/** A directory that holds these files, and is deleted when the test is over. */
export function directoryOf(files: Readonly<Record<string, string | Uint8Array>>): string {
  const root = mkdtempSync(join(tmpdir(), "edge-ingress-"));
  onTestFinished(() => rmSync(root, { recursive: true, force: true }));
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
  return root;
}

/** Reads paths as `-f` gives them, with `root` as the working directory. */
export function readIn(root: string, paths: readonly string[], options: Partial<ReadOptions> = {}): ReadResult {
  return readSources(
    paths.map((path) => ({ path, base: root })),
    { cwd: root, readStdin: () => "", ...options },
  );
}

/** Reads a text as standard input. */
export function readText(text: string | Uint8Array): ReadResult {
  return readIn("/", ["-"], { readStdin: () => text });
}

/** `code file:line:column+length` of each diagnostic; `code -` for one without a place. */
export function places(diagnostics: readonly Diagnostic[]): readonly string[] {
  return diagnostics.map(({ code, position }) => {
    if (position === null) return `${code} -`;
    return `${code} ${position.file}:${position.line}:${position.column}+${position.length}`;
  });
}

/** The plain data of all documents. */
export function values(result: ReadResult): readonly unknown[] {
  return result.documents.map(({ value }) => value);
}
