import { describe, expect, test } from "vitest";
import type { EndpointHealth } from "../../../src/edge/health/protocol.ts";
import type { EndpointState } from "../../../src/edge/upstream/endpoint-state.ts";
import { type Outcome, OutlierDetector, settleIfOver } from "../../../src/edge/upstream/outlier.ts";
import { DEFAULT_OUTLIER_DETECTION, type OutlierDetection } from "../../../src/table/policies/outlier-detection.ts";
import { NOW, stateOf } from "./endpoints.ts";

const SECOND = 1000;

const watched = (name: string, limits: Partial<OutlierDetection> = {}, slowStart = 0): EndpointState =>
  stateOf(name, { slowStart, outlierDetection: { ...DEFAULT_OUTLIER_DETECTION, ...limits } });

/** Records outcomes at one moment; what the last one of them did. */
function record(state: EndpointState, now: number, ...outcomes: Outcome[]) {
  const detector = new OutlierDetector();
  return outcomes.map((outcome) => detector.record(state, outcome, now, [state])).at(-1);
}

const failures = (count: number): Outcome[] => Array(count).fill("failure");
const gatewayFailures = (count: number): Outcome[] => Array(count).fill("gateway-failure");

describe("failures in a row", () => {
  test("the fifth of any kind ejects, the fourth does not", () => {
    const state = watched("a");
    expect(record(state, NOW, ...failures(4))).toBeNull();
    expect(state.isEjected(NOW)).toBe(false);
    expect(record(state, NOW, "failure")).toBe("consecutive-5xx");
    expect([state.isEjected(NOW), state.ejectionCause]).toEqual([true, "consecutive-5xx"]);
  });

  test("the fifth of a gateway ejects as such", () => {
    const state = watched("a", { consecutive5xx: 0 });
    expect(record(state, NOW, ...gatewayFailures(4))).toBeNull();
    expect(record(state, NOW, "gateway-failure")).toBe("consecutive-gateway-failure");
  });

  test("both at once are told as the gateway's, which a probe can refute", () => {
    expect(record(watched("a"), NOW, ...gatewayFailures(5))).toBe("consecutive-gateway-failure");
  });

  test("those of a gateway count as 5xx too (Envoy without split_external_local_origin_errors)", () => {
    const outcomes: Outcome[] = [...gatewayFailures(2), "failure", ...gatewayFailures(2)];
    expect(record(watched("a"), NOW, ...outcomes)).toBe("consecutive-5xx");
  });

  test("a success begins anew", () => {
    const state = watched("a");
    expect(record(state, NOW, ...failures(4), "success", ...failures(4))).toBeNull();
    expect(record(state, NOW, ...gatewayFailures(1))).toBe("consecutive-5xx");
    const other = watched("b", { consecutive5xx: 0 });
    expect(record(other, NOW, ...gatewayFailures(4), "success", ...gatewayFailures(4))).toBeNull();
  });

  test("a plain 500 ends a row of gateway failures: the gateway answered", () => {
    const state = watched("a", { consecutive5xx: 0 });
    expect(record(state, NOW, ...gatewayFailures(4), "failure", ...gatewayFailures(4))).toBeNull();
    expect(record(state, NOW, "gateway-failure")).toBe("consecutive-gateway-failure");
  });

  test.each([
    [{ consecutive5xx: 3, consecutiveGatewayFailure: 0 }, "gateway-failure", "consecutive-5xx"],
    [{ consecutive5xx: 0, consecutiveGatewayFailure: 3 }, "gateway-failure", "consecutive-gateway-failure"],
    [{ consecutive5xx: 1, consecutiveGatewayFailure: 1 }, "failure", "consecutive-5xx"],
  ] as const)("%j: %s ejects for %s", (limits, outcome, cause) => {
    const state = watched("a", limits);
    const count = Math.max(limits.consecutive5xx, limits.consecutiveGatewayFailure);
    for (let index = 1; index < count; index++) expect(record(state, NOW, outcome)).toBeNull();
    expect(record(state, NOW, outcome)).toBe(cause);
  });

  test("0 switches a detector off", () => {
    const state = watched("a", { consecutive5xx: 0, consecutiveGatewayFailure: 0 });
    for (let index = 0; index < 100; index++) {
      expect(record(state, NOW + index * SECOND, "failure", "gateway-failure")).toBeNull();
    }
    expect(record(watched("b", { consecutive5xx: 0 }), NOW, ...failures(100))).toBeNull();
  });

  test("time alone forgives nothing: a slow row is a row", () => {
    const state = watched("a");
    for (let hour = 0; hour < 4; hour++) expect(record(state, NOW + hour * 3_600_000, "failure")).toBeNull();
    expect(record(state, NOW + 4 * 3_600_000, "failure")).toBe("consecutive-5xx");
  });
});

