import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { type CompileResult, type Diagnostic, formatText } from "../compiler/index.ts";
import { columnsOf, paintOf, print } from "./terminal.ts";

/** Prints the diagnostics of a compile to stderr, with code frames. */
export function printDiagnostics(diagnostics: readonly Diagnostic[], files: CompileResult["files"]): void {
  if (diagnostics.length === 0) return;
  const { stderr } = process;
  const columns = columnsOf(stderr);
  print(formatText(diagnostics, files, { paint: paintOf(stderr), ...(columns !== null && { columns }) }), stderr);
}

/** An Ingress is left out by its class, by the flags; there is nothing to serve. */
const LEFT_OUT: readonly string[] = ["EI2050", "EI2051", "EI5004"];

/** Prints why manifests serve less than they hold: what a class or a flag leaves out, or that nothing is left: a comparison, or a 404, says little without it. */
export function printLeftOut(diagnostics: readonly Diagnostic[], files: CompileResult["files"]): void {
  printDiagnostics(
    diagnostics.filter(({ code }) => LEFT_OUT.includes(code)),
    files,
  );
}

/** Those that can be written: standard input can't. */
export function onDisk(files: CompileResult["files"]): CompileResult["files"] {
  return files.filter(({ realPath }) => realPath !== null);
}

/** What was thrown, in words. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** What is asked for can't be done where it is asked for; the message is for people. */
export class UsageError extends Error {}

/**
 * Writes all files beside their places first and renames them then: a failure leaves what was there. Throws
 * `UsageError` where they can't be written.
 */
export function writeTogether(directory: string, files: Readonly<Record<string, string | Uint8Array>>): void {
  const names = Object.keys(files);
  const beside = (name: string) => join(directory, `.${name}.${process.pid}.tmp`);
  const begun: string[] = [];
  try {
    mkdirSync(directory, { recursive: true });
    for (const name of names) {
      // A rename would fail at it, after others were done.
      const path = join(directory, name);
      if (statSync(path, { throwIfNoEntry: false })?.isDirectory()) throw new UsageError(`${path} is a directory`);
      begun.push(name);
      writeFileSync(beside(name), files[name] as string | Uint8Array);
    }
    for (const name of names) renameSync(beside(name), join(directory, name));
  } catch (error) {
    throw new UsageError(`nothing was written: ${messageOf(error)}`);
  } finally {
    for (const name of begun) rmSync(beside(name), { force: true });
  }
}
