import { describe, expect, test } from "vitest";
import { frame } from "../../../src/compiler/diagnostics/frame.ts";
import { linesOf } from "../../../src/compiler/diagnostics/lines.ts";
import { columnsOf } from "../../../src/compiler/diagnostics/printable.ts";
import { shownLines } from "../../../src/compiler/diagnostics/shown-lines.ts";
import { cpuTime } from "../../support/cpu-time.ts";

function framed(text: string, line: number, column: number, length = 1): readonly string[] {
  return frame(shownLines(linesOf(text)), { file: "x.yaml", line, column, length });
}

describe("text that would act on a terminal comes out as escapes, and the caret stays under its place", () => {
  test.each<readonly [string, string, string, string]>([
    ["an escape sequence", "a\u001b[31mb", "a\\x1b[31mb", "         ^"],
    ["a carriage return", "a\rb b", "a\\x0db b", "     ^"],
    ["a backspace", "a\bb b", "a\\x08b b", "     ^"],
    ["C1 controls", "a\u009bb b", "a\\x9bb b", "     ^"],
    ["a text turned around", "a\u202eb b", "a\\u{202e}b b", "         ^"],
    ["a zero width space", "a\u200bb b", "a\\u{200b}b b", "         ^"],
    ["half a surrogate pair", "a\ud800b b", "a\\u{d800}b b", "         ^"],
    ["a line separator", "a\u2028b b", "a\\u{2028}b b", "         ^"],
  ])("%s", (_, text, shown, caret) => {
    const column = text.indexOf("b") + 1;
    expect(framed(text, 1, column)).toEqual([`> 1 | ${shown}`, `    | ${caret}`]);
  });
});

describe("the caret stands under what it marks", () => {
  test.each<readonly [string, string, number, number, string, string]>([
    ["letters", "name: app", 7, 3, "name: app", "      ^^^"],
    ["the start", "name", 1, 1, "name", "^"],
    ["the end of the line", "name", 5, 1, "name", "    ^"],
    ["behind the end", "name", 90, 1, "name", "    ^"],
    ["more than the line has", "name", 3, 50, "name", "  ^^"],
    ["after a tab", "\ta: b", 2, 1, "    a: b", "    ^"],
    ["after a tab in the middle", "ab\tc", 4, 1, "ab  c", "    ^"],
    ["a tab", "a\tb", 2, 1, "a   b", " ^^^"],
    ["wide characters", "漢字: x", 5, 1, "漢字: x", "      ^"],
    ["wide characters themselves", "漢字: x", 1, 2, "漢字: x", "^^^^"],
    ["an emoji", "\u{1f600}: x", 5, 1, "\u{1f600}: x", "    ^"],
    ["a combining mark", "e\u0301: x", 5, 1, "e\u0301: x", "   ^"],
  ])("%s", (_, text, column, length, shown, caret) => {
    expect(framed(text, 1, column, length)).toEqual([`> 1 | ${shown}`, `    | ${caret}`]);
  });

  test("two lines before and one after, numbers aligned", () => {
    const text = Array.from({ length: 12 }, (_, index) => `line: ${index + 1}`).join("\r\n");
    expect(framed(text, 10, 7, 2)).toEqual([
      "   8 | line: 8",
      "   9 | line: 9",
      "> 10 | line: 10",
      "     |       ^^",
      "  11 | line: 11",
    ]);
  });

  test("the empty end of a text is no line after, but can be marked", () => {
    expect(framed("a\n", 1, 1)).toEqual(["> 1 | a", "    | ^"]);
    expect(framed("a\n", 2, 1)).toEqual(["  1 | a", "> 2 |", "    | ^"]);
  });

  test.each([0, -1, 3])("line %i of two is no place", (line) => {
    expect(framed("a\nb", line, 1)).toEqual([]);
  });
});

describe("long lines are cut around the place", () => {
  test.each<readonly [string, string, number]>([
    ["at the start", "x".repeat(5000), 1],
    ["in the middle", "x".repeat(5000), 2500],
    ["at the end", "x".repeat(5000), 5000],
    ["of wide characters", "漢".repeat(5000), 2500],
    ["of surrogate pairs", "\u{1f600}".repeat(5000), 5001],
    ["of escapes", "\u001b".repeat(5000), 2500],
    ["of tabs", "\t".repeat(5000), 2500],
    ["of combining marks", "\u0301".repeat(5000), 2500],
  ])("%s", (_, text, column) => {
    const [line = "", caret = ""] = framed(text, 1, column);
    const widths = [...line].reduce((sum, character) => sum + columnsOf(character), 0);
    expect(widths).toBeLessThanOrEqual("> 1 | ".length + 102);
    expect(caret.trimEnd()).toMatch(/^ {4}\| [ ]{0,101}\^+$/);
    expect(line.length).toBeLessThan(1000);
  });

  test("surrogate pairs are not cut in two", () => {
    for (const column of [2001, 2003]) {
      const [line = "", caret = ""] = framed("\u{1f600}".repeat(5000), 1, column);
      expect(line).toBe(`> 1 | …${"\u{1f600}".repeat(50)}…`);
      expect(caret).toBe(`    | ${" ".repeat(61)}^^`);
    }
  });

  test("both ends show that something is missing", () => {
    const text = `${"a".repeat(100)}MARK${"b".repeat(100)}`;
    expect(framed(text, 1, 101, 4)).toEqual([
      `> 1 | …${"a".repeat(60)}MARK${"b".repeat(36)}…`,
      `    | ${" ".repeat(61)}^^^^`,
    ]);
  });

  test("a line of five megabytes costs nothing", () => {
    const text = `${"x".repeat(2_500_000)}y${"x".repeat(2_500_000)}`;
    const lines = shownLines(linesOf(text));
    lines.line(1);
    const taken = cpuTime(() => {
      for (let count = 0; count < 100; count += 1) frame(lines, { file: "x", line: 1, column: 2_500_001, length: 1 });
    });
    expect(taken).toBeLessThan(30_000);
  });
});
