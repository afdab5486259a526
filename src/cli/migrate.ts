import { type Command, Option } from "commander";
import {
  type CompileResult,
  compile,
  formatGatewayNotes,
  formatMigration,
  formatMigrationMarkdown,
  formatSarif,
  type Migration,
  migrationOf,
  toGatewayApi,
  visibleJson,
} from "../compiler/index.ts";
import { compileOptions, type InputFlags, withInputOptions } from "./input-options.ts";
import { onDisk, UsageError, writeTogether } from "./output.ts";
import { paintOf, printAs } from "./terminal.ts";
import { version } from "./version.ts";

interface MigrateFlags extends InputFlags {
  readonly format: keyof typeof FORMATS;
  readonly platform: "cloudflare" | "workerd";
  readonly to?: "gateway-api";
  readonly output?: string;
}

const FORMATS = {
  text: (migration: Migration) => formatMigration(migration, paintOf(process.stdout)),
  json: visibleJson,
  sarif: (_: Migration, { diagnostics, allowed, files }: CompileResult) =>
    formatSarif(diagnostics, version, allowed, onDisk(files)),
  markdown: formatMigrationMarkdown,
};

/** `migrate`: how each Ingress would come over. */
export function addMigrateCommand(program: Command): void {
  withInputOptions(program.command("migrate"))
    .summary("tell of each Ingress whether the edge can take it over")
    .description(
      "Compiles manifests and tells of each Ingress: ready, ready with differences, or blocked, and why; and of each " +
        "annotation of ingress-nginx how many Ingresses use it. Writes no files.",
    )
    .addOption(
      new Option("--format <name>", "on stdout in any case; sarif has the reasons alone, at their places")
        .choices(Object.keys(FORMATS))
        .default("text"),
    )
    .addOption(
      new Option("--platform <name>", "what the table is for, as in compile")
        .choices(["cloudflare", "workerd"])
        .default("cloudflare"),
    )
    .addOption(
      new Option(
        "--to <kind>",
        "write resources of that kind, as far as they can say it, in place of the report",
      ).choices(["gateway-api"]),
    )
    .option("-o, --output <dir>", "with --to: one file for the Gateway and one a namespace, in place of stdout")
    .addHelpText(
      "after",
      `
A class of annotations is what an edge could do: E honour it exactly, P in part, C leave it to the cluster, N nothing.
--to gateway-api writes one Gateway, HTTPRoutes and ReferenceGrants; a route whose guard can't be said answers with an error,
and what is left out or differs is told on stderr. Put the class of your implementation in the place of CHANGE-ME.
Exit code: 0 nothing is blocked or left out, 1 something is, 2 wrong use.

Examples:
  $ kubectl get ingress,service,secret -A -o yaml | edge-ingress migrate -f - --ingress-class nginx
  $ edge-ingress migrate -f manifests/ --format markdown > migration.md
`,
    )
    .action((flags: MigrateFlags) => {
      if (flags.output !== undefined && flags.to === undefined) throw new UsageError("-o needs --to");
      if (flags.to !== undefined && flags.format !== "text") {
        throw new UsageError("--format is of the report, in whose place --to writes resources");
      }
      const result = compile(flags.filename, compileOptions(flags, flags.platform));
      if (flags.to !== undefined) {
        writeGatewayApi(result, flags.output);
        return;
      }
      const migration = migrationOf(result);
      printAs(flags.format, FORMATS[flags.format](migration, result));
      const isBlocked =
        migration.totals.blocked > 0 || migration.elsewhere.some(({ severity }) => severity === "error");
      if (isBlocked) process.exitCode = 1;
    });
}

function writeGatewayApi(result: CompileResult, directory: string | undefined): void {
  const { files, notes } = toGatewayApi(result);
  if (directory === undefined) process.stdout.write(Object.values(files).join("---\n"));
  else writeTogether(directory, files);
  if (notes.length > 0) process.stderr.write(`${formatGatewayNotes(notes)}\n`);
  const { elsewhere } = migrationOf(result);
  const isBlocked = elsewhere.some(({ code, severity }) => severity === "error" && !/^EI[37]/.test(code));
  if (isBlocked || notes.some(({ leftOut }) => leftOut)) process.exitCode = 1;
}
