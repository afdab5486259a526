import { type Coded, record, u32 } from "../codec.ts";

/** Limits of one endpoint in one isolate; 0: none. Named as in Envoy (circuit_breaker.proto). */
export const circuitBreaker = record({
  /** Requests that wait for their answer's headers. */
  maxPendingRequests: u32,
  /** Requests until the end of their answer's body. */
  maxRequests: u32,
});
export type CircuitBreaker = Coded<typeof circuitBreaker>;

/** Envoy's 1024 for what waits. Bodies are not watched unless asked for: it costs a pipe on each answer. */
export const DEFAULT_CIRCUIT_BREAKER: CircuitBreaker = { maxPendingRequests: 1024, maxRequests: 0 };
