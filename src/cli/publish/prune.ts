import { HISTORY, historyName, type Publication, publicationOfPart } from "../../table/publication.ts";
import type { ListedPublication } from "./table-namespace.ts";

/** Publications that are kept unless a publisher says another number. */
export const USUALLY_KEPT = 20;

/** Milliseconds that a table stays after another one took its place, or may have: KV may show isolates the entry before for minutes. */
const GRACE = 60 * 60_000;

/** What is in KV, as listings tell. */
export interface Listed {
  /** The newest first. */
  readonly history: readonly ListedPublication[];
  /** Names of the values of tables. */
  readonly values: readonly string[];
}

export interface Removable {
  readonly entries: readonly ListedPublication[];
  readonly values: readonly string[];
}

/**
 * What nobody needs any more. Kept are the newest `keep`, the active one and the one before it, all that are newer than the
 * active one, for somebody may be about to publish them, and all that may have served within the last hour.
 */
export function removable({ history, values }: Listed, active: Publication, keep: number, now: number): Removable {
  const needed = new Set([historyName(active), active.replaces]);
  const served = servedIn(history, active);
  /** Whether a version, written at these times, has long been out of service: another one is known to have served since. */
  const isOver = (version: number, ...written: readonly string[]) => {
    const next = served.findLast((one) => one.version > version);
    const last = Math.max(...[next?.publishedAt ?? "", ...written].map((time) => Date.parse(time)));
    // What has no time says nothing of its age.
    return now - last > GRACE;
  };
  const entries = history.filter(
    ({ name, version, publishedAt }, index) =>
      version < active.version && index >= keep && !needed.has(name) && isOver(version, publishedAt),
  );
  const going = new Set(entries.map(({ name }) => name));
  const kept = new Set([...needed, ...history.map(({ name }) => name).filter((name) => !going.has(name))]);
  const orphans = values.filter((value) => {
    const of = publicationOfPart(value);
    return of !== null && of.version < active.version && !kept.has(`${HISTORY}${of.name}`) && isOver(of.version);
  });
  return { entries, values: orphans };
}

/** What served, the newest first: the active one, what that came in the place of, and so on. Of others in the history nobody knows. */
function servedIn(
  history: readonly ListedPublication[],
  active: Publication,
): readonly Pick<Publication, "version" | "publishedAt">[] {
  const served: Pick<ListedPublication, "version" | "publishedAt" | "replaces">[] = [];
  const named = new Map(history.map((entry) => [entry.name, entry]));
  let at: (typeof served)[number] | undefined = active;
  while (at !== undefined) {
    served.push(at);
    const before = named.get(at.replaces);
    at = before !== undefined && before.version < at.version ? before : undefined;
  }
  return served;
}
