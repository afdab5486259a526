import type { BandwidthLimit } from "../../table/policies/bandwidth-limit.ts";
import { byteSize } from "./byte-sizes.ts";
import { exactly } from "./schema.ts";

const MOST_BYTES = 1024 ** 3;

/** `spec.bandwidthLimit` of an EdgePolicy; a `rate` of 0 is no limit, whatever a less specific policy says. */
export const bandwidthLimit = exactly({
  rate: byteSize("the rate", MOST_BYTES),
  after: byteSize("after", MOST_BYTES).optional(),
}).transform(({ rate, after }): BandwidthLimit => ({ rate, after: after ?? 0, onlyServices: false }));
