import { boolean, type Coded, list, nullable, oneOf, record, text, u32 } from "../codec.ts";
import { circuitBreaker, DEFAULT_CIRCUIT_BREAKER } from "./circuit-breaker.ts";
import { healthCheck, REGIONS } from "./health-check.ts";
import { originSecret } from "./origin-secret.ts";
import { DEFAULT_OUTLIER_DETECTION, outlierDetection } from "./outlier-detection.ts";

/** A cluster in the table: where it is, and how its endpoints are watched. */
export const clusterRecord = record({
  name: text,
  region: nullable(oneOf(REGIONS)),
  /** Places of clients that it is near to: Cloudflare colos (IATA codes), countries (ISO 3166) and continents. */
  near: list(record({ kind: oneOf(["colo", "country", "continent"]), code: text })),
  /** Envoy's priority levels: 0 is used first; the next one when those before have too few healthy endpoints. */
  priority: u32,
  /** Takes no new request; what runs goes on. */
  drain: boolean,
  /** Of the cluster's own ingress. */
  healthCheck: nullable(healthCheck),
  /** Of load balancers of single Services, by the id of their endpoint: each answers other paths. */
  serviceChecks: list(record({ endpoint: text, healthCheck })),
  outlierDetection,
  circuitBreaker,
  /** Milliseconds in which an endpoint that comes back goes from a tenth of its share to all of it; 0: at once. */
  slowStart: u32,
  /** What tells it that a request came through the edge; null: nothing does. */
  originSecret: nullable(originSecret),
});
export type ClusterRecord = Coded<typeof clusterRecord>;

/** A cluster of which nothing is written but its address. */
export const DEFAULT_CLUSTER: Omit<ClusterRecord, "name"> = {
  region: null,
  near: [],
  priority: 0,
  drain: false,
  healthCheck: null,
  serviceChecks: [],
  outlierDetection: DEFAULT_OUTLIER_DETECTION,
  circuitBreaker: DEFAULT_CIRCUIT_BREAKER,
  slowStart: 10_000,
  originSecret: null,
};
