import { type Coded, record, u32 } from "../codec.ts";

/**
 * Passive health, named as in Envoy (api/envoy/config/cluster/v3/outlier_detection.proto). Times in milliseconds;
 * 0 switches a detector off.
 */
export const outlierDetection = record({
  /** Answers of 500 to 599 in a row that eject a backend from the endpoint; tries without an answer that eject that. */
  consecutive5xx: u32,
  /** The same for 502, 503 and 504, and for tries without an answer: 52x, time-outs, failed connections. */
  consecutiveGatewayFailure: u32,
  /** The window of the failure percentage; each one without an ejection takes one from the count of ejections. */
  interval: u32,
  /** The first ejection's length; the n-th in a row is n times as long. */
  baseEjectionTime: u32,
  maxEjectionTime: u32,
  /** Share of a backend's endpoints that may be ejected at once; one may be always. */
  maxEjectionPercent: u32,
  /** Per cent of a backend's answers in a window that eject it by being 500 to 599; needs the two below. */
  failurePercentageThreshold: u32,
  failurePercentageMinimumHosts: u32,
  failurePercentageRequestVolume: u32,
});
export type OutlierDetection = Coded<typeof outlierDetection>;

/**
 * Envoy's defaults but for two: three quarters of the endpoints may be ejected (10 % of two or three clusters is none; a
 * quarter is what panic leaves alone), and the failure percentage is off, as in effect it is in Envoy (`enforcing_failure_percentage: 0`).
 */
export const DEFAULT_OUTLIER_DETECTION: OutlierDetection = {
  consecutive5xx: 5,
  consecutiveGatewayFailure: 5,
  interval: 10_000,
  baseEjectionTime: 30_000,
  maxEjectionTime: 300_000,
  maxEjectionPercent: 75,
  failurePercentageThreshold: 0,
  failurePercentageMinimumHosts: 2,
  failurePercentageRequestVolume: 50,
};