describe("the length of an ejection", () => {
  /** Ejects at `now`, and tells for how many seconds. */
  function ejectAt(state: EndpointState, now: number): number {
    expect(record(state, now, ...failures(5))).toBe("consecutive-5xx");
    return (state.ejectedUntil - now) / SECOND;
  }

  test("grows by 30 s each time up to 300 s", () => {
    const state = watched("a");
    const lengths: number[] = [];
    for (let round = 0; round < 12; round++) lengths.push(ejectAt(state, Math.max(NOW, state.ejectedUntil)));
    expect(lengths).toEqual([30, 60, 90, 120, 150, 180, 210, 240, 270, 300, 300, 300]);
  });

  test("each quiet interval takes one step back, to the first at the least", () => {
    const state = watched("a");
    for (let round = 0; round < 4; round++) ejectAt(state, Math.max(NOW, state.ejectedUntil));
    expect(ejectAt(state, state.ejectedUntil + 20 * SECOND)).toBe(90);
    expect(ejectAt(state, state.ejectedUntil + 9 * SECOND)).toBe(120);
    expect(ejectAt(state, state.ejectedUntil + 3_600_000)).toBe(30);
  });

  test("however long it was bad, it is forgiven in as many intervals as there are steps (Envoy: max / base × interval)", () => {
    const state = watched("a");
    for (let round = 0; round < 100; round++) ejectAt(state, Math.max(NOW, state.ejectedUntil));
    expect(ejectAt(state, state.ejectedUntil + 100 * SECOND)).toBe(30);
  });

  test("a maximum below the first one caps it", () => {
    expect(ejectAt(watched("a", { baseEjectionTime: 10 * SECOND, maxEjectionTime: 4 * SECOND }), NOW)).toBe(4);
  });

  test("ends on its own, at the moment it names", () => {
    const state = watched("a", {}, 10 * SECOND);
    ejectAt(state, NOW);
    settleIfOver(state, NOW + 29_999);
    expect(state.isEjected(NOW + 29_999)).toBe(true);
    settleIfOver(state, NOW + 45_000);
    expect([state.isEjected(NOW + 45_000), state.ejectionCause]).toEqual([false, null]);
    // Not the moment at which somebody looked: the slow start is over by then.
    expect(state.returnedAt).toBe(NOW + 30_000);
    expect(state.share(NOW + 45_000)).toBe(1);
  });
});

