import { HISTORY, historyName, type Publication, publicationOfPiece } from "../../table/publication.ts";
import type { ListedPublication } from "./table-namespace.ts";

/** Publications that are kept unless a publisher says another number. */
export const USUALLY_KEPT = 20;

/** Milliseconds that a table stays after another one took its place: KV may show isolates the entry before for minutes. */
const GRACE = 60 * 60_000;

/** What is in KV, as listings tell. */
export interface Listed {
  /** The newest first. */
  readonly history: readonly ListedPublication[];
  /** Names of the pieces of tables. */
  readonly pieces: readonly string[];
}

export interface Removable {
  readonly entries: readonly ListedPublication[];
  readonly pieces: readonly string[];
}

/**
 * What nobody needs any more. Kept are the newest `keep`, the active one and the one before it, all that are newer than the
 * active one, for somebody may be about to publish them, and all that served within the last hour.
 */
export function removable({ history, pieces }: Listed, active: Publication, keep: number, now: number): Removable {
  const needed = new Set([historyName(active), active.replaces]);
  const entries = history.filter(({ name, version }, index) => {
    const next = history[index - 1];
    const served = next === undefined ? now : Date.parse(next.publishedAt);
    const isOld = version < active.version && index >= keep && !needed.has(name);
    // A listing without a time says nothing of its age.
    return isOld && now - served > GRACE;
  });
  const going = new Set(entries.map(({ name }) => name));
  const kept = new Set([...needed, ...history.map(({ name }) => name).filter((name) => !going.has(name))]);
  const orphans = pieces.filter((piece) => {
    const of = publicationOfPiece(piece);
    return of !== null && of.version < active.version && !kept.has(`${HISTORY}${of.name}`);
  });
  return { entries, pieces: orphans };
}
