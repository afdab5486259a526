import type { DiffInput } from "../../compiler/index.ts";
import { historyName, type Publication, readPublication, versionOf } from "../../table/publication.ts";
import type { Table } from "../../table/reader.ts";
import { UsageError } from "../output.ts";
import type { Signer } from "./signing-key.ts";
import { readStored } from "./stored-table.ts";
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
  /** Null: nothing that a trusted key signed. */
  readonly publication: Publication | null;
}

/** What a text of `active` has served; null: nothing is published. */
export async function activeOf(
  text: string | null,
  namespace: TableNamespace,
  signer: Signer,
): Promise<Published | Unusable | null> {
  return text === null ? null : read(text, namespace, signer);
}

/** What the history has under a name. Throws `UsageError` where it can't be served again. */
export async function publishedAs(name: string, namespace: TableNamespace, signer: Signer): Promise<Published> {
  const version = versionOf(name);
  const text = await namespace.publication(name);
  if (text === null) throw new UsageError(notThere(`${version}`, namespace));
  const found = await read(text, namespace, signer);
  if ("problem" in found) throw new UsageError(`version ${version} can't be served again: ${found.problem}`);
  const { publication } = found;
  if (historyName(publication) !== name) {
    throw new UsageError(`version ${version} can't be served again: in its place is version ${labelOf(publication)}`);
  }
  return found;
}

export function notThere(version: string, { title }: TableNamespace): string {
  return `there is no version ${version} in ${title}: \`edge-ingress history\` lists them`;
}

/** Names one publication, as an edge's answers do, where two have one version. */
export function labelOf({ version, hash }: Pick<Publication, "version" | "hash">): string {
  return `${version}-${hash.slice(0, 12)}`;
}

async function read(text: string, namespace: TableNamespace, signer: Signer): Promise<Published | Unusable> {
  const signed = await readPublication(text, signer.trusted);
  if (!signed.ok)
    return { problem: `${signed.reason} (EDGE_INGRESS_TABLE_KEYS may name other keys)`, publication: null };
  const { publication } = signed;
  const stored = await readStored(publication, namespace);
  return { publication, ...stored };
}

/** As what KV holds is compared: where its rules were written is not there. */
export function diffInputOf({ bytes, table }: Published): DiffInput {
  return { table: bytes, report: { contentHash: table.contentHash, hosts: [] } };
}
