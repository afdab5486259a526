import { describe, expect, test } from "vitest";
import { WeightedDraw } from "../../../src/edge/upstream/choose.ts";

const weightOf = ([, weight]: [string, number]) => weight;

describe("nothing to draw", () => {
  test("no item", () => {
    const draw = new WeightedDraw<[string, number]>([], weightOf, 0.5);
    expect(draw.next()).toBeNull();
  });
  test("weight 0 only", () => {
    expect(new WeightedDraw<[string, number]>([["a", 0]], weightOf, 0.5).next()).toBeNull();
  });
});

test.each([0, 0.25, 0.5, 0.999999])("shares over 10,000 draws are off by less than 0.1 %% from seed %d", (seed) => {
  const items: [string, number][] = [
    ["a", 100],
    ["b", 55],
    ["c", 7],
    ["d", 1],
    ["idle", 0],
  ];
  const draw = new WeightedDraw(items, weightOf, seed);
  const counts = new Map<string, number>();
  for (let index = 0; index < 10_000; index++) {
    const [name] = draw.next() ?? ["none"];
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  for (const [name, weight] of items) {
    expect(Math.abs((counts.get(name) ?? 0) / 10_000 - weight / 163), name).toBeLessThan(0.001);
  }
});
