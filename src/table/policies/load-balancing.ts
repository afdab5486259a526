import { type Coded, nullable, oneOf, record, text, u32 } from "../codec.ts";

/** What a consistent hash is taken of. */
export const HASH_SOURCES = ["SourceIP", "Header", "Cookie", "QueryParam", "Path"] as const;

/** How an endpoint is chosen among those of the first priority that has healthy ones. */
export const loadBalancing = record({
  /**
   * `Nearest`: by distance from the client, equal ones by weight. `Weighted`: by weight. `LeastLatency`: two are drawn
   * by weight, and the one of less measured latency and load taken. `ConsistentHash`: by what the request says.
   */
  type: oneOf(["Nearest", "Weighted", "LeastLatency", "ConsistentHash"]),
  consistentHash: nullable(
    record({
      type: oneOf(HASH_SOURCES),
      /** Of the header, cookie or query parameter; else empty. */
      name: text,
      /** Per cent of the mean of waiting requests that one endpoint may have before its keys move on; 0: no bound. */
      boundedLoad: u32,
    }),
  ),
  /** Gateway API's session persistence: requests of one session go to one endpoint while it is healthy. */
  sessionPersistence: nullable(
    record({
      /** Name of the cookie. */
      sessionName: text,
      /** Seconds that the cookie lasts; 0: as long as the browser's session. */
      absoluteTimeout: u32,
    }),
  ),
  /** Below so many per cent of healthy endpoints, health is disregarded. */
  healthyPanicThreshold: u32,
});
export type LoadBalancing = Coded<typeof loadBalancing>;

/**
 * Envoy's panic threshold is 50 %: right for many hosts of one place. Of three clusters it would send two thirds of
 * all requests to the dead two; 25 % leaves the last of up to four clusters alone with the traffic.
 */
export const DEFAULT_LOAD_BALANCING: LoadBalancing = {
  type: "Nearest",
  consistentHash: null,
  sessionPersistence: null,
  healthyPanicThreshold: 25,
};
