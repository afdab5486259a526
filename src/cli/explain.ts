import { type Command, InvalidArgumentError, Option } from "commander";
import {
  compareLive,
  type ExplainedReport,
  type ExplainedRequest,
  type Explanation,
  explain,
  explainCode,
  formatCode,
  formatExplanation,
  formatExplanationMarkdown,
  formatExplanationSarif,
  formatLive,
  type LiveComparison,
  visibleJson,
} from "../compiler/index.ts";
import { readBuiltTable } from "./built-table.ts";
import { explainManifests } from "./explain/from-manifests.ts";
import { compileOptions, type InputFlags, withInputOptions } from "./input-options.ts";
import { UsageError } from "./output.ts";
import { parseOrigin } from "./status.ts";
import { paintOf, print, printAs } from "./terminal.ts";
import { version } from "./version.ts";

interface ExplainFlags extends Omit<InputFlags, "filename"> {
  readonly filename?: readonly string[];
  readonly table?: string;
  readonly request: string;
  readonly header: ExplainedRequest["headers"];
  readonly format: "text" | "json" | "sarif" | "markdown";
  readonly platform?: "cloudflare" | "workerd";
  readonly live?: string;
  readonly token?: string;
  readonly cache: boolean;
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
    .addOption(
      new Option(
        "--platform <name>",
        "what the table is for, as in compile; workerd beside a --live edge on loopback, else cloudflare",
      ).choices(["cloudflare", "workerd"]),
    )
    .addOption(
      new Option(
        "--live <edge>",
        "send the request to a running edge too, and compare: https://shop.example.com",
      ).argParser(parseOrigin),
    )
    .addOption(
      new Option("--token <token>", "the edge's status token; others of the machine can see it in a command line").env(
        "EDGE_INGRESS_STATUS_TOKEN",
      ),
    )
    .option("--no-cache", "compile the manifests even where an answer for the host is kept, and keep none")
    .addOption(
      new Option("--format <name>", "json for programs, sarif for its viewers, markdown for tickets")
        .choices(["text", "json", "sarif", "markdown"])
        .default("text"),
    )
    .addHelpText(
      "after",
      `
What is not played: the health of clusters, and checks that look at who sends the request. Where lines of a snippet lead
it to another rule it is followed; a header without -H is not sent.
--live sends the request for real, to the cluster too, with the edge's token in a header that no cluster sees; the edge
tells its table, its rule and the endpoint that answered. Give the address of your own edge alone.
What manifests come to for a host is kept on disk, and used as long as all files that were read are what they were:
no Secret's values, in a directory of your own (EDGE_INGRESS_CACHE_DIR names another one; EDGE_INGRESS_CACHE=off: none).
Exit code: 0 explained, whatever the answer is, 1 errors in the manifests or a live edge that does otherwise, 2 wrong use.

Examples:
  $ edge-ingress explain -f manifests/ https://shop.example.com/cart/42
  $ edge-ingress explain --table out -X POST -H 'X-Canary: always' https://shop.example.com/
  $ EDGE_INGRESS_STATUS_TOKEN=... edge-ingress explain -f manifests/ --live http://127.0.0.1:8787 https://shop.example.com/
  $ edge-ingress explain EI5001
`,
    )
    .action(async (argument: string | undefined, written: ExplainFlags) => {
      const { asked, flags } = withAsked(argument, written);
      if (CODE.test(asked)) {
        const told = explainCode(asked.toUpperCase());
        if (told === null) throw new UsageError(`there is no code ${asked}: docs/diagnostics/README.md lists them`);
        if (flags.format === "sarif") throw new UsageError("a code has no place in a file, and so no SARIF: use json");
        if (flags.format === "json") process.stdout.write(`${visibleJson(told)}\n`);
        else print(formatCode(told));
        return;
      }
      if (!URL_WITH_PATH.test(asked)) {
        throw new UsageError(
          `${asked} is neither a code such as EI5001 nor a URL with a path, as in https://shop.example.com/`,
        );
      }
      const url = asked.replace(/^https?/i, (scheme) => scheme.toLowerCase());
      const request = { method: flags.request, url, headers: flags.header };
      const explained = explainedBy(flags, request);
      if (explained === null) return;
      const { explanation, report } = explained;
      const live = flags.live === undefined ? null : await compared(flags.live, request, explanation, report, flags);
      if (live !== null && live.differences.length > 0) process.exitCode = 1;
      printAs(flags.format, formatted(flags.format, explanation, live));
    });
}

function formatted(format: ExplainFlags["format"], explanation: Explanation, live: LiveComparison | null): string {
  const compared = live === null ? null : formatLive(live);
  switch (format) {
    case "text":
      return [formatExplanation(explanation, paintOf(process.stdout)), ...(compared === null ? [] : [compared])].join(
        "\n\n",
      );
    case "json":
      return visibleJson(live === null ? explanation : { ...explanation, live });
    case "sarif":
      return formatExplanationSarif(explanation, version, live?.differences ?? []);
    case "markdown":
      return formatExplanationMarkdown(explanation, compared);
  }
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

/** `dev` serves what is compiled for itself. */
function platformOf({ platform, live }: ExplainFlags) {
  const isLocal = live !== undefined && /^https?:\/\/(?:127\.|localhost|\[::1\])/.test(live);
  return platform ?? (isLocal ? "workerd" : "cloudflare");
}

async function compared(
  edge: string,
  request: ExplainedRequest,
  explanation: Explanation,
  report: ExplainedReport,
  { token = "" }: ExplainFlags,
) {
  if (token === "") throw new UsageError("--live needs the edge's token: EDGE_INGRESS_STATUS_TOKEN, or --token");
  const { askLive } = await import("./explain/live.ts");
  const { trace, status } = await askLive(edge, request, token);
  return compareLive(explanation, report, trace, status);
}

/** Null where the manifests have errors, which are told. */
function explainedBy(flags: ExplainFlags, request: ExplainedRequest) {
  const { filename, table, live, format, cache } = flags;
  if (table !== undefined) {
    const built = readBuiltTable(table);
    return { explanation: explain(built, request), report: built.report };
  }
  if (filename === undefined) throw new UsageError("give manifests with -f, or a built table with --table");
  // A live edge tells which table it serves: the whole.
  const isWhole = live !== undefined;
  const options = compileOptions({ ...flags, filename }, platformOf(flags));
  return explainManifests(filename, options, request, { format, isWhole, keeps: cache });
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
