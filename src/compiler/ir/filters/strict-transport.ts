import type { FilterSource } from "../filter.ts";

/** Strict-Transport-Security on every answer over https, in the place of the cluster's (RFC 6797). */
export interface StrictTransportFilter extends FilterSource {
  readonly type: "StrictTransportSecurity";
  readonly value: string;
}
