import { describe, expect, test } from "vitest";
import type { EndpointHealth } from "../../../src/edge/health/protocol.ts";
import { type Answer, OutlierDetector } from "../../../src/edge/upstream/outlier.ts";
import { OutlierState } from "../../../src/edge/upstream/outlier-state.ts";
import { DEFAULT_OUTLIER_DETECTION, type OutlierDetection } from "../../../src/table/policies/outlier-detection.ts";
import { NOW, stateOf } from "./endpoints.ts";

const SECOND = 1000;

const clusterOf = (limits: Partial<OutlierDetection>, slowStart: number) => ({
  slowStart,
  outlierDetection: { ...DEFAULT_OUTLIER_DETECTION, ...limits },
});

/** A backend at an endpoint of this cluster. */
const watched = (name: string, limits: Partial<OutlierDetection> = {}, slowStart = 0): OutlierState =>
  new OutlierState(stateOf(name, clusterOf(limits, slowStart)).cluster);

const detector = new OutlierDetector();

/** Records answers at one moment; what the last one of them did. */
function record(state: OutlierState, now: number, ...answers: Answer[]) {
  return answers.map((answer) => detector.record(state, answer, now, [state])).at(-1);
}

const failures = (count: number): Answer[] => Array(count).fill("failure");
const gatewayFailures = (count: number): Answer[] => Array(count).fill("gateway-failure");

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

  test("both at once are told as the gateway's", () => {
    expect(record(watched("a"), NOW, ...gatewayFailures(5))).toBe("consecutive-gateway-failure");
  });

  test("those of a gateway count as 5xx too (Envoy without split_external_local_origin_errors)", () => {
    const outcomes: Answer[] = [...gatewayFailures(2), "failure", ...gatewayFailures(2)];
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
  function ejectAt(state: OutlierState, now: number): number {
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
    state.settleIfOver(NOW + 29_999);
    expect(state.isEjected(NOW + 29_999)).toBe(true);
    state.settleIfOver(NOW + 45_000);
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
});

/** Records at one moment whether an endpoint answered; what the last of it did. */
const reach = (state: OutlierState, now: number, ...answered: boolean[]) =>
  answered.map((one) => detector.recordReach(state, one, now)).at(-1);

const silences = (count: number): boolean[] => Array(count).fill(false);

describe("an endpoint", () => {
  test("is ejected when no answer came five times in a row, whatever it was asked for", () => {
    const state = watched("a");
    expect(reach(state, NOW, ...silences(4), true, ...silences(4))).toBe(false);
    expect(reach(state, NOW, false)).toBe(true);
    expect([state.ejectionCause, state.ejectedUntil]).toEqual(["consecutive-gateway-failure", NOW + 30_000]);
  });

  test.each([
    [{ consecutive5xx: 3, consecutiveGatewayFailure: 0 }, 3],
    [{ consecutive5xx: 0, consecutiveGatewayFailure: 3 }, 3],
    [{ consecutive5xx: 2, consecutiveGatewayFailure: 9 }, 2],
    [{ consecutive5xx: 9, consecutiveGatewayFailure: 1 }, 1],
  ])("by either limit, and always as one that a probe can refute: %j", (limits, count) => {
    const state = watched("a", limits);
    for (let index = 1; index < count; index++) expect(reach(state, NOW, false)).toBe(false);
    expect(reach(state, NOW, false)).toBe(true);
    expect(state.ejectionCause).toBe("consecutive-gateway-failure");
  });

  test("is not with both limits off", () => {
    const state = watched("a", { consecutive5xx: 0, consecutiveGatewayFailure: 0 });
    expect(reach(state, NOW, ...silences(100))).toBe(false);
  });

  test("is ejected for longer each time", () => {
    const state = watched("a");
    reach(state, NOW, ...silences(5));
    expect(reach(state, NOW + 1, true, ...silences(50))).toBe(false);
    expect([state.ejections, state.ejectedUntil]).toEqual([1, NOW + 30_000]);
    expect(reach(state, NOW + 30_000, ...silences(4))).toBe(false);
    expect(reach(state, NOW + 30_000, false)).toBe(true);
    expect(state.ejectedUntil).toBe(NOW + 90_000);
  });

  test("that others ejected counts nothing meanwhile, and begins anew", () => {
    const state = stateOf("a", clusterOf({}, 0));
    reach(state, NOW, ...silences(4));
    state.sharedEjectedUntil = NOW + 60_000;
    expect(reach(state, NOW + 1, ...silences(50))).toBe(false);
    expect([state.ejections, state.ejectedUntil]).toEqual([0, 0]);
    expect(reach(state, NOW + 60_000, ...silences(4))).toBe(false);
    expect(state.returnedAt).toBe(NOW + 60_000);
    expect(reach(state, NOW + 60_000, false)).toBe(true);
  });
});

const probed = (lastGoodProbe: number, since = NOW - 1000): EndpointHealth => ({
  state: "healthy",
  since,
  cause: "200",
  lastGoodProbe,
  ejectedUntil: 0,
  drain: false,
});

describe("a good probe", () => {
  const silent = () => {
    const state = watched("a", {}, 10 * SECOND);
    reach(state, NOW, ...silences(5));
    return state;
  };

  test("after it ends an endpoint's ejection", () => {
    const state = silent();
    expect(detector.refute(state, probed(NOW + 1), NOW + 2)).toBe(true);
    expect([state.isEjected(NOW + 2), state.ejectionCause, state.returnedAt]).toEqual([false, null, NOW + 2]);
    expect(state.share(NOW + 2)).toBeCloseTo(0.1);
    expect(reach(state, NOW + 2, ...silences(4))).toBe(false);
  });

  test("does not make the next ejection shorter", () => {
    const state = silent();
    detector.refute(state, probed(NOW + 1), NOW + 2);
    reach(state, NOW + 3, ...silences(5));
    expect(state.ejectedUntil).toBe(NOW + 3 + 60_000);
  });

  test.each([
    ["before it", NOW - 1],
    ["at its very moment", NOW],
    ["never", 0],
  ])("%s refutes nothing", (_, lastGoodProbe) => {
    const state = silent();
    expect(detector.refute(state, probed(lastGoodProbe), NOW + 2)).toBe(false);
    expect(state.isEjected(NOW + 2)).toBe(true);
  });

  test("says nothing of one that is not ejected, or not any more", () => {
    expect(detector.refute(watched("a"), probed(NOW + 1), NOW + 2)).toBe(false);
    expect(detector.refute(silent(), probed(NOW + 30_001), NOW + 30_001)).toBe(false);
  });

  test.each([failures(5), gatewayFailures(5)])("says nothing of what a backend answers: %j", (...answers) => {
    const state = watched("a");
    record(state, NOW, ...answers);
    detector.recover(state, probed(NOW + 1), NOW + 2);
    expect(state.isEjected(NOW + 2)).toBe(true);
  });
});

describe("a recovery after it", () => {
  const recovered = probed(0, NOW + 1);

  test("ends an endpoint's ejection, also where no probe was good by the snapshot", () => {
    const state = watched("a");
    reach(state, NOW, ...silences(5));
    expect(detector.refute(state, recovered, NOW + 2)).toBe(true);
  });

  test("ends a backend's there: its probes had failed too", () => {
    const state = watched("a");
    record(state, NOW, ...failures(5));
    for (const health of [{ ...recovered, state: "unhealthy" } as const, probed(NOW + 1, NOW)]) {
      detector.recover(state, health, NOW + 2);
      expect(state.isEjected(NOW + 2)).toBe(true);
    }
    detector.recover(state, recovered, NOW + 2);
    expect([state.isEjected(NOW + 2), state.returnedAt]).toEqual([false, NOW + 2]);
  });

  test("makes no slow start of one that was not ejected", () => {
    const state = watched("a");
    detector.recover(state, recovered, NOW + 2);
    expect(state.returnedAt).toBe(0);
  });
});