describe("while it is ejected", () => {
  test("outcomes say nothing: neither longer nor shorter, and none is left over at its end", () => {
    const state = watched("a");
    record(state, NOW, ...failures(5));
    expect(record(state, NOW + 1, "success", ...failures(50), ...gatewayFailures(50))).toBeNull();
    expect([state.ejections, state.ejectedUntil]).toEqual([1, NOW + 30_000]);
    expect(record(state, NOW + 30_000, ...failures(4))).toBeNull();
    expect(record(state, NOW + 30_000, "failure")).toBe("consecutive-5xx");
  });

  test("the same where others ejected it", () => {
    const state = watched("a");
    record(state, NOW, ...failures(4));
    state.sharedEjectedUntil = NOW + 60_000;
    expect(record(state, NOW + 1, ...failures(50))).toBeNull();
    expect([state.ejections, state.ejectedUntil]).toEqual([0, 0]);
    expect(record(state, NOW + 60_000, ...failures(4))).toBeNull();
    expect(state.returnedAt).toBe(NOW + 60_000);
    expect(record(state, NOW + 60_000, "failure")).toBe("consecutive-5xx");
  });
});

describe("a good probe", () => {
  const detector = new OutlierDetector();
  const byGateway = () => {
    const state = watched("a", {}, 10 * SECOND);
    record(state, NOW, ...gatewayFailures(5));
    return state;
  };

  const probed = (lastGoodProbe: number, since = NOW - 1000): EndpointHealth => ({
    state: "healthy",
    since,
    cause: "200",
    lastGoodProbe,
    ejectedUntil: 0,
    drain: false,
  });

  test("after it ends an ejection for failures of the gateway", () => {
    const state = byGateway();
    expect(detector.refute(state, probed(NOW + 1), NOW + 2)).toBe(true);
    expect([state.isEjected(NOW + 2), state.ejectionCause, state.returnedAt]).toEqual([false, null, NOW + 2]);
    expect(state.share(NOW + 2)).toBeCloseTo(0.1);
    expect(record(state, NOW + 2, ...gatewayFailures(4))).toBeNull();
  });

  test("does not make the next ejection shorter", () => {
    const state = byGateway();
    detector.refute(state, probed(NOW + 1), NOW + 2);
    record(state, NOW + 3, ...gatewayFailures(5));
    expect(state.ejectedUntil).toBe(NOW + 3 + 60_000);
  });

  test.each([
    ["before it", NOW - 1],
    ["at its very moment", NOW],
    ["never", 0],
  ])("%s refutes nothing", (_, lastGoodProbe) => {
    const state = byGateway();
    expect(detector.refute(state, probed(lastGoodProbe), NOW + 2)).toBe(false);
    expect(state.isEjected(NOW + 2)).toBe(true);
  });

  test("says nothing of an application's 500s", () => {
    const state = watched("a");
    record(state, NOW, ...failures(5));
    expect(detector.refute(state, probed(NOW + 1), NOW + 2)).toBe(false);
    expect(state.isEjected(NOW + 2)).toBe(true);
  });

  test("ends an ejection for an application's 500s where probes had failed too, and it has recovered since", () => {
    const state = watched("a");
    record(state, NOW, ...failures(5));
    expect(detector.refute(state, { ...probed(0, NOW + 1), state: "unhealthy" }, NOW + 2)).toBe(false);
    expect(detector.refute(state, probed(NOW + 1, NOW), NOW + 2)).toBe(false);
    expect(detector.refute(state, probed(NOW + 1, NOW + 1), NOW + 2)).toBe(true);
    expect(state.returnedAt).toBe(NOW + 2);
  });

  test("says nothing of one that is not ejected, or not any more", () => {
    expect(detector.refute(watched("a"), probed(NOW + 1), NOW + 2)).toBe(false);
    expect(detector.refute(byGateway(), probed(NOW + 30_001), NOW + 30_001)).toBe(false);
  });
});

