import { type CompileOptions, type CompileOutput, compile } from "../compiler/index.ts";
import { isBuiltTable, readBuiltTable } from "./built-table.ts";
import { compileOptions, type ManifestFlags } from "./input-options.ts";
import type { Invalid } from "./invalid.ts";
import { printDiagnostics, printLeftOut } from "./output.ts";

export type Side = Pick<CompileOutput, "table" | "report">;

/** A table to compare: a built one, or that of manifests; where those have errors, the errors. */
export function compileSide(
  path: string,
  flags: ManifestFlags,
  platform: CompileOptions["platform"] = "cloudflare",
): Side | Invalid {
  if (isBuiltTable(path)) return readBuiltTable(path);
  const result = compile([path], compileOptions({ ...flags, filename: [path] }, platform));
  const { output, diagnostics, files } = result;
  if (output === null) return result;
  if (output.router.hosts.length === 0) printLeftOut(diagnostics, files);
  return output;
}

/** The same; null where the manifests have errors, which are printed. */
export function readSide(...args: Parameters<typeof compileSide>): Side | null {
  const side = compileSide(...args);
  if ("table" in side) return side;
  printDiagnostics(side.diagnostics, side.files);
  return null;
}
