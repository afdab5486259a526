import { type Command, InvalidArgumentError, Option } from "commander";
import {
  compile,
  type ExplainedRequest,
  explain,
  explainCode,
  formatExplanation,
  hasErrors,
  visibleJson,
} from "../compiler/index.ts";
import { readBuiltTable } from "./built-table.ts";
import { compileOptions, type InputFlags, withInputOptions } from "./input-options.ts";
import { printDiagnostics, UsageError } from "./output.ts";

interface ExplainFlags extends Omit<InputFlags, "filename"> {
  readonly filename?: readonly string[];
  readonly table?: string;
  readonly request: string;
  readonly header: ExplainedRequest["headers"];
  readonly format: "text" | "json";
}

/** `explain`: why a request goes where it goes, and what a code means. */
export function addExplainCommand(program: Command): void {
  withInputOptions(program.command("explain"), { required: false })
    .summary("tell which rule takes a request and why, or what a code means")
    .description(
      "Tells which rule takes a request, why, which policies act on it in which order, where it goes, and which rules lose: " +
        "each with its place in the manifests. Asks the compiled table itself, by the edge's own matcher.",
    )
    .argument("[url-or-code]", "http://host/path?query as a client sends it, or a code such as EI5001")
    .addOption(
      new Option("--table <dir>", "a built table: the directory of table.bin and report.json").conflicts("filename"),
    )
    .option("-X, --request <method>", "the request's method", parseMethod, "GET")
    .addOption(
      new Option("-H, --header <name: value>", "a header of the request (repeatable)")
        .default([], "none")
        .argParser((value: string, previous: ExplainFlags["header"]) => [...previous, parseHeader(value)]),
    )
    .addOption(new Option("--format <name>", "json for programs").choices(["text", "json"]).default("text"))
    .addHelpText(
      "after",
      `
What is not played: the health of clusters, and checks that look at who sends the request.
Exit code: 0 explained, whatever the answer is, 1 errors in the manifests, 2 wrong use.

Examples:
  $ edge-ingress explain -f manifests/ https://shop.example.com/cart/42
  $ edge-ingress explain --table out -X POST -H 'X-Canary: always' https://shop.example.com/
  $ edge-ingress explain EI5001
`,
    )
    .action((argument: string | undefined, written: ExplainFlags) => {
      const { asked, flags } = withAsked(argument, written);
      if (CODE.test(asked)) {
        const text = explainCode(asked.toUpperCase());
        if (text === null) throw new UsageError(`there is no code ${asked}: docs/diagnostics/README.md lists them`);
        process.stdout.write(`${text}\n`);
        return;
      }
      if (!URL_WITH_PATH.test(asked)) {
        throw new UsageError(
          `${asked} is neither a code such as EI5001 nor a URL with a path, as in https://shop.example.com/`,
        );
      }
      const built = flags.table === undefined ? compiled(flags) : readBuiltTable(flags.table);
      if (built === null) {
        process.exitCode = 1;
        return;
      }
      const url = asked.replace(/^https?/i, (scheme) => scheme.toLowerCase());
      const explanation = explain(built, { method: flags.request, url, headers: flags.header });
      const text = flags.format === "json" ? visibleJson(explanation) : formatExplanation(explanation);
      process.stdout.write(`${text}\n`);
    });
}

const CODE = /^EI\d{4}$/i;
const URL_WITH_PATH = /^https?:\/\/[^/?#]+\//i;

/** `-f` takes all that follows it, and so the URL too where that comes last. */
function withAsked(argument: string | undefined, flags: ExplainFlags): { asked: string; flags: ExplainFlags } {
  if (argument !== undefined) return { asked: argument, flags };
  const last = flags.filename?.at(-1);
  if (last === undefined || !(CODE.test(last) || /^https?:\/\//i.test(last))) {
    throw new UsageError("say what to explain: a URL, or a code such as EI5001");
  }
  const filename = flags.filename?.slice(0, -1) ?? [];
  const { filename: _, ...others } = flags;
  return { asked: last, flags: filename.length === 0 ? others : { ...others, filename } };
}

/** Null where the manifests have errors, which are printed. */
function compiled(flags: ExplainFlags) {
  const { filename } = flags;
  if (filename === undefined) throw new UsageError("give manifests with -f, or a built table with --table");
  const { output, diagnostics, files } = compile(filename, compileOptions({ ...flags, filename }, "cloudflare"));
  if (hasErrors(diagnostics)) printDiagnostics(diagnostics, files);
  return output;
}

function parseMethod(value: string): string {
  if (!/^[!#$%&'*+.^_`|~\w-]+$/.test(value)) throw new InvalidArgumentError("It must be a method, as in POST.");
  return value;
}

function parseHeader(value: string): ExplainedRequest["headers"][number] {
  const colon = value.indexOf(":");
  const name = value.slice(0, colon).trim();
  if (colon < 1 || !/^[!#$%&'*+.^_`|~\w-]+$/.test(name)) {
    throw new InvalidArgumentError("It must look like 'name: value'.");
  }
  return [name, value.slice(colon + 1).trim()];
}
