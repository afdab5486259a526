import type { ConcurrencyLimit as TableConcurrencyLimit } from "../../table/policies/concurrency-limit.ts";
import { mergedRanges } from "./access.ts";

/** `concurrencyLimit` as its table holds it, but for the exempt ranges: they stand as they were written. */
export type ConcurrencyLimit = Omit<TableConcurrencyLimit, "exempt"> & {
  readonly exempt: readonly string[];
  /** As that of a rate limit: it acts where the edge takes the place of a cluster's ingress alone. */
  readonly isOfAnnotation: boolean;
};

export function concurrencyLimitInTable({ limits, exempt }: ConcurrencyLimit): TableConcurrencyLimit {
  return { limits, exempt: mergedRanges(exempt) };
}
