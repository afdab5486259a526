import { type Command, Option } from "commander";
import {
  CHANGE_KINDS,
  type ChangeKind,
  type Diff,
  diff,
  failsOn,
  formatDiff,
  formatDiffMarkdown,
  formatDiffSarif,
  visibleJson,
} from "../compiler/index.ts";
import { type ManifestFlags, withManifestOptions } from "./input-options.ts";
import { printInvalid } from "./invalid.ts";
import { compileSide } from "./side.ts";
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
    .action((old: string, young: string, flags: DiffFlags) => {
      const [was, is] = [compileSide(old, flags), compileSide(young, flags)];
      if (!("table" in was && "table" in is)) {
        printInvalid(
          flags.format,
          [was, is].flatMap((side) => ("table" in side ? [] : [side])),
        );
        return;
      }
      const found = diff(was, is);
      printAs(flags.format, FORMATS[flags.format](found));
      const { failOn } = flags;
      if (failOn !== undefined && failsOn(found, failOn)) process.exitCode = 1;
    });
}
