import type { Region } from "../../src/table/policies/health-check.ts";
import { CITIES, type Spot } from "./geography.ts";

/**
 * How a cluster is dead. `refuses`: connections are refused, and those that are open are reset. `freezes`: takes
 * requests and answers none, those under way neither, until it is back. `fails`: 500 to everything.
 */
export type Death = "refuses" | "freezes" | "fails";

/** Times in milliseconds since the epoch. */
export interface Outage {
  readonly death: Death;
  readonly from: number;
  readonly until: number;
}

/** How a request ends for who sent it. */
export interface Fate {
  /** When its answer, or its failure, is there. */
  readonly at: number;
  /** Null: the connection broke. */
  readonly status: 200 | 500 | null;
}

/** A cluster: far or near, well or dead; never short of capacity. */
export class SimulatedCluster {
  readonly name: Region;
  readonly spot: Spot;
  readonly #outage: Outage | null;

  constructor(name: Region, outage: Outage | null) {
    this.name = name;
    this.spot = CITIES[name];
    this.#outage = outage;
  }

  /** What becomes of a request that is sent then; `service`: milliseconds that its answer takes to be made. */
  fate(sentAt: number, roundTrip: number, service: number): Fate {
    const arrives = sentAt + roundTrip / 2;
    const leaves = arrives + service;
    const well: Fate = { at: leaves + roundTrip / 2, status: 200 };
    if (this.#outage === null || leaves < this.#outage.from || arrives >= this.#outage.until) return well;
    const { death, from, until } = this.#outage;
    switch (death) {
      case "refuses":
        return { at: Math.max(arrives, from) + roundTrip / 2, status: null };
      case "freezes":
        return leaves < until ? { at: until + service + roundTrip / 2, status: 200 } : well;
      case "fails":
        return arrives >= from ? { ...well, status: 500 } : well;
    }
  }
}
