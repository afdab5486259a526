import type { Endpoint } from "../../table/model.ts";

/** An endpoint to be probed, and where from; nowhere named: from here. */
export interface Probed {
  readonly endpoint: Endpoint;
  readonly locations: readonly string[];
}

/**
 * Connections that may wait at once in one invocation (developers.cloudflare.com, "Limits"). The platform would let
 * more of them queue, and their time-outs would say nothing of the endpoints.
 */
export const PROBES_AT_ONCE = 6;

/** Probes that one alarm begins: an invocation has 50 subrequests on the free plan, and the rest is due at once again. */
export const PROBES_PER_ALARM = 48;
