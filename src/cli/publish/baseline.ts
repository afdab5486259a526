import { createHash } from "node:crypto";
import type { DiffInput } from "../../compiler/index.ts";
import { type Publication, readPublication } from "../../table/publication.ts";
import { openTable, type Table } from "../../table/reader.ts";
import { UsageError } from "../output.ts";
import type { Signer } from "./signing-key.ts";
import type { TableNamespace } from "./table-namespace.ts";

/** A publication with its table, both as they were signed. */
export interface Published {
  readonly publication: Publication;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly table: Table;
}

/** A sentence why what is in KV can't be compared with, and is none to go back to. */
export interface Unusable {
  readonly problem: string;
}

/** What a text of `active` has served; null: nothing is published. */
export async function activeOf(
  text: string | null,
  namespace: TableNamespace,
  signer: Signer,
): Promise<Published | Unusable | null> {
  return text === null ? null : read(text, namespace, signer);
}

/** The version of that number. Throws `UsageError` where it can't be had. */
export async function versionIn(version: number, namespace: TableNamespace, signer: Signer): Promise<Published> {
  const listed = (await namespace.history()).find((entry) => entry.version === version);
  const text = listed === undefined ? null : await namespace.publication(listed.name);
  if (text === null) {
    throw new UsageError(`there is no version ${version} in ${namespace.title}: \`edge-ingress history\` lists them`);
  }
  const found = await read(text, namespace, signer);
  if ("problem" in found) throw new UsageError(`version ${version} can't be served again: ${found.problem}`);
  const { publication } = found;
  if (publication.version !== version) {
    throw new UsageError(`version ${version} can't be served again: in its place is version ${publication.version}`);
  }
  return found;
}

async function read(text: string, namespace: TableNamespace, signer: Signer): Promise<Published | Unusable> {
  const signed = await readPublication(text, signer.trusted);
  if (!signed.ok) return { problem: `${signed.reason} (EDGE_INGRESS_TABLE_KEYS may name other keys)` };
  const { publication } = signed;
  const bytes = await namespace.table(publication);
  if (bytes === null) return { problem: "its table is not in KV" };
  if (hashOf(bytes) !== publication.hash) return { problem: "its table in KV is not the one that was signed" };
  const opened = openTable(bytes.buffer);
  return opened.ok
    ? { publication, bytes, table: opened.table }
    : { problem: `its table is one that this edge-ingress can't read: ${opened.reason}` };
}

/** As what KV holds is compared: where its rules were written is not there. */
export function diffInputOf({ bytes, table }: Published): DiffInput {
  return { table: bytes, report: { contentHash: table.contentHash, hosts: [] } };
}

export function hashOf(bytes: Uint8Array): string {
  return createHash("sha256").update(bytes).digest("hex");
}
