import type { EjectionCause, EndpointHealth } from "../health/protocol.ts";
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
    if (state.isEjected(now)) return null;
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
   * Ends an ejection that the health object refutes (Envoy: a successful active health check un-ejects). A good probe
   * does for failures of the gateway; that an application answers its health path says nothing about its other 500s,
   * unless probes have failed as well and the endpoint has recovered since.
   */
  refute(state: EndpointState, health: EndpointHealth, now: number): boolean {
    if (state.ejectedUntil <= now) return false;
    const isReachable = state.ejectionCause === "consecutive-gateway-failure" && health.lastGoodProbe > state.ejectedAt;
    const hasRecovered = health.state === "healthy" && health.since > state.ejectedAt;
    if (!isReachable && !hasRecovered) return false;
    settle(state, now);
    return true;
  }
}

/** Lets an endpoint return whose ejection is over. To be called before its health is read. */
export function settleIfOver(state: EndpointState, now: number): void {
  if (state.ejectedUntil !== 0 && state.ejectedUntil <= now) settle(state, state.ejectedUntil);
  if (state.sharedEjectedUntil !== 0 && state.sharedEjectedUntil <= now) {
    beginAnew(state, Math.max(state.returnedAt, state.sharedEjectedUntil));
    state.sharedEjectedUntil = 0;
  }
}

function eject(state: EndpointState, cause: EjectionCause, now: number): void {
  const { baseEjectionTime, maxEjectionTime, interval } = state.endpoint.cluster.outlierDetection;
  const quietIntervals = state.returnedAt === 0 ? 0 : Math.floor((now - state.returnedAt) / interval);
  // Not counted beyond the longest ejection, so that it is forgiven as soon however long it was bad.
  const most = Math.ceil(maxEjectionTime / baseEjectionTime);
  state.ejections = Math.min(most, Math.max(0, state.ejections - quietIntervals) + 1);
  state.ejectedAt = now;
  state.ejectedUntil = now + Math.min(baseEjectionTime * state.ejections, maxEjectionTime);
  state.ejectionCause = cause;
}

function settle(state: EndpointState, at: number): void {
  state.ejectedUntil = 0;
  state.ejectionCause = null;
  beginAnew(state, at);
}

/** After an ejection: what was counted before is forgotten, and requests come slowly. */
export function beginAnew(state: EndpointState, at: number): void {
  state.returnedAt = at;
  state.consecutive5xx = 0;
  state.consecutiveGatewayFailures = 0;
  state.windowEnd = 0;
}

/** Judges a window once, when the first outcome after its end comes in. One that ended long ago says nothing of now. */
function atWindowEnd(
  state: EndpointState,
  now: number,
  all: readonly (EndpointState | undefined)[],
): EjectionCause | null {
  if (now < state.windowEnd) return null;
  const { outlierDetection: limits } = state.endpoint.cluster;
  const requests = isRecent(state, now) ? state.windowRequests : 0;
  const failures = state.windowFailures;
  state.lastWindowRequests = requests;
  state.windowEnd = now + limits.interval;
  state.windowRequests = 0;
  state.windowFailures = 0;
  const { failurePercentageThreshold: threshold, failurePercentageRequestVolume: volume } = limits;
  if (threshold === 0 || requests === 0 || requests < volume || (failures / requests) * 100 < threshold) return null;
  const comparable = all.filter((other) => other !== undefined && lastRequests(other, now) >= volume).length;
  return comparable >= limits.failurePercentageMinimumHosts ? "failure-percentage" : null;
}

/** Requests of the window that ended last, or runs; of windows that began together one is looked at after the other. */
function lastRequests(state: EndpointState, now: number): number {
  return isRecent(state, now) ? Math.max(state.windowRequests, state.lastWindowRequests) : 0;
}

/** True while the endpoint's window runs, and as long again. */
function isRecent({ windowEnd, endpoint }: EndpointState, now: number): boolean {
  return windowEnd !== 0 && now < windowEnd + endpoint.cluster.outlierDetection.interval;
}
