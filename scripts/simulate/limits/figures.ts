import type { FullRate, LimitsSize, Spread, Way } from "./scenario.ts";

/** Requests beyond the limit in the worst window of any length, of the worst key. */
export interface OvershootFigures {
  /** What the compiler promises; null: nothing. */
  readonly promised: number | null;
  /** Where the limit counts, and as admitted requests leave the edge. */
  readonly counted: number;
  readonly seen: number;
  /** What promises are per cent of: what an exact limit admits in a period. */
  readonly of: number;
}

/** How evenly locations are served. */
export interface Fairness {
  /** Jain's index of the locations: 1 where each has the same part of its requests admitted; 1/n: one has all. */
  readonly jain: number;
  /** What a location gets, beside what it would by its part of the requests: the lowest and the highest tenth. */
  readonly low: number;
  readonly high: number;
}

/** What one way showed. */
export interface WayReport {
  readonly spread: Spread;
  readonly way: Way;
  readonly requests: number;
  readonly overshoot: OvershootFigures;
  /** Keys of which more came than the limit admits, and what was admitted of them by what the limit admits. */
  readonly overLimit: number;
  readonly admitted: number | null;
  /** Null where each key has one place. */
  readonly fairness: Fairness | null;
  /** Requests of objects, or of KV, per million requests: of all keys, and of those over their limit. */
  readonly asked: { readonly all: number; readonly overLimit: number };
  /** Part of the requests that the limit could not judge in time. */
  readonly undecided: number;
  readonly rowsPerMillion: number;
  readonly busiestObject: number;
}

/** One key at the full rate, and then in a flood. */
export interface FullRateReport extends FullRate {
  readonly burst: number;
  readonly overshoot: OvershootFigures;
  readonly admitted: number;
  /** Requests of objects per million requests, by the compiler and, once all isolates hold a lease, by the simulation. */
  readonly expected: number;
  readonly asked: number;
}

export interface LimitsResults {
  readonly size: LimitsSize;
  readonly ways: readonly WayReport[];
  readonly fullRates: readonly FullRateReport[];
}

export type LimitsTask =
  | { readonly way: Way; readonly spread: Spread; readonly size: LimitsSize }
  | { readonly fullRate: FullRate; readonly size: LimitsSize };
