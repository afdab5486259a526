import type { ProbeResult } from "./protocol.ts";

/** What probes say of an endpoint. */
export interface Verdict {
  readonly ok: boolean;
  readonly cause: string;
}

/**
 * What the majority of those that answered says; `tie` where they are divided in halves, `none` where nobody answered:
 * a prober that fails must not talk a cluster out of service.
 */
export function tally(results: readonly ProbeResult[]): Verdict | "tie" | "none" {
  const cast = results.filter(({ answered }) => answered);
  const good = cast.filter(({ ok }) => ok);
  const bad = cast.filter(({ ok }) => !ok);
  if (cast.length === 0) return "none";
  if (good.length === bad.length) return "tie";
  const winners = good.length > bad.length ? good : bad;
  return { ok: winners === good, cause: causeOf(winners) };
}

/** `timeout`, or from several places: `timeout (weur, enam), status 503 (apac)`. */
function causeOf(results: readonly ProbeResult[]): string {
  const byCause = Map.groupBy(results, ({ cause }) => cause);
  return [...byCause]
    .map(([cause, ofCause]) => {
      const places = ofCause.map(({ location }) => location).filter((location) => location !== "");
      return places.length === 0 ? cause : `${cause} (${places.join(", ")})`;
    })
    .join(", ");
}
