import { createHash } from "node:crypto";
import { joinTable, splitTable } from "../../compiler/table/shards.ts";
import {
  MOST_IN_ONE,
  MOST_IN_SHARD,
  PARTS_FORMAT,
  type Part,
  type Parts,
  PUBLICATION_FORMAT,
  type Publication,
} from "../../table/publication.ts";
import { openTable, type Table } from "../../table/reader.ts";
import { UsageError } from "../output.ts";
import type { TableNamespace } from "./table-namespace.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/**
 * A larger table is in shards. An isolate reads a whole table before its first answer (2 s, `FIRST_LOOK`), and has it in memory twice
 * while the next one comes.
 */
const MOST_WHOLE = 8 * 1024 * 1024;
/** Of a shard on the average: what the first request to one of its hosts waits for. */
const SHARD_BYTES = 1024 * 1024;

/** A table as KV is to hold it. */
export interface Stored {
  readonly table: Table;
  /** What is signed of it. */
  readonly signed: Pick<Publication, "format" | "hash" | "bytes" | "parts">;
  /** `part` null: the whole table. */
  readonly values: readonly { readonly part: Part | null; readonly bytes: Bytes }[];
}

/** `shardBytes`: how large its shards are to be, whatever its own size is. Throws `UsageError` where it can't be published. */
export function storedAs(bytes: Bytes, shardBytes: number | undefined): Stored {
  const opened = openTable(bytes.slice().buffer);
  if (!opened.ok) throw new UsageError(`the table can't be published: ${opened.reason}`);
  const { table } = opened;
  const whole = { hash: hashOf(bytes), bytes: bytes.length };
  if (shardBytes === undefined && bytes.length <= MOST_WHOLE) {
    return { table, signed: { format: PUBLICATION_FORMAT, ...whole }, values: [{ part: null, bytes }] };
  }
  const split = splitTable(table, bytes.length, { average: shardBytes ?? SHARD_BYTES, most: MOST_IN_SHARD });
  if (split === null) {
    throw new UsageError(`the table can't be published: the rules of one host have more than ${MOST_IN_SHARD} bytes`);
  }
  const { common, directory, shards } = split;
  const most = Math.max(common.length, directory.length);
  if (most > MOST_IN_ONE) {
    throw new UsageError(
      `the table can't be published: what its hosts have in common takes ${most} bytes of ${MOST_IN_ONE}`,
    );
  }
  const parts: Parts = {
    contentHash: table.contentHash,
    common: partOf(common),
    directory: partOf(directory),
    shards: shards.map(partOf),
  };
  const values = [common, directory, ...shards].map((value) => ({ part: partOf(value), bytes: value }));
  return { table, signed: { format: PARTS_FORMAT, ...whole, parts }, values };
}

/** Whether a publication is this table, and in the same values. */
export function isStoredAs({ signed }: Stored, { hash, parts }: Publication): boolean {
  return hash === signed.hash && JSON.stringify(parts) === JSON.stringify(signed.parts);
}

/** Why isolates can't have all of a publication's table; null: they can. To be asked of a namespace that remembers nothing. */
export async function damageOf(publication: Publication, namespace: TableNamespace): Promise<string | null> {
  const { parts } = publication;
  const wanted = parts === undefined ? [null] : [parts.common, parts.directory, ...parts.shards];
  const read = await readParts(publication, wanted, namespace);
  return "problem" in read ? read.problem : null;
}

/** The whole table of a publication as it was signed; or a sentence why it can't be had. */
export async function readStored(
  publication: Publication,
  namespace: TableNamespace,
): Promise<{ readonly bytes: Bytes; readonly table: Table } | { readonly problem: string }> {
  const { parts } = publication;
  const wanted = parts === undefined ? [null] : [parts.common, ...parts.shards];
  const read = await readParts(publication, wanted, namespace);
  if ("problem" in read) return read;
  const [first, ...shards] = read;
  const opened = openTable((first as Bytes).buffer);
  if (!opened.ok) return unreadable(opened.reason);
  if (parts === undefined) return { bytes: first as Bytes, table: opened.table };
  const tables: Table[] = [];
  for (const shard of shards) {
    const one = openTable(shard.buffer, { common: opened.table });
    if (!one.ok) return unreadable(one.reason);
    tables.push(one.table);
  }
  const bytes = joinTable(opened.table, tables);
  if (hashOf(bytes) !== publication.hash) return { problem: "its shards do not make the table that was signed" };
  const joined = openTable(bytes.buffer);
  return joined.ok ? { bytes, table: joined.table } : unreadable(joined.reason);
}

async function readParts(
  publication: Publication,
  wanted: readonly (Part | null)[],
  namespace: TableNamespace,
): Promise<readonly Bytes[] | { readonly problem: string }> {
  const values = await namespace.values(publication, wanted);
  for (const [index, value] of values.entries()) {
    if (value === null) return { problem: "its table is not in KV" };
    if (hashOf(value) !== (wanted[index] ?? publication).hash) {
      return { problem: "its table in KV is not the one that was signed" };
    }
  }
  return values as Bytes[];
}

const unreadable = (reason: string) => ({
  problem: `its table is one that this edge-ingress can't read: ${reason}`,
});

function partOf(bytes: Bytes): Part {
  return { hash: hashOf(bytes), bytes: bytes.length };
}

export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
