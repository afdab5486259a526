import { boolean, type Coded, record, u53 } from "../codec.ts";

/** How fast an answer is sent. Named after Envoy's bandwidth limit filter. */
export const bandwidthLimit = record({
  /** Bytes a second; at least 1. */
  rate: u53,
  /** Bytes that come before the rate holds. */
  after: u53,
  /** Only what Services send: behind other endpoints the cluster's own ingress does the same. */
  onlyServices: boolean,
});
export type BandwidthLimit = Coded<typeof bandwidthLimit>;
