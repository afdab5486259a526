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
