import { boolean, type Coded, list, oneOf, record, text, u32 } from "../codec.ts";
import { addressRanges } from "./access.ts";
import { keyPart } from "./rate-limit.ts";

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
  onFailure: oneOf(["open", "closed"]),
  /** Milliseconds that an object has for its answer. */
  deadline: u32,
  shadow: boolean,
  status: u32,
  /** How many objects share the keys. */
  shards: u32,
  /** Where they are first made; empty: near whoever asks first. */
  locationHint: text,
});
export type ConcurrencyTerms = Coded<typeof limit>;

export const concurrencyLimit = record({
  limits: list(limit),
  /** Clients that no limit applies to. */
  exempt: addressRanges,
});
export type ConcurrencyLimit = Coded<typeof concurrencyLimit>;
