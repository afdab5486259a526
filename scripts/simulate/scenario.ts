import type { Region } from "../../src/table/policies/health-check.ts";
import type { Death } from "./cluster.ts";

/** The size of the edge, and its luck. */
export interface Size {
  readonly colos: number;
  /** In each colo. */
  readonly isolates: number;
  /** Requests a second in each isolate. */
  readonly rate: number;
  readonly seed: number;
}

export const DEFAULT_SIZE: Size = { colos: 300, isolates: 20, rate: 0.5, seed: 1 };

/** One cluster in each of these regions. */
export const REGIONS_SERVED: readonly Region[] = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "me"];

/** The one that dies: the nearest of more colos than any other. */
export const DOOMED: Region = "weur";

/** Seconds since the begin: when it dies, when it is back, when no more requests come. */
export const TIMES = { dies: 60, returns: 180, ends: 300 } as const;

/** What checks with `locations` are probed from, where it is told what they would cost. */
export const LOCATIONS: readonly Region[] = ["weur", "enam", "apac"];

export interface Scenario {
  readonly name: string;
  readonly death: Death;
  /** Milliseconds between the probes of a cluster. */
  readonly interval: number;
  readonly locations: readonly Region[];
  /** Milliseconds that a try has; 0: as long as the route allows, 60 s by default. */
  readonly perTryTimeout: number;
  readonly isObjectLost: boolean;
  readonly isUsual: boolean;
}

const USUAL = { interval: 10_000, locations: [], perTryTimeout: 0, isObjectLost: false, isUsual: false } as const;

/** Those of `isUsual` run where none is named: all together would take minutes. */
export const SCENARIOS: readonly Scenario[] = [
  { ...USUAL, name: "refuses", death: "refuses", isUsual: true },
  { ...USUAL, name: "freezes", death: "freezes", isUsual: true },
  { ...USUAL, name: "fails", death: "fails" },
  { ...USUAL, name: "refuses-5s", death: "refuses", interval: 5_000 },
  { ...USUAL, name: "freezes-5s", death: "freezes", interval: 5_000 },
  { ...USUAL, name: "fails-5s", death: "fails", interval: 5_000 },
  { ...USUAL, name: "freezes-tries-2s", death: "freezes", perTryTimeout: 2_000 },
  { ...USUAL, name: "refuses-no-object", death: "refuses", isObjectLost: true },
];
