import { boolean, type Coded, list, nullable, oneOf, record, text, u32 } from "../codec.ts";
import { addressRanges } from "./access.ts";
import { condition } from "./authorization.ts";

/** What of a request tells buckets of a limit apart. */
export const KEY_PARTS = [
  "clientAddress",
  "header",
  "cookie",
  "claim",
  "apiKey",
  "apiKeyOwner",
  "path",
  "host",
  "method",
  "country",
] as const;

export const keyPart = record({
  by: oneOf(KEY_PARTS),
  /** Of a header (in lower case), cookie or claim; else empty. */
  name: text,
});
export type KeyPart = Coded<typeof keyPart>;

/** What becomes of requests that are over a limit, and of those that it can't judge. */
export const refusalFields = {
  onFailure: oneOf(["open", "closed"]),
  /** Milliseconds that an object has for its answer. */
  deadline: u32,
  shadow: boolean,
  status: u32,
};

/** Where the objects of a limit are. */
export const objectPlacement = {
  /** How many objects share the keys. */
  shards: u32,
  /** Where they are first made; empty: near whoever asks first. */
  locationHint: text,
};

/** One limit. Those of one policy all have to pass. */
const limit = record({
  /** Who wrote it, then its name there: the same wherever the same bucket is meant. */
  id: text,
  /** Told to clients. */
  name: text,
  requests: u32,
  /** Milliseconds. */
  period: u32,
  /** Requests that may pass at once. */
  burst: u32,
  /** What one request takes. */
  cost: u32,
  /** None: one bucket for all. */
  key: list(keyPart),
  /** Bits of an IPv6 address that count; IPv4 addresses count whole. */
  ipv6Prefix: u32,
  mode: oneOf(["exact", "leased", "local"]),
  /** Of `leased`: permits that isolates may hold at a time, by which it may overshoot. */
  mostHeld: u32,
  /** Of `local`: the name of the platform's binding. */
  binding: text,
  ...refusalFields,
  ...objectPlacement,
  /** The first that holds decides how much of the burst a request leaves to others; none: a request leaves nothing. */
  priority: list(record({ when: nullable(condition), reserve: u32 })),
});
export type RateLimitTerms = Coded<typeof limit>;

/** Requests by the rate plan of their API key, in windows of the calendar. */
const quota = record({
  /** Whose requests are counted together. */
  by: oneOf(["apiKey", "apiKeyOwner"]),
  /** The plan of keys that have none; empty: these have no quota. */
  defaultPlan: text,
  ...refusalFields,
});
export type QuotaTerms = Coded<typeof quota>;

export const rateLimit = record({
  limits: list(limit),
  quota: nullable(quota),
  /** Clients that no limit applies to. */
  exempt: addressRanges,
  /** Whether answers tell of the limits. */
  headers: boolean,
});
export type RateLimit = Coded<typeof rateLimit>;

/** True for parts of a key that only a guard can tell. */
export function isProved({ by }: KeyPart): boolean {
  return by === "claim" || by === "apiKey" || by === "apiKeyOwner";
}
