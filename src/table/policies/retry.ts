import { boolean, type Coded, list, nullable, oneOf, record, text, u32 } from "../codec.ts";

/** What may be answered by another try, besides single statuses. */
export const RETRY_CONDITIONS = ["connect-failure", "reset", "timeout", "platform-error"] as const;
export type RetryCondition = (typeof RETRY_CONDITIONS)[number];

/** When a request that may be sent twice is sent again, and how often. Times in milliseconds. */
export const retry = record({
  /** `platform-error`: 520 to 530, by which the platform says that an origin failed. */
  on: list(oneOf(RETRY_CONDITIONS)),
  /** Statuses of a cluster's answer that are tried again elsewhere: inclusive ranges. */
  statuses: list(record({ from: u32, to: u32 })),
  /** Tries after the first. */
  attempts: u32,
  /** Limit of one try; 0: the rule's `backendRequest` timeout alone. */
  perTryTimeout: u32,
  /** Before the second retry and later ones: a random time up to base × 2^n, at most max. The first goes at once. */
  backoff: record({ base: u32, max: u32 }),
  /** Methods that may be sent twice. */
  methods: list(text),
  /** True: any method may be, where the request has an `Idempotency-Key`. */
  idempotencyKey: boolean,
  /** Bodies up to so many bytes are held to be sent again; 0: a request with a body is sent once. */
  maxBodySize: u32,
  /** GETs that have no answer after `delay` are sent to another endpoint too; the first answer wins. */
  hedge: nullable(record({ delay: u32 })),
  /** Gateway API's retry constraint (GEP-3388), in each isolate. */
  budget: record({
    /** Retries may be so many per cent of the requests of the last `interval`. */
    percent: u32,
    interval: u32,
    /** Retries in `interval` that are always allowed. */
    minRetries: u32,
  }),
});
export type Retry = Coded<typeof retry>;

/** RFC 9110 §9.2.2, without TRACE: nothing serves by it. */
const IDEMPOTENT = ["GET", "HEAD", "OPTIONS", "PUT", "DELETE"];

/** Budget: Gateway API's 20 % of 10 s; its 10 retries a second are for one gateway, an edge has thousands of isolates. */
export const DEFAULT_RETRY: Retry = {
  on: [...RETRY_CONDITIONS],
  statuses: [],
  attempts: 3,
  perTryTimeout: 0,
  backoff: { base: 25, max: 250 },
  methods: IDEMPOTENT,
  idempotencyKey: false,
  maxBodySize: 0,
  hedge: null,
  budget: { percent: 20, interval: 10_000, minRetries: 10 },
};
