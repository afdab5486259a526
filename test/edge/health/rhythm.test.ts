import { expect, test } from "vitest";
import { Rhythm } from "../../../src/edge/health/rhythm.ts";

const NOW = 1_795_000_000_000;

function placesOf(rhythm: Rhythm, count: number): number[] {
  const places = [rhythm.after(NOW)];
  while (places.length < count) places.push(rhythm.after(places.at(-1) as number));
  return places;
}

test.each([0, 10, 100])("with %d %% jitter a place is at most that late, and the mean is the interval", (jitter) => {
  const places = placesOf(new Rhythm(10_000, jitter, 0.3, 7), 1_001);
  const late = places.map((place) => (place - 3_000) % 10_000);
  expect(Math.max(...late)).toBeLessThanOrEqual(jitter * 100);
  const mean = ((places.at(-1) as number) - (places[0] as number)) / 1_000;
  expect(Math.abs(mean - 10_000)).toBeLessThan(11);
  expect(new Set(late).size).toBeGreaterThan(jitter === 0 ? 0 : 500);
});

test("an object that begins anew finds the same places", () => {
  expect(placesOf(new Rhythm(7_000, 50, 0.9, 3), 50)).toEqual(placesOf(new Rhythm(7_000, 50, 0.9, 3), 50));
});

test("the last place before one and the first after it enclose it", () => {
  const rhythm = new Rhythm(1_000, 100, 0, 5);
  for (const place of placesOf(rhythm, 100)) {
    expect(rhythm.before(place)).toBe(place);
    expect(rhythm.before(rhythm.after(place) - 1)).toBe(place);
    expect(rhythm.after(rhythm.before(place - 1))).toBe(place);
  }
});
