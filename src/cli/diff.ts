import { type Command, Option } from "commander";
import {
  CHANGE_KINDS,
  type ChangeKind,
  type Diff,
  failsOn,
  formatDiff,
  formatDiffMarkdown,
  formatDiffSarif,
  visibleJson,
} from "../compiler/index.ts";
import { isBuiltTable } from "./built-table.ts";
import { compareSides } from "./comparison/compare.ts";
import type { Source } from "./comparison/side.ts";
import { compileOptions, type ManifestFlags, withManifestOptions } from "./input-options.ts";
import { printInvalid } from "./invalid.ts";
import { printLeftOut } from "./output.ts";
import { paintOf, printAs } from "./terminal.ts";
import { version } from "./version.ts";

interface DiffFlags extends ManifestFlags {
  readonly format: "text" | "json" | "sarif" | "markdown";
  readonly failOn?: ChangeKind;
}

const FORMATS: Readonly<Record<DiffFlags["format"], (diff: Diff) => string>> = {
  text: (diff) => formatDiff(diff, paintOf(process.stdout)),
  json: visibleJson,
  sarif: (diff) => formatDiffSarif(diff, version),
  markdown: formatDiffMarkdown,
};

/** `diff`: what changes for requests between two sets of manifests, or two tables. */
export function addDiffCommand(program: Command): void {
  withManifestOptions(program.command("diff"))
    .summary("tell what changes for requests between two sets of manifests")
    .description(
      "Tells which requests are treated in another way by NEW than by OLD, each kind with a request that shows it, the " +
        "worst first. Both are asked by the edge's own matcher; what changes in the text alone is not reported.",
    )
    .argument("<old>", "manifests (a file, a directory, a glob), or the directory of a built table")
    .argument("<new>", "the same")
    .addOption(
      new Option("--format <name>", "sarif is for code scanning, markdown for pull requests")
        .choices(Object.keys(FORMATS))
        .default("text"),
    )
    .addOption(
      new Option("--fail-on <kind>", "exit code 1 where there is a change of this kind or a worse one").choices(
        CHANGE_KINDS,
      ),
    )
    .addHelpText(
      "after",
      `
Kinds, the worst first: ${CHANGE_KINDS.join(", ")}.
Where patterns can't be compared in full the host is named as undecided, and --fail-on fails.
Secrets are compared by name: what they hold is in no table.
Exit code: 0 compared, whatever differs, 1 errors in the manifests or a change that --fail-on names, 2 wrong use.

Examples:
  $ edge-ingress diff old/ new/
  $ edge-ingress diff edge-ingress-out manifests/ --format markdown --fail-on guard-removed
`,
    )
    .action(async (old: string, young: string, { format, failOn, ...flags }: DiffFlags) => {
      const compared = await compareSides(sourceAt(old, flags), sourceAt(young, flags));
      const sides = [compared.old, compared.young];
      for (const { kind, said } of sides) if (kind === "empty") printLeftOut(said.diagnostics, said.files);
      const { diff } = compared;
      if (diff === null) {
        printInvalid(
          format,
          sides.flatMap(({ kind, said }) => (kind === "invalid" ? [said] : [])),
        );
        return;
      }
      printAs(format, FORMATS[format](diff));
      if (failOn !== undefined && failsOn(diff, failOn)) process.exitCode = 1;
    });
}

function sourceAt(path: string, flags: ManifestFlags): Source {
  if (isBuiltTable(path)) return { builtTable: path };
  const paths = [path];
  return { paths, options: compileOptions({ ...flags, filename: paths }, "cloudflare") };
}
