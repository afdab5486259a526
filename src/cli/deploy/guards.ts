import { createInterface } from "node:readline/promises";
import { type CompileOutput, compile, type Diff, type DiffInput, diff, formatDiff } from "../../compiler/index.ts";
import { isBuiltTable, readBuiltTable } from "../built-table.ts";
import { compileOptions, type InputFlags } from "../input-options.ts";
import { UsageError } from "../output.ts";
import { ASKED_ABOUT, type AskedAbout } from "./asked-about.ts";
import type { Deployed } from "./platform.ts";

export interface Comparison {
  /** Null where what is deployed is not known, or nothing is. */
  readonly diff: Diff | null;
  readonly asks: readonly AskedAbout[];
  /** In words, for people. */
  readonly text: string;
}

/** Compares what is to be deployed with what is; `base` is null where nobody has it. */
export function compareWith(base: DiffInput | null, deployed: Deployed | null, next: CompileOutput): Comparison {
  if (deployed === null) return { diff: null, asks: [], text: "nothing is deployed under this name yet" };
  if (base === null) {
    const which = deployed.table === null ? "" : ` (table ${deployed.table.slice(0, 12)})`;
    const text =
      `what is deployed${which} is not known here, so nobody can tell which guards go: ` +
      "give it with --against, manifests or a built table";
    return { diff: null, asks: ["unknown"], text };
  }
  const found = diff(base, next);
  const kinds = ASKED_ABOUT.filter((kind) => found.changes.some((change) => change.kind === kind));
  const asks: AskedAbout[] = found.undecided.length > 0 ? [...kinds, "unknown"] : kinds;
  return { diff: found, asks, text: formatDiff(found) };
}

/** The table that is deployed: as given by hand, or as the last deploy from here left it; null where neither is that one. */
export function baseOf(
  against: string | undefined,
  kept: string,
  deployed: Deployed | null,
  flags: InputFlags,
): DiffInput | null {
  if (deployed === null) return null;
  const base = against === undefined ? keptTable(kept) : given(against, flags);
  if (base === null) return null;
  const isIt = deployed.table !== null && base.report.contentHash.startsWith(deployed.table);
  if (isIt) return base;
  if (against !== undefined) {
    const which = deployed.table === null ? "no table of edge-ingress deploy" : `table ${deployed.table.slice(0, 12)}`;
    throw new UsageError(
      `${against} is not what is deployed: it makes table ${base.report.contentHash.slice(0, 12)}, and the Worker serves ${which}`,
    );
  }
  return null;
}

function keptTable(directory: string): DiffInput | null {
  return isBuiltTable(directory) ? readBuiltTable(directory) : null;
}

function given(path: string, flags: InputFlags): DiffInput {
  if (isBuiltTable(path)) return readBuiltTable(path);
  const { output } = compile([path], compileOptions({ ...flags, filename: [path] }, "cloudflare"));
  if (output === null) throw new UsageError(`${path} does not compile: edge-ingress check -f ${path} says why`);
  return output;
}

/** Whether somebody at a terminal says yes; null: nobody is there. */
export async function confirmed(question: string): Promise<boolean | null> {
  if (!process.stdin.isTTY || !process.stderr.isTTY) return null;
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`${question} [y/N] `);
    return /^y(es)?$/i.test(answer.trim());
  } finally {
    lines.close();
  }
}
