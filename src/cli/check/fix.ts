import { readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type CompileResult, type FixedFile, fixedFiles } from "../../compiler/index.ts";
import { messageOf, onDisk, UsageError } from "../output.ts";

/**
 * Does the edits of a compile's diagnostics in its files, or only tells them. Returns a line for each. Standard input is left
 * alone, and so is a file that has changed since it was read.
 */
export function fix({ diagnostics, files }: CompileResult, { dryRun }: { readonly dryRun: boolean }): string[] {
  return fixedFiles(diagnostics, onDisk(files)).flatMap((fixed) => {
    if (!dryRun && !write(fixed)) return [`${fixed.file.name} has changed meanwhile: left alone`];
    return fixed.edits.map(
      ({ at, from, to }) => `${at.file}:${at.line}:${at.column}: ${from} ${dryRun ? "would become" : "is now"} ${to}`,
    );
  });
}

const BYTE_ORDER_MARK = "\ufeff";

/** Beside its place, and renamed then: whoever reads meanwhile sees the old file or the new one. */
function write({ file, text }: FixedFile): boolean {
  const path = file.realPath ?? file.name;
  const beside = join(dirname(path), `.${process.pid}.edge-ingress-fix.tmp`);
  try {
    const now = readFileSync(path, "utf8");
    const mark = now.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : "";
    if (now !== mark + file.text) return false;
    writeFileSync(beside, mark + text, { mode: statSync(path).mode });
    renameSync(beside, path);
    return true;
  } catch (error) {
    throw new UsageError(`${file.name} can't be written: ${messageOf(error)}`);
  } finally {
    rmSync(beside, { force: true });
  }
}
