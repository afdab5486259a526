import { type CompileOptions, type CompileOutput, compile, hasErrors } from "../compiler/index.ts";
import { isBuiltTable, readBuiltTable } from "./built-table.ts";
import { compileOptions, type ManifestFlags } from "./input-options.ts";
import { printDiagnostics, printLeftOut } from "./output.ts";

/** A table to compare: a built one, or that of manifests. Null where the manifests have errors, which are printed. */
export function readSide(
  path: string,
  flags: ManifestFlags,
  platform: CompileOptions["platform"] = "cloudflare",
): Pick<CompileOutput, "table" | "report"> | null {
  if (isBuiltTable(path)) return readBuiltTable(path);
  const { output, diagnostics, files } = compile([path], compileOptions({ ...flags, filename: [path] }, platform));
  if (hasErrors(diagnostics)) printDiagnostics(diagnostics, files);
  else if (output?.report.hosts.length === 0) printLeftOut(diagnostics, files);
  return output;
}
