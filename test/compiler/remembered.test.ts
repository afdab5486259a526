import { expect, test } from "vitest";
import { remembered } from "../../src/compiler/remembered.ts";

test("works once for each key, and forgets all where there are too many", () => {
  const worked: string[] = [];
  const doubled = remembered(
    2,
    (text: string) => text,
    (text) => {
      worked.push(text);
      return text === "none" ? undefined : `${text}${text}`;
    },
  );
  expect(["a", "a", "none", "none"].map(doubled)).toEqual(["aa", "aa", undefined, undefined]);
  expect(worked).toEqual(["a", "none"]);
  expect(["b", "a", "b"].map(doubled)).toEqual(["bb", "aa", "bb"]);
  expect(worked).toEqual(["a", "none", "b", "a"]);
  const long = "x".repeat(5_000);
  expect([long, long].map((text) => doubled(text)?.length)).toEqual([10_000, 10_000]);
  expect(worked.filter((text) => text === long)).toHaveLength(2);
});
