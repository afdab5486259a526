import { type NeededBinding, neededBindings } from "../../table/bindings.ts";
import type { Publication } from "../../table/publication.ts";
import { openTable, type Table } from "../../table/reader.ts";
import { ClientReader } from "../client.ts";
import { type Env, fetcherOf } from "../env.ts";
import { localCounterOf } from "../limits/objects.ts";
import { fetchPart, refusal } from "./fetch-part.ts";
import { type Before, FetchedShards } from "./shards.ts";
import type { Source } from "./source.ts";

type Fetched =
  | { readonly ok: true; readonly table: Table; readonly shards: FetchedShards | null }
  | { readonly ok: false; readonly reason: string };

/**
 * The table of a publication as it was signed, where this deployment can serve all of it: whole; or of one in parts what is the
 * same for all hosts, with the shards of hosts that are in use in `before`. Throws where a look at a
 * later time may find what is not there now: KV shows entries of one writer in any order.
 */
export async function fetchTable(publication: Publication, source: Source, env: Env, before: Before): Promise<Fetched> {
  const { version, parts = null } = publication;
  const told = `version ${version}: its table`;
  const [bytes, directory] = await Promise.all([
    fetchPart(publication, parts?.common ?? null, source, told),
    parts === null ? null : fetchPart(publication, parts.directory, source, told),
  ]);
  const opened = openTable(bytes, parts === null ? {} : { contentHash: parts.contentHash });
  if (!opened.ok) return { ok: false, reason: `its table ${refusal(opened.reason)}` };
  const { table } = opened;
  const needs = needsOf(table);
  if (needs === null) return { ok: false, reason: "its table can't be served: damaged" };
  const missing = needs.filter((needed) => !isBound(needed, env));
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(", ");
    return { ok: false, reason: `the worker has no binding ${names}: deploy it with them` };
  }
  if (parts === null || directory === null) return { ok: true, table, shards: null };
  const shards = new FetchedShards(table, new Uint32Array(directory), { publication, shards: parts.shards, source });
  await shards.takeOver(before);
  return { ok: true, table, shards };
}

/** Null where what is read before the first request can't be. */
function needsOf(table: Table): readonly NeededBinding[] | null {
  try {
    new ClientReader(table.settings);
    return neededBindings(table);
  } catch {
    return null;
  }
}

function isBound({ name, kind }: NeededBinding, env: Env): boolean {
  if (kind === "fetcher") return fetcherOf(env, name) !== null;
  if (kind === "counter") return localCounterOf(env, name) !== null;
  const value = env[name];
  return typeof value === "object" && value !== null && "idFromName" in value;
}
