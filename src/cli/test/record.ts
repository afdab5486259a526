import { createReadStream } from "node:fs";
import { createInterface } from "node:readline";
import { compile, hasErrors, parseLogLine, Recorder, TableAsker } from "../../compiler/index.ts";
import { compileOptions, type InputFlags } from "../input-options.ts";
import { messageOf, printDiagnostics, UsageError } from "../output.ts";

export interface RecordFlags extends InputFlags {
  /** An access log; `-` is standard input. */
  readonly record: string;
  readonly host: string | undefined;
}

/** Writes a RouteTest of what a log tells to stdout, and to stderr what became of its lines. */
export async function recordTests(flags: RecordFlags): Promise<void> {
  const { output, diagnostics, files } = compile(flags.filename, compileOptions(flags, "cloudflare"));
  if (output === null || hasErrors(diagnostics)) {
    printDiagnostics(diagnostics, files);
    process.exitCode = 1;
    return;
  }
  const recorder = new Recorder(new TableAsker(output), output.report, flags.host ?? null);
  let unread = 0;
  let lines = 0;
  try {
    const input = flags.record === "-" ? process.stdin : createReadStream(flags.record);
    for await (const line of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      if (line.trim() === "") continue;
      lines++;
      const logged = parseLogLine(line);
      if (logged === null) unread++;
      else recorder.add(logged);
    }
  } catch (error) {
    throw new UsageError(`the log can't be read: ${messageOf(error)}`);
  }
  for (const [why, count] of recorder.passedOver) say(`${count} requests ${why}: not recorded`);
  if (unread > 0) say(`${unread} of ${lines} lines are of no format that is known, or no request of HTTP: passed over`);
  if (recorder.count === 0) throw new UsageError(`nothing in ${flags.record} makes a test`);
  process.stdout.write(recorder.toYaml());
  say(
    `${recorder.count} tests of ${lines} lines; queries and headers are left out, paths are worth a look before you commit them`,
  );
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
