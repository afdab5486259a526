import { expect, test } from "vitest";
import { columnsOf, paintOf, wrapped } from "../../src/cli/terminal.ts";
import { formatText } from "../../src/compiler/diagnostics/text.ts";

test("lines are broken between words, and go on two columns further in", () => {
  const text = `  ${"word ".repeat(30).trim()}`;
  const lines = wrapped(text, 60).split("\n");
  expect(lines.length).toBeGreaterThan(2);
  expect(lines.every((line) => line.length <= 60)).toBe(true);
  expect(lines[0]).toMatch(/^ {2}word/);
  expect(lines.slice(1).every((line) => /^ {4}word/.test(line))).toBe(true);
  expect(lines.map((line) => line.trim()).join(" ")).toBe(text.trim());
});

test("what has no place to break is left whole: a URL can be copied", () => {
  const url = `https://shop.example.com/${"a".repeat(100)}`;
  expect(wrapped(`GET ${url}`, 80).split("\n")).toContain(`  ${url}`);
});

test("code frames and short lines stay", () => {
  const frame = `> 12 |   ${"x ".repeat(60)}`;
  expect(wrapped(`${frame}\nshort   line`, 80)).toBe(`${frame}\nshort   line`);
});

test("colours have no width", () => {
  const line = `\u001b[31m${"w".repeat(40)}\u001b[0m ${"v".repeat(39)}`;
  expect(wrapped(line, 80)).toBe(line);
});

test("wide characters take two columns, combining ones none", () => {
  const wide = `${"表計算 ".repeat(12)}end`;
  const lines = wrapped(wide, 60).split("\n");
  // Six columns and a space each: eight words fit into 60 columns, and not all twelve, though they are 51 characters.
  expect(lines).toEqual([`${"表計算 ".repeat(8).trimEnd()}`, `  ${"表計算 ".repeat(4)}end`]);
  const accents = `${"e\u0301".repeat(39)} ${"e\u0301".repeat(40)}`;
  expect(wrapped(accents, 80)).toBe(accents);
});

test("a terminal too narrow for words gets lines as they are", () => {
  const line = "word ".repeat(20);
  expect(wrapped(line, 30)).toBe(line);
});

test("a pipe has neither columns nor colours, whatever it says", () => {
  expect(columnsOf({ isTTY: false, columns: 80 })).toBeNull();
  expect(paintOf({ isTTY: false })("error", "x")).toBe("x");
  expect(paintOf({ isTTY: true })("error", "x")).toBe(process.env.NO_COLOR ? "x" : "\u001b[31mx\u001b[0m");
});

test("a code frame of wide characters is as narrow, and its carets stand below them", () => {
  const file = { name: "a.yaml", realPath: null, text: `値: ${"値".repeat(100)} # rest\n` };
  const position = { file: "a.yaml", line: 1, column: 4, length: 5 };
  const diagnostic = { code: "EI1103", severity: "error", message: "m", fix: "f", position, related: [] } as const;
  const lines = formatText([diagnostic], [file], { columns: 60 }).split("\n");
  const index = lines.findIndex((line) => line.startsWith("> 1 |"));
  const widthOf = (text: string) => [...text].reduce((sum, one) => sum + (one === "値" ? 2 : 1), 0);
  expect(widthOf(lines[index] as string)).toBeLessThanOrEqual(60);
  expect(widthOf(lines[index] as string)).toBeGreaterThan(54);
  // The key, its colon and the space are four columns, ten carets stand below five characters.
  expect(lines[index + 1]).toBe(`    | ${" ".repeat(4)}${"^".repeat(10)}`);
});

test("a code frame is as narrow as the terminal", () => {
  const file = { name: "a.yaml", realPath: null, text: `key: ${"v".repeat(200)}\n` };
  const position = { file: "a.yaml", line: 1, column: 1, length: 3 };
  const diagnostic = { code: "EI1103", severity: "error", message: "m", fix: "f", position, related: [] } as const;
  for (const columns of [40, 80]) {
    const lines = formatText([diagnostic], [file], { columns }).split("\n");
    const row = lines.find((line) => line.startsWith("> 1 |")) ?? "";
    expect(row.length).toBeLessThanOrEqual(columns);
    expect(row.length).toBeGreaterThan(columns - 4);
    expect(row).toMatch(/v…$/);
  }
});
