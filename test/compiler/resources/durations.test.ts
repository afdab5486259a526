import { describe, expect, test } from "vitest";
import { durationText, parseDuration } from "../../../src/compiler/resources/durations.ts";

describe("a duration", () => {
  test.each(["", "10", "s", "-1s", "1.5s", "1d", "1 s", "10S", "100000s", "1h1m1s1ms1s", "1sec"])(
    "is not %j",
    (text) => {
      expect(parseDuration(text)).toBeNull();
    },
  );

  test.each([
    ["0s", 0],
    ["250ms", 250],
    ["10s", 10_000],
    ["1m", 60_000],
    ["1h30m", 5_400_000],
    ["1h1m1s1ms", 3_661_001],
    ["5m5s", 305_000],
  ])("is %s, %i ms", (text, milliseconds) => {
    expect(parseDuration(text)).toBe(milliseconds);
  });

  test.each([
    [0, "0s"],
    [250, "250ms"],
    [1500, "1500ms"],
    [10_000, "10s"],
    [90_000, "90s"],
    [60_000, "1m"],
    [3_600_000, "1h"],
  ])("of %i ms is written %s", (milliseconds, text) => {
    expect(durationText(milliseconds)).toBe(text);
    expect(parseDuration(text)).toBe(milliseconds);
  });
});
