/** What became of requests in one isolate, by limit: since it began. */
export interface Counts {
  admitted: number;
  refused: number;
  /** Of a limit in shadow mode: it would have refused them, and did not. */
  wouldRefuse: number;
  /** Let through, or refused, since the limit could not be asked. */
  failedOpen: number;
  failedClosed: number;
  /** Requests of objects. */
  asked: number;
}

const counts = new Map<string, Counts>();

export function countsOf(id: string): Counts {
  let known = counts.get(id);
  if (known === undefined) {
    known = { admitted: 0, refused: 0, wouldRefuse: 0, failedOpen: 0, failedClosed: 0, asked: 0 };
    counts.set(id, known);
  }
  return known;
}

export function allCounts(): ReadonlyMap<string, Counts> {
  return counts;
}
