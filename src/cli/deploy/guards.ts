import { type CompileOutput, compile, type DiffInput, diff, formatDiff } from "../../compiler/index.ts";
import { isBuiltTable, readBuiltTable } from "../built-table.ts";
import { ASKED_ABOUT, type AskedAbout, asksOf } from "../consent.ts";
import { compileOptions, type InputFlags } from "../input-options.ts";
import { UsageError } from "../output.ts";
import type { Deployed } from "./platform.ts";

export interface Comparison {
  readonly asks: readonly AskedAbout[];
  /** In words, for people. */
  readonly text: string;
}

/** Compares what is to be deployed with what is; `base` is null where nobody has it. */
export function compareWith(base: DiffInput | null, deployed: Deployed | null, next: CompileOutput): Comparison {
  if (deployed === null) return { asks: [], text: "nothing is deployed under this name yet" };
  if (base === null) {
    const which = deployed.table === null ? "" : ` (table ${deployed.table.slice(0, 12)})`;
    const text =
      `what is deployed${which} is not known here, so nobody can tell which guards go: ` +
      "give it with --against, manifests or a built table";
    return { asks: asksOf(null, ASKED_ABOUT), text };
  }
  const found = diff(base, next);
  return { asks: asksOf(found, ASKED_ABOUT), text: formatDiff(found) };
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
