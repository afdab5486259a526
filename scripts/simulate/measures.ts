import { EPOCH } from "./platform.ts";

/** What became of the requests of one method. */
export interface Outcomes {
  sent: number;
  failed: number;
  /** Of those sent in the outage, how many the dead cluster would have got: a sum of shares. */
  meant: number;
}

/** What is counted while a simulation runs. Whatever happens after its last second is not counted by the second. */
export class Measures {
  readonly gets: Outcomes = { sent: 0, failed: 0, meant: 0 };
  readonly posts: Outcomes = { sent: 0, failed: 0, meant: 0 };
  /** When the last request was sent that failed; null: none failed. Times in milliseconds since the epoch. */
  lastFailedSentAt: number | null = null;
  /** Answered well, but late: see `SLOW`. */
  slow = 0;
  retries = 0;
  /** Requests of clients that are under way. */
  open = 0;

  /** Tries that went to each cluster, by the second. */
  readonly tries: readonly Uint32Array[];
  readonly probes: readonly Uint32Array[];
  readonly objectRequests: Uint32Array;
  /** Milliseconds between two requests of one isolate to the object; infinite: none made two. */
  shortestPause = Number.POSITIVE_INFINITY;
  readonly rowsWritten: Uint32Array;

  /** When the object first said so of the dead cluster. */
  objectEjectedAt: number | null = null;
  objectUnhealthyAt: number | null = null;
  /** When each isolate first kept requests away from it, in this order. */
  readonly avoidedAt: number[] = [];
  /** The same of those whose requests go to it while it is well. */
  readonly avoidedByUsersAt: number[] = [];

  /** Isolates in all, and those whose requests go to the cluster that dies. */
  isolates = 0;
  users = 0;

  constructor(seconds: number, clusters: number) {
    const bySecond = () => new Uint32Array(seconds);
    this.tries = Array.from({ length: clusters }, bySecond);
    this.probes = Array.from({ length: clusters }, bySecond);
    this.objectRequests = bySecond();
    this.rowsWritten = bySecond();
  }
}

/** Milliseconds; no client has so much patience. */
export const SLOW = 5_000;

/** Adds to the count of the second that this time is in. */
export function count(bySecond: Uint32Array | undefined, time: number, much = 1): void {
  const second = Math.floor((time - EPOCH) / 1000);
  if (bySecond !== undefined && second < bySecond.length) bySecond[second] = (bySecond[second] as number) + much;
}
