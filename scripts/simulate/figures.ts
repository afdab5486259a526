import type { Scenario, Size } from "./scenario.ts";

/** What became of the requests of one method. */
export interface MethodFigures {
  readonly sent: number;
  readonly failed: number;
  /** Sent in the outage and, without it, for the dead cluster. */
  readonly meant: number;
}

/** Seconds since the death; null: it never came to that. */
export interface Detection {
  /** By the object, because isolates agreed; and because of its probes. */
  readonly ejected: number | null;
  readonly unhealthy: number | null;
  /** When isolates kept requests away: all of them, and those whose requests go there while it is well. */
  readonly isolates: Spread;
  readonly users: Spread;
}

/** When it was true of 50, 90 and 100 % of them. */
export interface Spread {
  readonly half: number | null;
  readonly most: number | null;
  readonly all: number | null;
}

/** What one scenario showed. */
export interface ScenarioReport extends Scenario {
  readonly gets: MethodFigures;
  readonly posts: MethodFigures;
  /** Seconds from the death until the last request was sent that failed. */
  readonly lastFailed: number | null;
  readonly slow: number;
  readonly retries: number;
  readonly detection: Detection;
  /** The other cluster whose load grew most, and all others together: their busiest LOAD_WINDOW by the mean before. */
  readonly load: { readonly cluster: string; readonly ratio: number; readonly together: number };
  /** Per second and cluster. */
  readonly probes: { readonly usual: number; readonly withLocations: number; readonly most: number };
  /** Requests per second to the health object: the first second, in the mean, the busiest second after the death. */
  readonly object: {
    readonly start: number;
    readonly usual: number;
    readonly most: number;
    /** Seconds between two of one isolate; null: none made two. */
    readonly shortestPause: number | null;
  };
  readonly rowsPerHour: number;
  /** Seconds from its return until the cluster has so much of its requests again. */
  readonly recovery: { readonly half: number | null; readonly most: number | null };
}

/** The load on the health object if colos had no cache, per second: see `ScenarioReport.object`. */
export interface CachelessReport {
  readonly start: number;
  readonly usual: number;
}

/** What one thread is to do; null: the load without caches. */
export interface Task {
  readonly scenario: Scenario | null;
  readonly size: Size;
}

export interface Results {
  readonly size: Size;
  readonly cacheless: CachelessReport;
  readonly scenarios: readonly ScenarioReport[];
}
