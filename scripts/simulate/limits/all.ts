import { inThreads } from "../threads.ts";
import type { FullRateReport, LimitsResults, LimitsTask, WayReport } from "./figures.ts";
import { FULL_RATES, type LimitsSize, SPREADS, WAYS } from "./scenario.ts";

/** Runs all ways, and one key at the full rate. `tell`: how much of all is done, 0 to 1. */
export async function runLimits(size: LimitsSize, tell: (done: number) => void): Promise<LimitsResults> {
  const ways: LimitsTask[] = SPREADS.flatMap((spread) => WAYS.map((way) => ({ way, spread, size })));
  const fullRates: LimitsTask[] = FULL_RATES.map((fullRate) => ({ fullRate, size }));
  const reports = await inThreads("./limits/worker.ts", [...ways, ...fullRates], tell);
  return {
    size,
    ways: reports.slice(0, ways.length) as WayReport[],
    fullRates: reports.slice(ways.length) as FullRateReport[],
  };
}
