import { neededBindings } from "../../table/bindings.ts";
import { FINGERPRINT } from "../../table/fingerprint.ts";
import type { Table } from "../../table/reader.ts";
import { askEdge, type EdgeFlags } from "./edge.ts";
import type { Stored } from "./stored-table.ts";

/**
 * Why a deployment can't serve a table, as far as that can be known before: by the edge's own word, or else by the table that
 * it serves, whose bindings it has. Null: nothing is known to stand against it.
 */
export async function lacksOf(
  { table, signed }: Stored,
  active: Table | null,
  { url, token }: EdgeFlags,
): Promise<string | null> {
  const needed = neededBindings(table).map(({ name }) => name);
  if (url !== undefined) {
    const { bindings, format, publicationFormat } = await askEdge(url, token);
    if (format !== FINGERPRINT) {
      return `not published: the edge at ${url} reads another format of tables; deploy the worker of this edge-ingress first`;
    }
    if (signed.format > publicationFormat) {
      return `not published: the edge at ${url} can't read tables in shards, as this one is; deploy the worker of this edge-ingress first`;
    }
    const missing = needed.filter((name) => !bindings.includes(name));
    return missing.length === 0
      ? null
      : `not published: the edge at ${url} has no binding ${missing.join(", ")}; deploy it with them first`;
  }
  const known = new Set(active === null ? [] : neededBindings(active).map(({ name }) => name));
  const unknown = needed.filter((name) => !known.has(name));
  return unknown.length === 0
    ? null
    : `not published: the table needs the bindings ${unknown.join(", ")}, which the published one does not; deploy the edge with them, and have it asked with --url`;
}
