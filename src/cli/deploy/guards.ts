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

/** Tables that may be what is deployed, by the first digits of their hash. */
export interface Bases {
  /** As given by hand. */
  readonly given: readonly DiffInput[];
  /** As a deploy from here left it; null: none did. */
  kept(table: string): DiffInput | null;
}

/** Compares what is to be deployed with every table that has a share of the requests; before the first deploy, with what is given. */
export function compareWith(bases: Bases, deployed: Deployed | null, next: CompileOutput): Comparison {
  if (deployed === null) {
    const compared = bases.given.map((base) => {
      const { asks, text } = comparedWith(base, null, next);
      return { asks, text: `against table ${base.report.contentHash.slice(0, 12)} of --against:\n\n${text}` };
    });
    const text = ["nothing is deployed under this name yet", ...compared.map((one) => one.text)].join("\n\n");
    return { asks: [...new Set(compared.flatMap(({ asks }) => asks))], text };
  }
  const compared = deployed.tables.map((table) => comparedWith(baseOf(table, bases), table, next));
  const text = compared.map((one, index) => {
    const title = deployed.tables[index]?.slice(0, 12) ?? "that no deploy of edge-ingress made";
    return compared.length === 1
      ? one.text
      : `against table ${title}, which has a share of the requests:\n\n${one.text}`;
  });
  return { asks: [...new Set(compared.flatMap(({ asks }) => asks))], text: text.join("\n\n") };
}

function comparedWith(base: DiffInput | null, table: string | null, next: CompileOutput): Comparison {
  if (base === null) {
    const which = table === null ? "" : ` (table ${table.slice(0, 12)})`;
    const text =
      `what is deployed${which} is not known here, so nobody can tell which guards go: ` +
      "give it with --against, manifests or a built table";
    return { asks: asksOf(null, ASKED_ABOUT), text };
  }
  const found = diff(base, next);
  return { asks: asksOf(found, ASKED_ABOUT), text: formatDiff(found) };
}

function baseOf(table: string | null, { given: byHand, kept }: Bases): DiffInput | null {
  if (table === null) return null;
  return byHand.find(({ report }) => report.contentHash.startsWith(table)) ?? kept(table);
}

/** What is given by hand as deployed. Throws `UsageError` where something else is. */
export function givenBases(
  against: readonly string[],
  deployed: Deployed | null,
  flags: InputFlags,
): readonly DiffInput[] {
  return against.map((path) => {
    const base = given(path, flags);
    if (deployed === null) return base;
    const hash = base.report.contentHash;
    if (deployed.tables.some((table) => table !== null && hash.startsWith(table))) return base;
    const known = deployed.tables.filter((table) => table !== null).map((table) => table.slice(0, 12));
    const which = known.length === 0 ? "no table of edge-ingress deploy" : `table ${known.join(" and table ")}`;
    throw new UsageError(
      `${path} is not what is deployed: it makes table ${hash.slice(0, 12)}, and the Worker serves ${which}`,
    );
  });
}

function given(path: string, flags: InputFlags): DiffInput {
  if (isBuiltTable(path)) return readBuiltTable(path);
  const { output } = compile([path], compileOptions({ ...flags, filename: [path] }, "cloudflare"));
  if (output === null) throw new UsageError(`${path} does not compile: edge-ingress check -f ${path} says why`);
  return output;
}
