import { type Command, InvalidArgumentError, Option } from "commander";
import { type InputFlags, withInputOptions } from "./input-options.ts";
import { UsageError } from "./output.ts";
import type { TestFlags } from "./test/run.ts";

interface WrittenFlags extends Omit<InputFlags, "filename">, Omit<TestFlags, "tests" | "filename"> {
  readonly filename?: readonly string[];
  readonly record?: string;
  readonly host?: string;
}

/** `test`: what must become of requests, said in RouteTests. */
export function addTestCommand(program: Command): void {
  withInputOptions(program.command("test"), { required: false })
    .summary("run RouteTests: requests, and what must become of them")
    .description(
      "Asks the compiled table what becomes of the requests of RouteTests, by the edge's own matcher; and the real worker " +
        "on local workerd, with an echo in the place of every cluster, where a test expects what the table does not tell: " +
        "a status, a redirect, headers, or what the cluster gets.",
    )
    .argument("[file...]", "RouteTests: files, directories or globs; without -f the manifests too")
    .addOption(
      new Option(
        "--format <name>",
        "tap is TAP 14, junit the XML of CI servers, sarif for code scanning, markdown for summaries",
      )
        .choices(["text", "tap", "junit", "json", "sarif", "markdown"])
        .default("text"),
    )
    .addOption(new Option("--worker", "ask the worker for every test"))
    .addOption(new Option("--no-worker", "never start it: tests that need it fail"))
    .option("--coverage", "tell which rules no test asks", false)
    .option("--min-coverage <percent>", "exit code 1 where tests ask less of the rules", parsePercent)
    .option("--record <log>", "write RouteTests of what an access log tells to stdout, and run none; - for stdin")
    .option("--host <name>", "of --record: the host of all requests, where the log does not name it")
    .addHelpText(
      "after",
      `
Exit code: 0 all passed, 1 a test failed, errors in manifests or tests, or less than --min-coverage, 2 wrong use.
--record reads nginx's combined format, that of ingress-nginx, and JSON lines.

Examples:
  $ edge-ingress test tests/ -f manifests/
  $ edge-ingress test tests/ -f manifests/ --format junit --min-coverage 80 > routes.xml
  $ kubectl logs -n ingress-nginx deploy/ingress-nginx-controller | edge-ingress test -f manifests/ --record -
`,
    )
    .action(async (files: readonly string[], { filename = [], record, host, ...flags }: WrittenFlags) => {
      // `-f` takes all that follows it, RouteTests too where they come last: they are told apart by their kind.
      const tests = files.length > 0 ? files : filename;
      const manifests = filename.length > 0 ? filename : files;
      if (manifests.length === 0) throw new UsageError("say which RouteTests to run: files or directories");
      if (record !== undefined) {
        const { recordTests } = await import("./test/record.ts");
        return recordTests({ ...flags, filename: manifests, record, host });
      }
      const { runTests } = await import("./test/run.ts");
      await runTests({ ...flags, tests, filename: manifests });
    });
}

function parsePercent(value: string): number {
  if (/^\d{1,3}$/.test(value) && Number(value) <= 100) return Number(value);
  throw new InvalidArgumentError("It must be a whole number from 0 to 100.");
}
