import { printable } from "../../compiler/diagnostics/printable.ts";
import { visibleJson } from "../../compiler/diagnostics/visible-json.ts";
import { HISTORY, historyName, type Publication, publicationOfPart } from "../../table/publication.ts";
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
  const tables = new Set(values.map((value) => publicationOfPart(value)?.name));
  const active = text === null ? null : claimedBy(text);
  const entries = listed.map(({ name, ...entry }) => ({
    ...entry,
    active: active !== null && name === historyName(active),
    table: tables.has(name.slice(HISTORY.length)),
  }));
  if (format === "json") process.stdout.write(`${visibleJson(entries)}\n`);
  else if (entries.length === 0) tell(`nothing is published in ${namespace.title}`);
  else {
    const rows = entries.map(({ version, active: isActive, table, publishedAt, hash, by, commit, message }) => [
      `${version}`,
      [isActive ? "active" : "", table ? "" : "no table"].filter((state) => state !== "").join(", ") || "-",
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
function claimedBy(text: string): Pick<Publication, "version" | "hash"> | null {
  try {
    const { version, hash } = JSON.parse(Buffer.from(text.split(".")[1] ?? "", "base64url").toString());
    return typeof version === "number" && typeof hash === "string" ? { version, hash } : null;
  } catch {
    return null;
  }
}
