import { boolean, type Coded, nullable, oneOf, record, text, u32 } from "../codec.ts";
import { template } from "./template.ts";

/** What a consistent hash is taken of. */
export const HASH_SOURCES = ["SourceIP", "Header", "Cookie", "QueryParam", "Path"] as const;

/** By what cookie a client stays with an endpoint. */
const sessionPersistence = record({
  /** Name of the cookie. */
  sessionName: text,
  /** Seconds that the cookie lasts (`Max-Age`); 0: as long as the browser's session. */
  absoluteTimeout: u32,
  /** Empty: that of the rule. */
  path: text,
  /** Empty: no such attribute. */
  domain: text,
  /** Seconds until `Expires`; 0: no such attribute. */
  expires: u32,
  /** Empty: no such attribute. */
  sameSite: oneOf(["", "None", "Lax", "Strict"]),
  /** Whether browsers that misread `SameSite=None` get the cookie without it. */
  conditionalSameSiteNone: boolean,
  /** Whether the cookie is `Secure` over http too. */
  secure: boolean,
  /** Whether a session moves for good when its endpoint fails once. */
  changeOnFailure: boolean,
  /** Whether clusters' own ingresses have a cookie of that name: towards them the edge's has another one. */
  besidesIngress: boolean,
});
export type SessionPersistence = Coded<typeof sessionPersistence>;

/** What EdgePolicy has no fields for. */
export const DEFAULT_SESSION: Omit<SessionPersistence, "sessionName" | "absoluteTimeout"> = {
  path: "/",
  domain: "",
  expires: 0,
  sameSite: "Lax",
  conditionalSameSiteNone: false,
  secure: false,
  changeOnFailure: true,
  besidesIngress: false,
};

/** How an endpoint is chosen among those of the first priority that has healthy ones. */
export const loadBalancing = record({
  /**
   * `Nearest`: by distance from the client, equal ones by weight. `Weighted`: by weight. `LeastLatency`: two are drawn
   * by weight, and the one of less measured latency and load taken. `ConsistentHash`: by what the request says.
   */
  type: oneOf(["Nearest", "Weighted", "LeastLatency", "ConsistentHash"]),
  consistentHash: nullable(
    record({
      /** `Template`: of a text with what nginx's variables say. */
      type: oneOf([...HASH_SOURCES, "Template"]),
      /** Of the header, cookie or query parameter; else empty. */
      name: text,
      /** For `Template`; else empty. */
      template,
      /** Per cent of the mean of waiting requests that one endpoint may have before its keys move on; 0: no bound. */
      boundedLoad: u32,
    }),
  ),
  /** Gateway API's session persistence: requests of one session go to one endpoint while it is healthy. */
  sessionPersistence: nullable(sessionPersistence),
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
