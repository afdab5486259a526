import { type Command, Option } from "commander";
import {
  type CompileResult,
  compile,
  formatGithub,
  formatJson,
  formatMarkdown,
  formatSarif,
  type Severity,
} from "../compiler/index.ts";
import { fix } from "./check/fix.ts";
import { compileOptions, type InputFlags, withInputOptions } from "./input-options.ts";
import { onDisk, printDiagnostics, UsageError } from "./output.ts";
import { version } from "./version.ts";

interface CheckFlags extends InputFlags {
  readonly format: "text" | keyof typeof FORMATS;
  readonly failOn: "error" | "warning";
  readonly platform: "cloudflare" | "workerd";
  readonly fix: boolean;
  readonly dryRun: boolean;
}

/** `check`: what the compiler has to say of manifests, and no output files. */
export function addCheckCommand(program: Command): void {
  withInputOptions(program.command("check"))
    .summary("report what is wrong with manifests")
    .description(
      "Compiles manifests and reports every error, warning and info, each with a code and its place. Writes no files, unless told to by --fix.",
    )
    .addOption(
      new Option("--format <name>", "text for people, on stderr; the others for programs, on stdout")
        .choices(["text", ...Object.keys(FORMATS)])
        .default("text"),
    )
    .addOption(
      new Option("--fail-on <severity>", "the least severity that makes the exit code 1")
        .choices(["error", "warning"])
        .default("error"),
    )
    .addOption(
      new Option("--platform <name>", "what the table is for, as in compile")
        .choices(["cloudflare", "workerd"])
        .default("cloudflare"),
    )
    .option("--fix", "correct in the files what is mechanical, then check", false)
    .option("--dry-run", "with --fix: tell what would be corrected, and write nothing", false)
    .addHelpText(
      "after",
      `
--fix corrects names of annotations and kinds that are one or two slips from exactly one known name, and the apiVersion
of an old IngressClass. It keeps comments and layout.
sarif is SARIF 2.1.0, which code scanning shows; markdown is for pull requests, github is workflow commands of GitHub
Actions.
Exit code: 0 nothing of that severity, 1 something, 2 wrong use.
"edge-ingress explain CODE" tells what a code means.
"# edge-ingress: allow EI5006 -- reason", on the line of a warning or info, above it or above its resource, allows it:
json, sarif and markdown still have it, with the reason. Errors can't be allowed.

Examples:
  $ edge-ingress check -f manifests/ --fail-on warning
  $ edge-ingress check -f manifests/ --format sarif > edge-ingress.sarif
  $ edge-ingress check -f manifests/ --fix --dry-run
`,
    )
    .action((flags: CheckFlags) => {
      const result = compileFixed(flags);
      const { diagnostics, allowed, files } = result;
      if (flags.format === "text") printDiagnostics(diagnostics, files);
      else print(FORMATS[flags.format](result));
      const severities: readonly Severity[] = flags.failOn === "error" ? ["error"] : ["error", "warning"];
      if (diagnostics.some(({ severity }) => severities.includes(severity))) process.exitCode = 1;
      if (flags.format !== "text") return;
      if (allowed.length > 0) process.stderr.write(`${allowed.length} allowed by comments in the manifests\n`);
      else if (diagnostics.length === 0) process.stderr.write("nothing to report\n");
    });
}

/** What is corrected may let more be read, and that be corrected in turn. */
const MOST_ROUNDS = 5;

/** Compiles, does what `--fix` asks for, and compiles what is there then. */
function compileFixed(flags: CheckFlags): CompileResult {
  if (flags.dryRun && !flags.fix) throw new UsageError("--dry-run belongs to --fix");
  const options = compileOptions(flags, flags.platform);
  let result = compile(flags.filename, options);
  for (let round = 0; flags.fix && round < MOST_ROUNDS; round++) {
    const lines = fix(result, flags);
    for (const line of lines) process.stderr.write(`${line}\n`);
    if (lines.length === 0 || flags.dryRun) break;
    result = compile(flags.filename, options);
  }
  return result;
}

const FORMATS = {
  json: ({ diagnostics, allowed }: CompileResult) => formatJson(diagnostics, allowed),
  sarif: ({ diagnostics, allowed, files }: CompileResult) => formatSarif(diagnostics, version, allowed, onDisk(files)),
  markdown: ({ diagnostics, allowed }: CompileResult) => formatMarkdown(diagnostics, allowed),
  github: ({ diagnostics }: CompileResult) => formatGithub(diagnostics),
};

/** Without diagnostics some formats are empty, and an empty line is no record. */
function print(text: string): void {
  if (text !== "") process.stdout.write(`${text}\n`);
}
