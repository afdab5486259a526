import { expect, test } from "vitest";
import { attempt, outcomeOf } from "../../../src/edge/upstream/attempt.ts";
import { stateOf } from "./endpoints.ts";

const refusing = { fetch: () => Promise.reject(new Error("Network connection lost.")) };
const limit = { milliseconds: 1000, isCutShort: false };
const request = () => new Request("http://shop.test/");

test("a failure counts, and makes the endpoint look slow", async () => {
  const state = stateOf("a");
  const ended = await attempt(state, refusing, request(), limit, null);
  expect(outcomeOf(ended, false)).toBe("unanswered");
  expect([state.latency, state.pending]).toEqual([1000, 0]);
});

test("one of a try that was sent before the endpoint came back says nothing of it", async () => {
  const state = stateOf("a");
  state.returnedAt = Date.now() + 10;
  const ended = await attempt(state, refusing, request(), limit, null);
  expect([outcomeOf(ended, false), state.latency]).toEqual([null, 0]);
});

test("a silence counts only where the try had the time that is its due", async () => {
  const silent = { fetch: () => new Promise<Response>(() => undefined) };
  for (const [isCutShort, outcome] of [
    [false, "unanswered"],
    [true, null],
  ] as const) {
    const ended = await attempt(stateOf("a"), silent, request(), { milliseconds: 1, isCutShort }, null);
    expect(outcomeOf(ended, false)).toBe(outcome);
  }
});
