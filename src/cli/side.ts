import { type CompileOptions, type CompileOutput, compile } from "../compiler/index.ts";
import { isBuiltTable, readBuiltTable } from "./built-table.ts";
import { compileOptions, type ManifestFlags } from "./input-options.ts";
import { printDiagnostics, printLeftOut } from "./output.ts";

/** A table to compare with: a built one, or that of manifests; null where those have errors, which are printed. */
export function readSide(
  path: string,
  flags: ManifestFlags,
  platform: CompileOptions["platform"],
): Pick<CompileOutput, "table" | "report"> | null {
  if (isBuiltTable(path)) return readBuiltTable(path);
  const { output, diagnostics, files } = compile([path], compileOptions({ ...flags, filename: [path] }, platform));
  if (output === null) printDiagnostics(diagnostics, files);
  else if (output.router.hosts.length === 0) printLeftOut(diagnostics, files);
  return output;
}
