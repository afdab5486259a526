import type { EjectionCause } from "../health/protocol.ts";
import type { EndpointState } from "./endpoint-state.ts";

/**
 * How a try ended, for the health of its endpoint. `failure`: 500, 501, 505 and above. `gateway-failure`: 502, 503,
 * 504, a platform's 52x, a time-out, a connection that failed.
 */
export type Outcome = "success" | "failure" | "gateway-failure";

/**
 * Passive health by Envoy's rules (envoyproxy.io, "Outlier detection"), in each isolate, without timers: what lies in
 * the past is settled when the next request looks. How many of a backend's endpoints may be ejected at once is not
 * decided here but where a choice is made, for an endpoint may be in many backends (`plan.ts`).
 */
export class OutlierDetector {
  /** Takes in an outcome; the cause where it ejects the endpoint. `all`: what failure percentages are compared over. */
  record(
    state: EndpointState,
    outcome: Outcome,
    now: number,
    all: readonly (EndpointState | undefined)[],
  ): EjectionCause | null {
    settleIfOver(state, now);
    // What was sent before the ejection, or in spite of it, says nothing new.
    if (state.ejectedUntil !== 0) return null;
    const { outlierDetection: limits } = state.endpoint.cluster;
    let cause = atWindowEnd(state, now, all);
    state.windowRequests++;
    if (outcome === "success") {
      state.consecutive5xx = 0;
      state.consecutiveGatewayFailures = 0;
    } else {
      state.windowFailures++;
      state.consecutive5xx++;
      state.consecutiveGatewayFailures = outcome === "failure" ? 0 : state.consecutiveGatewayFailures + 1;
      const { consecutive5xx, consecutiveGatewayFailure } = limits;
      if (consecutiveGatewayFailure !== 0 && state.consecutiveGatewayFailures >= consecutiveGatewayFailure) {
        cause = "consecutive-gateway-failure";
      } else if (consecutive5xx !== 0 && state.consecutive5xx >= consecutive5xx) cause = "consecutive-5xx";
    }
    if (cause !== null) eject(state, cause, now);
    return cause;
  }

  /**
   * Ends an ejection that a good probe after it refutes (Envoy: a successful active health check un-ejects): one for
   * failures of the gateway. That an application answers its health path says nothing about its other 500s.
   */
  refute(state: EndpointState, lastGoodProbe: number, now: number): boolean {
    const refutable = state.ejectionCause === "consecutive-gateway-failure";
    if (!refutable || state.ejectedUntil <= now || lastGoodProbe <= state.ejectedAt) return false;
    settle(state, now);
    return true;
  }
}

/** Lets an endpoint return whose ejection is over. To be called before its health is read. */
export function settleIfOver(state: EndpointState, now: number): void {
  if (state.ejectedUntil !== 0 && state.ejectedUntil <= now) settle(state, state.ejectedUntil);
  if (state.sharedEjectedUntil !== 0 && state.sharedEjectedUntil <= now) {
    state.returnedAt = Math.max(state.returnedAt, state.sharedEjectedUntil);
    state.sharedEjectedUntil = 0;
  }
}

function eject(state: EndpointState, cause: EjectionCause, now: number): void {
  const { baseEjectionTime, maxEjectionTime, interval } = state.endpoint.cluster.outlierDetection;
  const quietIntervals = state.returnedAt === 0 ? 0 : Math.floor((now - state.returnedAt) / interval);
  state.ejections = Math.max(0, state.ejections - quietIntervals) + 1;
  state.ejectedAt = now;
  state.ejectedUntil = now + Math.min(baseEjectionTime * state.ejections, maxEjectionTime);
  state.ejectionCause = cause;
}

/** The end of an ejection: the endpoint begins anew, slowly. */
function settle(state: EndpointState, at: number): void {
  state.ejectedUntil = 0;
  state.ejectionCause = null;
  state.returnedAt = at;
  state.consecutive5xx = 0;
  state.consecutiveGatewayFailures = 0;
  state.windowEnd = 0;
}

function atWindowEnd(
  state: EndpointState,
  now: number,
  all: readonly (EndpointState | undefined)[],
): EjectionCause | null {
  const {
    interval,
    failurePercentageThreshold: threshold,
    failurePercentageMinimumHosts: minimumHosts,
    failurePercentageRequestVolume: volume,
  } = state.endpoint.cluster.outlierDetection;
  if (now < state.windowEnd) return null;
  const { windowRequests, windowFailures } = state;
  const isFirst = state.windowEnd === 0;
  state.windowEnd = now + interval;
  state.windowRequests = 0;
  state.windowFailures = 0;
  if (isFirst || threshold === 0 || windowRequests < volume) return null;
  if ((windowFailures / windowRequests) * 100 < threshold) return null;
  const comparable = all.filter((other) => other === state || (other?.windowRequests ?? 0) >= volume).length;
  return comparable >= minimumHosts ? "failure-percentage" : null;
}
