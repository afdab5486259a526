import { expect, test } from "vitest";
import { InFlight } from "../../../src/edge/upstream/in-flight.ts";

const START = 1_800_000_000_000;
const MINUTE = 60_000;

function counting() {
  let count = 0;
  const inFlight = new InFlight((by) => {
    count += by;
  });
  return { begin: (now: number) => inFlight.begin(now), count: () => count };
}

test("what ends is counted off, once, also when it took from one generation into the next", () => {
  const { begin, count } = counting();
  const [first, second] = [begin(START), begin(START + 1)];
  expect(count()).toBe(2);
  first();
  first();
  expect(count()).toBe(1);
  const third = begin(START + 5 * MINUTE);
  second();
  third();
  expect(count()).toBe(0);
});

test("what never ends is forgotten after ten minutes at most, and its late end changes nothing", () => {
  const { begin, count } = counting();
  const lost = [begin(START), begin(START + MINUTE)];
  begin(START + 6 * MINUTE);
  expect(count()).toBe(3);
  begin(START + 11 * MINUTE);
  expect(count()).toBe(2);
  for (const end of lost) end();
  expect(count()).toBe(2);
});

test("after a long silence nothing is left", () => {
  const { begin, count } = counting();
  for (let index = 0; index < 5; index++) begin(START);
  begin(START + 60 * MINUTE);
  expect(count()).toBe(1);
});

test("a clock that goes back loses nothing", () => {
  const { begin, count } = counting();
  const first = begin(START);
  const second = begin(START - 60 * MINUTE);
  first();
  second();
  expect(count()).toBe(0);
});
