import { type Part, type Publication, valueName } from "../../table/publication.ts";
import { hex, type TableRefusal } from "../../table/reader.ts";
import type { Source } from "./source.ts";

/** Throws where it is not there as it was signed. `part` null: the whole table. `told`: what it is, for the message. */
export async function fetchPart(
  publication: Publication,
  part: Part | null,
  source: Source,
  told: string,
): Promise<ArrayBuffer> {
  const signed = part ?? publication;
  const bytes = await source.bytes(valueName(publication, part));
  if (bytes === null) throw new Error(`${told} is not there, or not yet`);
  if (bytes.byteLength !== signed.bytes) {
    throw new Error(`${told} has ${bytes.byteLength} bytes of ${signed.bytes}`);
  }
  const hash = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
  if (hash !== signed.hash) throw new Error(`${told} is not the one that was signed`);
  return bytes;
}

/** What is wrong with a table, or a shard, for a sentence about it. */
export function refusal(reason: TableRefusal): string {
  return reason === "another format version"
    ? "is of another format: deploy the worker of the edge-ingress that compiled it"
    : `can't be served: ${reason}`;
}
