import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { type CompileOutput, readReport } from "../compiler/index.ts";
import { messageOf, UsageError } from "./output.ts";

/** Whether a path is a directory that `compile` wrote into, and not manifests. */
export function isBuiltTable(path: string): boolean {
  return existsSync(join(path, "table.bin"));
}

/** Reads what `compile` wrote into a directory. Throws `UsageError` where it is not there, or no such thing. */
export function readBuiltTable(directory: string): Pick<CompileOutput, "table" | "report"> {
  const read = (name: string) => {
    try {
      return readFileSync(join(directory, name));
    } catch (error) {
      throw new UsageError(`no built table: ${messageOf(error)}`);
    }
  };
  const table = new Uint8Array(read("table.bin"));
  const report = readReport(read("report.json").toString());
  if (report === null) throw new UsageError(`${join(directory, "report.json")} is no report of edge-ingress compile`);
  return { table, report };
}
