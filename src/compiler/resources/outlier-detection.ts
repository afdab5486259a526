import { DEFAULT_OUTLIER_DETECTION, type OutlierDetection } from "../../table/policies/outlier-detection.ts";
import { duration, durationText } from "./durations.ts";
import { between, exactly, type Fields, integer, type Report } from "./schema.ts";

const HOUR = 3_600_000;

const percent = (what: string) => integer(0, 100, "EI1233", what).nullish();
const count = (what: string) => integer(0, 1_000_000, "EI1233", what).nullish();

/** `spec.outlierDetection` of a Cluster, defaults filled in. */
export const outlierDetection = exactly({
  consecutive5xx: count("consecutive5xx"),
  consecutiveGatewayFailure: count("consecutiveGatewayFailure"),
  interval: duration("the interval", { least: 1000, most: HOUR }).nullish(),
  baseEjectionTime: duration("baseEjectionTime", { least: 100, most: HOUR }).nullish(),
  maxEjectionTime: duration("maxEjectionTime", { least: 100, most: 24 * HOUR }).nullish(),
  maxEjectionPercent: percent("maxEjectionPercent"),
  failurePercentageThreshold: percent("failurePercentageThreshold"),
  failurePercentageMinimumHosts: count("failurePercentageMinimumHosts"),
  failurePercentageRequestVolume: count("failurePercentageRequestVolume"),
})
  .check(between(baseWithinMax))
  .transform((written): OutlierDetection => {
    const set = Object.entries(written).filter(([, value]) => value !== undefined && value !== null);
    const merged: OutlierDetection = { ...DEFAULT_OUTLIER_DETECTION, ...Object.fromEntries(set) };
    // A longer first ejection raises the cap along (Envoy: max_ejection_time is at least base_ejection_time).
    return { ...merged, maxEjectionTime: Math.max(merged.maxEjectionTime, merged.baseEjectionTime) };
  });

function baseWithinMax({ baseEjectionTime: base, maxEjectionTime: max }: Fields, report: Report): void {
  const { baseEjectionTime: usual } = DEFAULT_OUTLIER_DETECTION;
  if (typeof max !== "number" || (base !== undefined && base !== null && typeof base !== "number")) return;
  if ((base ?? usual) <= max) return;
  const first = typeof base === "number" ? durationText(base) : `${durationText(usual)}, the default`;
  const message = `maxEjectionTime ${durationText(max)} must not be shorter than baseEjectionTime (${first})`;
  report({ code: "EI1239", message, path: ["maxEjectionTime"] });
}
