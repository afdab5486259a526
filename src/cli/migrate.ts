import { type Command, Option } from "commander";
import {
  compile,
  formatMigration,
  formatMigrationMarkdown,
  type Migration,
  migrationOf,
  visibleJson,
} from "../compiler/index.ts";
import { compileOptions, type InputFlags, withInputOptions } from "./input-options.ts";

interface MigrateFlags extends InputFlags {
  readonly format: "text" | "json" | "markdown";
  readonly platform: "cloudflare" | "workerd";
}

const FORMATS: Readonly<Record<MigrateFlags["format"], (migration: Migration) => string>> = {
  text: formatMigration,
  json: visibleJson,
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
    .addOption(new Option("--format <name>", "on stdout in any case").choices(Object.keys(FORMATS)).default("text"))
    .addOption(
      new Option("--platform <name>", "what the table is for, as in compile")
        .choices(["cloudflare", "workerd"])
        .default("cloudflare"),
    )
    .addHelpText(
      "after",
      `
A class of annotations is what an edge could do: E honour it exactly, P in part, C leave it to the cluster, N nothing.
Exit code: 0 nothing is blocked, 1 something is, 2 wrong use.

Examples:
  $ kubectl get ingress,service,secret -A -o yaml | edge-ingress migrate -f - --ingress-class nginx
  $ edge-ingress migrate -f manifests/ --format markdown > migration.md
`,
    )
    .action((flags: MigrateFlags) => {
      const migration = migrationOf(compile(flags.filename, compileOptions(flags, flags.platform)));
      process.stdout.write(`${FORMATS[flags.format](migration)}\n`);
      const isBlocked =
        migration.totals.blocked > 0 || migration.elsewhere.some(({ severity }) => severity === "error");
      if (isBlocked) process.exitCode = 1;
    });
}
