import { describe, expect, test } from "vitest";
import type { EndpointState } from "../../../src/edge/upstream/endpoint-state.ts";
import { NOW, stateOf } from "./endpoints.ts";

describe("the circuit breaker", () => {
  const busy = (limits: { maxPendingRequests: number; maxRequests: number }, pending: number, streaming: number) =>
    Object.assign(stateOf("a", { circuitBreaker: limits }), { pending, streaming });

  test.each([
    ["the last place among those that wait", { maxPendingRequests: 3, maxRequests: 0 }, 2, 100, true],
    ["as many wait as may", { maxPendingRequests: 3, maxRequests: 0 }, 3, 0, false],
    ["the last place in all", { maxPendingRequests: 0, maxRequests: 3 }, 1, 1, true],
    ["waiting and streaming count together", { maxPendingRequests: 0, maxRequests: 3 }, 1, 2, false],
    ["either limit is enough", { maxPendingRequests: 1, maxRequests: 10 }, 1, 0, false],
    ["0 is no limit", { maxPendingRequests: 0, maxRequests: 0 }, 1e6, 1e6, true],
  ])("%s", (_, limits, pending, streaming, room) => {
    expect(busy(limits, pending, streaming).hasRoom()).toBe(room);
  });

  test("by default 1024 may wait, and bodies are not counted", () => {
    expect(Object.assign(stateOf("a"), { pending: 1023, streaming: 1e6 }).hasRoom()).toBe(true);
    expect(Object.assign(stateOf("a"), { pending: 1024 }).hasRoom()).toBe(false);
  });
});

test("a drained cluster's endpoint is drained before anybody says so", () => {
  expect(stateOf("a", { drain: true }).drained).toBe(true);
});

test("slow start is of who came back, not of who is new", () => {
  const fresh = stateOf("a", { slowStart: 10_000 });
  expect([fresh.share(NOW), fresh.isInSlowStart(NOW)]).toEqual([1, false]);
  const back = Object.assign(stateOf("a", { slowStart: 10_000 }), { returnedAt: NOW });
  expect([back.share(NOW), back.isInSlowStart(NOW + 9999), back.isInSlowStart(NOW + 10_000)]).toEqual([
    0.1,
    true,
    false,
  ]);
  const without = Object.assign(stateOf("a", { slowStart: 0 }), { returnedAt: NOW });
  expect([without.share(NOW), without.isInSlowStart(NOW)]).toEqual([1, false]);
});

test("of its own ejection and one by agreement the later one's end is its return", () => {
  for (const [ejectedUntil, sharedEjectedUntil] of [
    [NOW + 2, NOW + 1],
    [NOW + 1, NOW + 2],
  ] as const) {
    const state = Object.assign(stateOf("a"), { ejectedUntil, sharedEjectedUntil });
    state.settleIfOver(NOW + 5);
    expect([state.isEjected(NOW + 5), state.returnedAt]).toEqual([false, NOW + 2]);
  }
});

describe("the measured latency", () => {
  test("rises at once and falls little by little", () => {
    const state = stateOf("a");
    state.measure(100, NOW);
    expect(state.latency).toBe(100);
    state.measure(900, NOW + 1);
    expect(state.latency).toBe(900);
    state.measure(100, NOW + 1001);
    expect(state.latency).toBeGreaterThan(800);
    expect(state.latency).toBeLessThan(900);
    for (let second = 2; second < 60; second++) state.measure(100, NOW + second * 1000);
    expect(state.latency).toBeLessThan(105);
  });

  test("a clock that stands still changes nothing for the better", () => {
    const state = stateOf("a");
    state.measure(900, NOW);
    state.measure(1, NOW);
    expect(state.latency).toBe(900);
  });
});

describe("what another request costs", () => {
  const measured = (latency: number, pending = 0): EndpointState => {
    const state = Object.assign(stateOf("a"), { pending });
    state.measure(latency, NOW);
    return state;
  };

  test("more where it is slower, and where more are waiting", () => {
    expect(measured(20).cost(NOW)).toBeLessThan(measured(30).cost(NOW));
    expect(measured(20, 1).cost(NOW)).toBeGreaterThan(measured(30).cost(NOW));
  });

  test("nothing for the first to ask an endpoint that was not measured, very much for those behind", () => {
    expect(stateOf("a").cost(NOW)).toBe(0);
    const frozen = Object.assign(stateOf("a"), { pending: 1 });
    expect(frozen.cost(NOW)).toBeGreaterThan(measured(5000, 5).cost(NOW));
    expect(Object.assign(stateOf("a"), { pending: 2 }).cost(NOW)).toBeGreaterThan(frozen.cost(NOW));
  });

  test("something where answers came in no time, so that what waits there counts", () => {
    expect(measured(0, 100).cost(NOW)).toBeGreaterThan(measured(50).cost(NOW));
  });

  test("less and less where nobody asks: a minute of silence takes two thirds of it", () => {
    const state = measured(900);
    expect(state.cost(NOW + 60_000)).toBeLessThan(900 / 2.7);
    expect(state.cost(NOW + 60_000)).toBeGreaterThan(900 / 2.8);
    expect(state.latency).toBe(900);
  });
});
