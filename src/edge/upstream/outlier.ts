import type { EjectionCause, EndpointHealth } from "../health/protocol.ts";
import type { OutlierState } from "./outlier-state.ts";

/** An answer, for the health of its backend. `failure`: 500, 501, 505 and above. `gateway-failure`: 502, 503, 504. */
export type Answer = "success" | "failure" | "gateway-failure";

/** How a try ended. `unanswered`: a platform's 52x, a time-out, a connection that failed. */
export type Outcome = Answer | "unanswered";

/** Of an endpoint: that it does not answer. By this name it is one that a probe can refute. */
export const UNANSWERED: EjectionCause = "consecutive-gateway-failure";

/**
 * Passive health by Envoy's rules (envoyproxy.io, "Outlier detection"), in each isolate, without timers: what lies in
 * the past is settled when the next request looks. That no answer came is held against the endpoint, an answer of 5xx
 * against the backend there: what Envoy calls a cluster is one Service, and an endpoint may be the door of hundreds. How
 * many of a backend's endpoints may be ejected at once is decided where a choice is made (`plan.ts`).
 */
export class OutlierDetector {
  /** Takes in whether an endpoint answered, with whatever status; true where it is ejected because it did not. */
  recordReach(endpoint: OutlierState, isAnswered: boolean, now: number): boolean {
    if (!isCounted(endpoint, now)) return false;
    if (isAnswered) {
      endpoint.consecutiveGatewayFailures = 0;
      return false;
    }
    const row = ++endpoint.consecutiveGatewayFailures;
    const { consecutive5xx, consecutiveGatewayFailure } = endpoint.cluster.outlierDetection;
    if (!reaches(row, consecutive5xx) && !reaches(row, consecutiveGatewayFailure)) return false;
    eject(endpoint, UNANSWERED, now);
    return true;
  }

  /** Takes in an answer; the cause where it ejects the backend there. `peers`: the backend at all of its endpoints. */
  record(answers: OutlierState, answer: Answer, now: number, peers: readonly OutlierState[]): EjectionCause | null {
    if (!isCounted(answers, now)) return null;
    let cause = atWindowEnd(answers, now, peers);
    answers.windowRequests++;
    if (answer === "success") {
      answers.consecutive5xx = 0;
      answers.consecutiveGatewayFailures = 0;
    } else {
      answers.windowFailures++;
      answers.consecutive5xx++;
      answers.consecutiveGatewayFailures = answer === "failure" ? 0 : answers.consecutiveGatewayFailures + 1;
      const { consecutive5xx, consecutiveGatewayFailure } = answers.cluster.outlierDetection;
      if (reaches(answers.consecutiveGatewayFailures, consecutiveGatewayFailure)) cause = "consecutive-gateway-failure";
      else if (reaches(answers.consecutive5xx, consecutive5xx)) cause = "consecutive-5xx";
    }
    if (cause !== null) eject(answers, cause, now);
    return cause;
  }

  /** Ends an endpoint's ejection that the health object refutes (Envoy: a successful active health check un-ejects). */
  refute(endpoint: OutlierState, health: EndpointHealth, now: number): boolean {
    if (endpoint.ejectedUntil <= now) return false;
    if (health.lastGoodProbe <= endpoint.ejectedAt && !hasRecovered(endpoint, health)) return false;
    endpoint.endEjection(now);
    return true;
  }

  /**
   * Ends a backend's ejection where the endpoint's probes have failed as well and it has recovered since. A good probe
   * alone does not: that a health path answers says nothing about an application's 500s.
   */
  recover(answers: OutlierState, health: EndpointHealth, now: number): void {
    if (answers.isEjected(now) && hasRecovered(answers, health)) answers.endEjection(now);
  }
}

/** False while it is ejected: what was sent before, or in spite of it, says nothing new. */
function isCounted(state: OutlierState, now: number): boolean {
  state.settleIfOver(now);
  return !state.isEjected(now);
}

/** 0 is no limit. */
function reaches(row: number, limit: number): boolean {
  return limit !== 0 && row >= limit;
}

function hasRecovered({ ejectedAt }: OutlierState, { state, since }: EndpointHealth): boolean {
  return state === "healthy" && since > ejectedAt;
}

function eject(state: OutlierState, cause: EjectionCause, now: number): void {
  const { baseEjectionTime, maxEjectionTime, interval } = state.cluster.outlierDetection;
  const quietIntervals = state.returnedAt === 0 ? 0 : Math.floor((now - state.returnedAt) / interval);
  // Not counted beyond the longest ejection, so that it is forgiven as soon however long it was bad.
  const most = Math.ceil(maxEjectionTime / baseEjectionTime);
  state.ejections = Math.min(most, Math.max(0, state.ejections - quietIntervals) + 1);
  state.ejectedAt = now;
  state.ejectedUntil = now + Math.min(baseEjectionTime * state.ejections, maxEjectionTime);
  state.ejectionCause = cause;
}

/** Judges a window once, when the first outcome after its end comes in. One that ended long ago says nothing of now. */
function atWindowEnd(state: OutlierState, now: number, peers: readonly OutlierState[]): EjectionCause | null {
  if (now < state.windowEnd) return null;
  const { outlierDetection: limits } = state.cluster;
  const requests = isRecent(state, now) ? state.windowRequests : 0;
  const failures = state.windowFailures;
  state.lastWindowRequests = requests;
  state.windowEnd = now + limits.interval;
  state.windowRequests = 0;
  state.windowFailures = 0;
  const { failurePercentageThreshold: threshold, failurePercentageRequestVolume: volume } = limits;
  if (threshold === 0 || requests === 0 || requests < volume || (failures / requests) * 100 < threshold) return null;
  const comparable = peers.filter((peer) => lastRequests(peer, now) >= volume).length;
  return comparable >= limits.failurePercentageMinimumHosts ? "failure-percentage" : null;
}

/** Requests of the window that ended last, or runs; of windows that began together one is looked at after the other. */
function lastRequests(state: OutlierState, now: number): number {
  return isRecent(state, now) ? Math.max(state.windowRequests, state.lastWindowRequests) : 0;
}

/** True while its window runs, and as long again. */
function isRecent({ windowEnd, cluster }: OutlierState, now: number): boolean {
  return windowEnd !== 0 && now < windowEnd + cluster.outlierDetection.interval;
}