describe("the failure percentage", () => {
  const limits: Partial<OutlierDetection> = {
    consecutive5xx: 0,
    consecutiveGatewayFailure: 0,
    failurePercentageThreshold: 40,
    failurePercentageMinimumHosts: 2,
    failurePercentageRequestVolume: 10,
  };

  /** Requests of one window, `failing` of ten of them failed; the causes of ejections. */
  function window(
    states: readonly EndpointState[],
    failing: readonly number[],
    start: number,
    requests = 10,
    all = states,
  ) {
    const detector = new OutlierDetector();
    const causes: string[] = [];
    for (let index = 0; index < requests; index++) {
      for (const [at, state] of states.entries()) {
        const outcome = index < (failing[at] as number) ? "failure" : "success";
        const cause = detector.record(state, outcome, start + index, all);
        if (cause !== null) causes.push(`${state.endpoint.id} ${cause}`);
      }
    }
    return causes;
  }
  const pair = (more: Partial<OutlierDetection> = {}) =>
    ["a", "b"].map((name) => watched(name, { ...limits, ...more }));
  const NEXT = NOW + 10 * SECOND;

  test.each([
    ["the first", [4, 0], ["a failure-percentage"]],
    ["the second, whose window ends after the other's", [0, 4], ["b failure-percentage"]],
    ["both", [4, 9], ["a failure-percentage", "b failure-percentage"]],
    ["none below the threshold", [3, 3], []],
  ])("ejects at the end of a window: %s", (_, failing, expected) => {
    const states = pair();
    expect(window(states, failing, NOW)).toEqual([]);
    expect(window(states, [0, 0], NEXT, 1)).toEqual(expected);
  });

  test("not of too few requests, nor where too few endpoints have enough of them", () => {
    const few = pair();
    window(few, [9, 9], NOW, 9);
    expect(window(few, [0, 0], NEXT, 1)).toEqual([]);
    const alone = pair();
    window(alone.slice(0, 1), [10], NOW, 10, alone);
    expect(window(alone, [0, 0], NEXT, 1)).toEqual([]);
    const three = pair({ failurePercentageMinimumHosts: 3 });
    window(three, [10, 10], NOW);
    expect(window(three, [0, 0], NEXT, 1)).toEqual([]);
  });

  test("not of one that has too few, whatever the others have", () => {
    const states = [...pair(), watched("c", limits)];
    window(states.slice(0, 2), [0, 0], NOW, 10, states);
    window(states.slice(2), [9], NOW, 9, states);
    expect(window(states, [0, 0, 0], NEXT, 1)).toEqual([]);
  });

  test("an endpoint that nobody asks any more is no comparison", () => {
    const states = pair();
    window(states, [0, 0], NOW);
    const first = states.slice(0, 1);
    window(first, [10], NOW + 60 * SECOND, 10, states);
    expect(window(first, [0], NOW + 70 * SECOND, 1, states)).toEqual([]);
  });

  test("each window stands for itself", () => {
    const states = pair();
    window(states, [3, 0], NOW);
    window(states, [3, 0], NEXT);
    expect(window(states, [0, 0], NEXT + 10 * SECOND, 1)).toEqual([]);
  });

  test("a window that ended long ago says nothing of now", () => {
    const states = pair();
    window(states, [10, 0], NOW);
    expect(window(states, [0, 0], NOW + 3_600_000, 1)).toEqual([]);
  });

  test("0 switches it off", () => {
    const states = pair({ failurePercentageThreshold: 0 });
    window(states, [10, 10], NOW);
    expect(window(states, [0, 0], NEXT, 1)).toEqual([]);
  });

  test("what came before an ejection for other causes counts no more after it", () => {
    const states = pair({ consecutive5xx: 10, baseEjectionTime: SECOND });
    expect(window(states, [10, 0], NOW)).toEqual(["a consecutive-5xx"]);
    expect(window(states, [0, 0], NOW + 2 * SECOND)).toEqual([]);
    expect(window(states, [0, 0], NEXT + 2 * SECOND, 1)).toEqual([]);
  });

  test("an ejection begins a new window", () => {
    const states = pair();
    window(states, [10, 0], NOW);
    window(states, [0, 0], NEXT, 1);
    const back = NEXT + 30 * SECOND;
    expect(window(states, [0, 0], back, 1)).toEqual([]);
    expect(states[0]?.isEjected(back)).toBe(false);
  });
});
