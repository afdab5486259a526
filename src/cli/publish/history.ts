import { printable } from "../../compiler/diagnostics/printable.ts";
import { visibleJson } from "../../compiler/diagnostics/visible-json.ts";
import { HISTORY, historyName, type Publication, publicationOfPart, valueNames } from "../../table/publication.ts";
import { rowsText, tell } from "../keys/run.ts";
import type { NamespaceFlags } from "../kv-flags.ts";
import { TableNamespace } from "./table-namespace.ts";

export interface HistoryFlags extends NamespaceFlags {
  readonly format: "text" | "json";
}

/** Prints what was published, the newest first. */
export async function history({ format, ...flags }: HistoryFlags): Promise<void> {
  const namespace = new TableNamespace(flags);
  const [listed, text, values] = [await namespace.history(), await namespace.active(), await namespace.tables()];
  const there = Map.groupBy(values, (value) => `${HISTORY}${publicationOfPart(value)?.name}`);
  const active = text === null ? null : claimedBy(text);
  const known = listed.map(({ name, values: count = 1, ...entry }) => {
    const isActive = active !== null && name === active.name;
    const own = there.get(name) ?? [];
    // Two that split one table in different ways have values under one name; of the active one it is known which are its own.
    const isWhole = isActive ? active.values.every((value) => own.includes(value)) : own.length >= count;
    const state = isWhole ? "" : own.length === 0 ? "no table" : "table incomplete";
    return { ...entry, active: isActive, state };
  });
  const entries = known.map(({ state, ...entry }) => ({ ...entry, table: state === "" }));
  if (format === "json") process.stdout.write(`${visibleJson(entries)}\n`);
  else if (entries.length === 0) tell(`nothing is published in ${namespace.title}`);
  else {
    const rows = known.map(({ version, active: isActive, state, publishedAt, hash, by, commit, message }) => [
      `${version}`,
      [isActive ? "active" : "", state].filter((text) => text !== "").join(", ") || "-",
      publishedAt.slice(0, 19),
      hash.slice(0, 12),
      by || "-",
      commit.slice(0, 8) || "-",
      message || "-",
    ]);
    const head = ["VERSION", "STATE", "PUBLISHED", "TABLE", "BY", "COMMIT", "MESSAGE"];
    process.stdout.write(rowsText([head, ...rows.map((row) => row.map(printable))]));
  }
}

/** Nobody's word but KV's: a listing decides nothing. */
function claimedBy(text: string): { readonly name: string; readonly values: readonly string[] } | null {
  try {
    const publication = JSON.parse(Buffer.from(text.split(".")[1] ?? "", "base64url").toString()) as Publication;
    return { name: historyName(publication), values: [...valueNames(publication)] };
  } catch {
    return null;
  }
}
