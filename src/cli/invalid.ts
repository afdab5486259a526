import {
  type CompileResult,
  type Diagnostic,
  formatInvalidJson,
  formatJunitErrors,
  formatMarkdown,
  formatSarif,
  formatTapBailOut,
} from "../compiler/index.ts";
import { onDisk, printDiagnostics } from "./output.ts";
import { version } from "./version.ts";

/** What of a compile is told of manifests with errors. */
export type Invalid = Pick<CompileResult, "diagnostics" | "allowed" | "files">;

type Format = (diagnostics: readonly Diagnostic[], allowed: Invalid["allowed"], files: Invalid["files"]) => string;

/** A document in each format for programs: who reads it must not take an empty one for nothing to say. */
const FORMATS: Readonly<Record<string, Format>> = {
  json: formatInvalidJson,
  sarif: (diagnostics, allowed, files) => formatSarif(diagnostics, version, allowed, onDisk(files)),
  markdown: formatMarkdown,
  tap: formatTapBailOut,
  junit: formatJunitErrors,
};

/** Tells why there is no answer, for manifests have errors: as text on stderr, and on stdout in the format of the answer. Exit code 1. */
export function printInvalid(format: string, results: readonly Invalid[]): void {
  const diagnostics = results.flatMap((result) => result.diagnostics);
  const files = results.flatMap((result) => result.files);
  printDiagnostics(diagnostics, files);
  const allowed = results.flatMap((result) => result.allowed);
  if (format !== "text") process.stdout.write(`${(FORMATS[format] as Format)(diagnostics, allowed, files)}\n`);
  process.exitCode = 1;
}
