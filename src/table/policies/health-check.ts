import { type Coded, list, record, text, u32 } from "../codec.ts";

/** Where the platform can be asked to put a prober: developers.cloudflare.com/durable-objects/reference/data-location. */
export const REGIONS = ["wnam", "enam", "sam", "weur", "eeur", "apac", "oc", "afr", "me"] as const;
export type Region = (typeof REGIONS)[number];

/** Active health check of a cluster's endpoints. Times in milliseconds. */
export const healthCheck = record({
  method: text,
  /** With its query. */
  path: text,
  /** The Host of probes; empty: the endpoint's own name. */
  host: text,
  /** Inclusive ranges. */
  expectedStatus: list(record({ from: u32, to: u32 })),
  /** Must occur in the first 64 KiB of the body; empty: the body is not read. */
  expectedBody: text,
  interval: u32,
  timeout: u32,
  /** Each probe is up to so many per cent of the interval later than its place; the mean pause stays the interval. */
  jitterPercent: u32,
  /** Good probes in a row that make an unhealthy endpoint healthy. */
  healthyThreshold: u32,
  /** Bad probes in a row that make a healthy endpoint unhealthy. */
  unhealthyThreshold: u32,
  /** Probe from these places, of which more than half must agree; empty: from where the health object lives. */
  locations: list(text),
});
export type HealthCheck = Coded<typeof healthCheck>;

/**
 * What a health check does where the manifest says nothing but its path. Interval, timeout and thresholds lie between
 * those of HAProxy and of cloud load balancers (shared/reference/numbers.md).
 */
export const DEFAULT_HEALTH_CHECK: HealthCheck = {
  method: "GET",
  path: "/",
  host: "",
  expectedStatus: [{ from: 200, to: 399 }],
  expectedBody: "",
  interval: 10_000,
  timeout: 2_000,
  jitterPercent: 10,
  healthyThreshold: 2,
  unhealthyThreshold: 3,
  locations: [],
};
