import { expect, test } from "vitest";
import { linesOf } from "../../../src/compiler/diagnostics/lines.ts";

const text = "ab\ncd\r\n\nlast";

test.each([
  [-5, 1, "1:1+1"],
  [0, 2, "1:1+2"],
  [1, 99, "1:2+1"],
  [2, 3, "1:3+1"],
  [3, 5, "2:1+2"],
  [3, 7, "2:1+2"],
  [7, 8, "3:1+1"],
  [8, 12, "4:1+4"],
  [9, 9, "4:2+1"],
  [12, 12, "4:5+1"],
  [500, 600, "4:5+1"],
])("from offset %i to %i is %s", (start, end, expected) => {
  const { file, line, column, length } = linesOf(text).position("x", start, end);
  expect([file, `${line}:${column}+${length}`]).toEqual(["x", expected]);
});

test("lines come without their breaks, and there are none outside", () => {
  const lines = linesOf(text);
  expect([0, 1, 2, 3, 4, 5].map((line) => lines.text(line))).toEqual(["", "ab", "cd", "", "last", ""]);
  expect([lines.count, linesOf("").count, linesOf("a\n").count]).toEqual([4, 1, 2]);
});
