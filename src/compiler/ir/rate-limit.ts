import type { RateLimit as TableRateLimit } from "../../table/policies/rate-limit.ts";
import { mergedRanges } from "./access.ts";

/** `rateLimit` as its table holds it, but for the exempt ranges: they stand as they were written. */
export type RateLimit = Omit<TableRateLimit, "exempt"> & {
  readonly exempt: readonly string[];
  /** Limits that annotations ask for act where the edge takes the place of a cluster's ingress alone. */
  readonly isOfAnnotation: boolean;
};

export function rateLimitInTable({ limits, quota, exempt, headers }: RateLimit): TableRateLimit {
  return { limits, quota, exempt: mergedRanges(exempt), headers };
}

/** The platform's counter for so many requests in so many milliseconds. */
export function localBinding(requests: number, period: number): string {
  return `EDGE_INGRESS_RATE_${requests}_PER_${period / 1000}S`;
}
