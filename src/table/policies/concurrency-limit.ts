import { type Coded, list, record, text, u32 } from "../codec.ts";
import { addressRanges } from "./access.ts";
import { keyPart, objectPlacement, refusalFields } from "./rate-limit.ts";

/** How many requests may be under way at a time. Those of one policy all have to pass. */
const limit = record({
  /** As a rate limit's: the same wherever the same slots are meant. */
  id: text,
  /** Told to clients. */
  name: text,
  /** At most under way, as in Envoy's circuit breakers; at least 1. */
  maxRequests: u32,
  /** None: all requests together. */
  key: list(keyPart),
  /** Bits of an IPv6 address that count; IPv4 addresses count whole. */
  ipv6Prefix: u32,
  ...refusalFields,
  ...objectPlacement,
});
export type ConcurrencyTerms = Coded<typeof limit>;

export const concurrencyLimit = record({
  limits: list(limit),
  /** Clients that no limit applies to. */
  exempt: addressRanges,
});
export type ConcurrencyLimit = Coded<typeof concurrencyLimit>;
