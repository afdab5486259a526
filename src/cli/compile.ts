import { existsSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { type Command, Option } from "commander";
import { compile, formatReport } from "../compiler/index.ts";
import { compileOptions, type InputFlags, withInputOptions } from "./input-options.ts";
import { printDiagnostics, writeTogether } from "./output.ts";

interface CompileFlags extends InputFlags {
  readonly output: string;
  readonly platform: "cloudflare" | "workerd";
}

/** `compile`: manifests to `table.bin` and `report.json`. */
export function addCompileCommand(program: Command): void {
  withInputOptions(program.command("compile"))
    .summary("compile manifests into a routing table")
    .description(
      "Compiles manifests into DIR/table.bin, which the edge serves, and DIR/report.json, which says what it does.",
    )
    .option("-o, --output <dir>", "where the two files are written", "edge-ingress-out")
    .addOption(
      new Option("--platform <name>", "workerd is for self-hosting: every endpoint is an external service")
        .choices(["cloudflare", "workerd"])
        .default("cloudflare"),
    )
    .addHelpText(
      "after",
      `
Nothing is written when a manifest has an error; what was there before stays.
Exit code: 0 compiled, 1 errors in the manifests, 2 wrong use.

Examples:
  $ edge-ingress compile -f manifests/ -o out
  $ kubectl get ingress,service -A -o yaml | edge-ingress compile -f - -f clusters.yaml --ingress-class nginx
`,
    )
    .action((flags: CompileFlags) => {
      // The report of the last run may lie among the manifests, and grows with them.
      const ignore = existingFile(join(flags.output, REPORT));
      const options = { ...compileOptions(flags, flags.platform), ignore };
      const { output, diagnostics, files } = compile(flags.filename, options);
      printDiagnostics(diagnostics, files);
      if (output === null) {
        process.exitCode = 1;
        return;
      }
      const { table, report } = output;
      writeTogether(flags.output, { "table.bin": table, [REPORT]: formatReport(report) });
      const { hosts, rules, endpoints } = report.totals;
      process.stderr.write(
        `${rules} rules of ${hosts} hosts, ${endpoints} endpoints: ${join(flags.output, "table.bin")}, ${table.length} bytes, ${report.contentHash.slice(0, 12)}\n`,
      );
    });
}

const REPORT = "report.json";

function existingFile(path: string): string[] {
  return existsSync(path) ? [realpathSync(path)] : [];
}
