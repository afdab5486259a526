import { describe, expect, test } from "vitest";
import { OutlierDetector } from "../../../src/edge/upstream/outlier.ts";
import { OutlierState } from "../../../src/edge/upstream/outlier-state.ts";
import { DEFAULT_OUTLIER_DETECTION, type OutlierDetection } from "../../../src/table/policies/outlier-detection.ts";
import { NOW, stateOf } from "./endpoints.ts";

const SECOND = 1000;

const LIMITS: OutlierDetection = {
  ...DEFAULT_OUTLIER_DETECTION,
  consecutive5xx: 0,
  consecutiveGatewayFailure: 0,
  failurePercentageThreshold: 40,
  failurePercentageMinimumHosts: 2,
  failurePercentageRequestVolume: 10,
};

/** A backend at an endpoint of this cluster. */
const watched = (name: string, more: Partial<OutlierDetection> = {}): OutlierState =>
  new OutlierState(stateOf(name, { slowStart: 0, outlierDetection: { ...LIMITS, ...more } }).cluster);

describe("the failure percentage", () => {
  /** Requests of one window, `failing` of ten of them failed; the causes of ejections. */
  function window(
    states: readonly OutlierState[],
    failing: readonly number[],
    start: number,
    requests = 10,
    peers = states,
  ) {
    const detector = new OutlierDetector();
    const causes: string[] = [];
    for (let index = 0; index < requests; index++) {
      for (const [at, state] of states.entries()) {
        const outcome = index < (failing[at] as number) ? "failure" : "success";
        const cause = detector.record(state, outcome, start + index, peers);
        if (cause !== null) causes.push(`${state.cluster.name} ${cause}`);
      }
    }
    return causes;
  }
  const pair = (more: Partial<OutlierDetection> = {}) => ["a", "b"].map((name) => watched(name, more));
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
    const states = [...pair(), watched("c")];
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
