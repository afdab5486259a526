import type { Canary } from "../../../table/policies/canary.ts";
import type { FilterSource } from "../filter.ts";

/** Sends a part of a rule's requests to the second of its backends. */
export interface CanaryFilter extends FilterSource {
  readonly type: "Canary";
  readonly canary: Canary;
}
