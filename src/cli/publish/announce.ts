import { setTimeout as pause } from "node:timers/promises";
import { historyName, isNewer, type Publication, readPublication } from "../../table/publication.ts";
import { messageOf } from "../output.ts";
import type { Signer } from "./signing-key.ts";
import type { Stored } from "./stored-table.ts";
import type { TableNamespace } from "./table-namespace.ts";

/** How an attempt to have a publication served ended. */
export interface Announced {
  /** What serves; null: nobody can tell. */
  readonly serves: Publication | null;
  /** What others published that was neither compared with this one nor this one with it. */
  readonly strangers: readonly Publication[];
  /** False: something else was served than what this was compared with, so nothing of it can be. */
  readonly wrote: boolean;
}

/** It was written, or may have been, and then something failed: nobody knows what serves. */
export class Unconfirmed extends Error {}

interface Entry {
  readonly publication: Publication;
  readonly text: string;
}

/** Each round writes `active` once more for another publisher that came in between. */
const MOST_ROUNDS = 10;

/**
 * Has a publication served. KV has no write that depends on what is there, so each publisher says in the history what it is
 * about to do, then writes `active`, and then looks what others said: the newest of all is to serve (`isNewer`), and whoever
 * sees that it does not has it served. So the last who writes `active` leaves the newest there, and of two that
 * replace the same version the one that looks last sees the other. `before`: what `active` held when the
 * publication was compared with it.
 */
export async function announce(
  namespace: TableNamespace,
  signer: Signer,
  publication: Publication,
  { values, before, settle }: Pick<Stored, "values"> & { readonly before: string | null; readonly settle: number },
): Promise<Announced> {
  const own: Entry = { publication, text: signer.sign(publication) };
  await namespace.putTable(publication, values);
  const now = await namespace.active();
  if (now !== before) {
    const serves = await believed(now, signer);
    // Somebody else had the same one served in the place of the same version.
    if (serves !== null && isSameStep(serves, publication)) return { serves, strangers: [], wrote: true };
    return { serves, strangers: serves === null ? [] : [serves], wrote: false };
  }
  await namespace.putHistory(publication, own.text);
  let isWritten = false;
  try {
    return await settled(namespace, signer, own, settle, () => {
      isWritten = true;
    });
  } catch (error) {
    const { version, hash } = publication;
    throw new Unconfirmed(
      `version ${version}, table ${hash.slice(0, 12)}, ${isWritten ? "was" : "may have been"} written, and whether it serves is not known: see \`edge-ingress history\` and \`edge-ingress status\`, and run the same command again. ${messageOf(error)}`,
    );
  }
}

/** Writes `active` until the newest is there. */
async function settled(
  namespace: TableNamespace,
  signer: Signer,
  own: Entry,
  settle: number,
  onWritten: () => void,
): Promise<Announced> {
  const { publication } = own;
  let written = own;
  for (let round = 1; ; round++) {
    await namespace.putActive(written.text);
    onWritten();
    await pause(settle);
    const others = await othersIn(namespace, signer, own);
    const newest = [own, ...others].reduce((a, b) => (isNewer(b.publication, a.publication) ? b : a));
    const isServed = newest.text === (await namespace.active());
    if (isServed || round === MOST_ROUNDS) {
      const known = others.map((other) => other.publication);
      return { serves: isServed ? newest.publication : null, strangers: strangersTo(publication, known), wrote: true };
    }
    written = newest;
  }
}

/** Those that are not led to from a publication by what replaced what. */
function strangersTo(own: Publication, others: readonly Publication[]): readonly Publication[] {
  const followers = new Set([historyName(own)]);
  for (const other of others.toSorted((a, b) => a.version - b.version)) {
    if (followers.has(other.replaces)) followers.add(historyName(other));
  }
  return others.filter((other) => !followers.has(historyName(other)));
}

/** Whether two publishers did the same: the same table under the same number, in the place of the same version. */
function isSameStep(a: Publication, b: Publication): boolean {
  return a.version === b.version && a.hash === b.hash && a.replaces === b.replaces;
}

/** What others say that they publish in the place of the same version, or of this one; the same table too. */
async function othersIn(namespace: TableNamespace, signer: Signer, own: Entry): Promise<readonly Entry[]> {
  const listed = await namespace.history();
  const names = listed.filter(({ version }) => version >= own.publication.version).map(({ name }) => name);
  const texts = await Promise.all(names.map((name) => namespace.publication(name)));
  const active = await namespace.active();
  const entries = await Promise.all([...new Set([...texts, active])].map((text) => entryOf(text, signer)));
  return entries
    .filter((entry) => entry !== null)
    .filter(({ publication, text }) => publication.version >= own.publication.version && text !== own.text);
}

async function entryOf(text: string | null, signer: Signer): Promise<Entry | null> {
  const publication = await believed(text, signer);
  return publication === null || text === null ? null : { publication, text };
}

async function believed(text: string | null, { trusted }: Signer): Promise<Publication | null> {
  if (text === null) return null;
  const read = await readPublication(text, trusted);
  return read.ok ? read.publication : null;
}
