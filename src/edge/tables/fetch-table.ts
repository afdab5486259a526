import { type NeededBinding, neededBindings } from "../../table/bindings.ts";
import { type Publication, pieceNames } from "../../table/publication.ts";
import { openTable, type Table } from "../../table/reader.ts";
import { ClientReader } from "../client.ts";
import { type Env, fetcherOf } from "../env.ts";
import { localCounterOf } from "../limits/objects.ts";
import type { Source } from "./source.ts";

type Fetched = { readonly ok: true; readonly table: Table } | { readonly ok: false; readonly reason: string };

/**
 * The table of a publication, whole and as it was signed, where this deployment can serve all of it. Throws where a look at a
 * later time may find what is not there now: KV shows entries of one writer in any order.
 */
export async function fetchTable(publication: Publication, source: Source, env: Env): Promise<Fetched> {
  const bytes = await gather(publication, source);
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  const hash = Array.from(digest, (byte) => byte.toString(16).padStart(2, "0")).join("");
  if (hash !== publication.hash) {
    throw new Error(`version ${publication.version}: its table is not the one that was signed`);
  }
  const opened = openTable(bytes);
  if (!opened.ok) return { ok: false, reason: refusal(opened.reason) };
  if (!canBeRead(opened.table)) return { ok: false, reason: "its table can't be served: damaged" };
  const missing = neededBindings(opened.table).filter((needed) => !isBound(needed, env));
  if (missing.length > 0) {
    const names = missing.map(({ name }) => name).join(", ");
    return { ok: false, reason: `the worker has no binding ${names}: deploy it with them` };
  }
  return opened;
}

/** Whether what is read before the first request can be. */
function canBeRead(table: Table): boolean {
  try {
    new ClientReader(table.settings);
    neededBindings(table);
    return true;
  } catch {
    return false;
  }
}

async function gather(publication: Publication, source: Source): Promise<ArrayBuffer> {
  const { version } = publication;
  const pieces: ArrayBuffer[] = [];
  for (const name of pieceNames(publication)) {
    const piece = await source.piece(name);
    if (piece === null) throw new Error(`version ${version}: its table is not there, or not yet`);
    pieces.push(piece);
  }
  const length = pieces.reduce((sum, { byteLength }) => sum + byteLength, 0);
  if (length !== publication.bytes) {
    throw new Error(`version ${version}: its table has ${length} bytes of ${publication.bytes}`);
  }
  const [only] = pieces;
  if (pieces.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(length);
  let at = 0;
  for (const piece of pieces) {
    bytes.set(new Uint8Array(piece), at);
    at += piece.byteLength;
  }
  return bytes.buffer;
}

function refusal(reason: string): string {
  return reason === "another format version"
    ? "its table is of another format: deploy the worker of the edge-ingress that compiled it"
    : `its table can't be served: ${reason}`;
}

function isBound({ name, kind }: NeededBinding, env: Env): boolean {
  if (kind === "fetcher") return fetcherOf(env, name) !== null;
  if (kind === "counter") return localCounterOf(env, name) !== null;
  const value = env[name];
  return typeof value === "object" && value !== null && "idFromName" in value;
}
