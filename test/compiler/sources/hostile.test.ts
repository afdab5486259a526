import { describe, expect, test } from "vitest";
import { cpuTime } from "../../support/cpu-time.ts";
import { places, readText, values } from "./reading.ts";

const tail = "\n---\nlast: 1\n";

function within(milliseconds: number, read: () => void): void {
  expect(cpuTime(read)).toBeLessThan(milliseconds);
}

const levels = (count: number, line: (level: number) => string) =>
  Array.from({ length: count }, (_, level) => line(level));

describe("nesting is limited to 100 levels, and the next document is read", () => {
  test.each<readonly [string, string, string]>([
    ["brackets", `a: ${"[".repeat(100_000)}`, "EI1108 <stdin>:1:103+1"],
    ["brackets that are closed", `a: ${"[".repeat(5000)}${"]".repeat(5000)}`, "EI1108 <stdin>:1:103+1"],
    ["braces", "{a: ".repeat(50_000), "EI1108 <stdin>:1:401+1"],
    ["blocks", levels(5000, (level) => `${" ".repeat(level)}a:`).join("\n"), "EI1108 <stdin>:101:102+1"],
    ["dashes in a line", "- ".repeat(5000), "EI1108 <stdin>:1:201+1"],
    ["question marks", "? ".repeat(5000), "EI1108 <stdin>:1:201+1"],
    [
      "aliases",
      ["a0: &a0 [x]", ...levels(150, (n) => `a${n + 1}: &a${n + 1} [*a${n}]`)].join("\n"),
      "EI1108 <stdin>:100:12+4",
    ],
  ])("%s", (_, text, expected) => {
    within(10_000, () => {
      const result = readText(text + tail);
      expect(places(result.diagnostics)).toEqual([expected]);
      expect(values(result)).toEqual([{ last: 1 }]);
    });
  });

  test("an alias counts with all levels of its anchor, whatever stands last in it", () => {
    const deep = (count: number, core: string) => "[".repeat(count) + core + "]".repeat(count);
    const text = (outer: number) => `a: &o [${deep(50, "x")}, &i y]\nb: ${deep(outer, "*o")}\n`;
    expect(readText(text(47)).diagnostics).toEqual([]);
    expect(places(readText(text(50)).diagnostics)).toEqual(["EI1108 <stdin>:2:54+2"]);
  });

  test("findings in a document behind one that was given up have their places", () => {
    const result = readText(`a: ${"[".repeat(200)}\n---\nb: 1\nb: 2\n---\nc: *x\n---\nd: e: f\n`);
    const expected = ["EI1108 <stdin>:1:103+1", "EI1103 <stdin>:4:1+1", "EI1106 <stdin>:6:4+2", "EI1102 <stdin>:8:4+1"];
    expect(places(result.diagnostics)).toEqual(expected);
    expect(result.diagnostics[1]?.related[0]?.position.line).toBe(3);
  });

  test("100 levels are read", () => {
    const text = `a: ${"[".repeat(99)}${"]".repeat(99)}`;
    expect(readText(text).diagnostics).toEqual([]);
    expect(places(readText(`a: ${"[".repeat(100)}${"]".repeat(100)}`).diagnostics)).toEqual(["EI1108 <stdin>:1:103+1"]);
  });

  test("in each of many documents", () => {
    const result = readText(`---\n${"[".repeat(200)}\n`.repeat(1000) + tail);
    expect(result.diagnostics).toHaveLength(21);
    expect(values(result)).toEqual([{ last: 1 }]);
  });
});

describe("aliases that stand for too much", () => {
  const tens = (name: string) => Array(10).fill(`*${name}`).join(", ");
  const laugh = [
    "a: &a [x, x, x, x, x]",
    ...levels(9, (n) => `${"bcdefghij"[n]}: &${"bcdefghij"[n]} [${tens("abcdefghi"[n] ?? "")}]`),
  ];
  const merged = [
    "a: &a {x: [1, 2, 3, 4, 5, 6, 7, 8]}",
    ...levels(9, (n) => `${"bcdefghij"[n]}: &${"bcdefghij"[n]} {<<: [${tens("abcdefghi"[n] ?? "")}]}`),
  ];
  const wide = ["a: &a", ...levels(2000, (n) => `  k${n}: 1`), ...levels(2000, (n) => `m${n}: {<<: *a}`)];
  test.each<readonly [string, readonly string[], string]>([
    ["a billion laughs", laugh, "EI1107 <stdin>:7:8+2"],
    ["merges of merges", merged, "EI1107 <stdin>:6:45+2"],
    ["one wide map merged many times", wide, "EI1107 <stdin>:2501:12+2"],
  ])("%s", (_, lines, expected) => {
    within(10_000, () => {
      const result = readText(lines.join("\n") + tail);
      expect(places(result.diagnostics)).toEqual([expected]);
      expect(values(result)).toEqual([{ last: 1 }]);
    });
  });

  test("the limit is for all documents of a file together", () => {
    const [one] = [laugh.slice(0, 5).join("\n")];
    expect(readText(one ?? "").diagnostics).toEqual([]);
    const result = readText(Array(40).fill(one).join("\n---\n") + tail);
    expect(new Set(result.diagnostics.map(({ code }) => code))).toEqual(new Set(["EI1107", "EI1118"]));
    expect(values(result).at(-1)).toEqual({ last: 1 });
  });

  test("a thousand uses of one map are no attack", () => {
    const text = ["a: &a {x: 1, y: 2}", ...levels(1000, (n) => `m${n}: {<<: *a, z: *a}`)].join("\n");
    expect(readText(text).diagnostics).toEqual([]);
  });
});

describe("two megabytes end in seconds", () => {
  const fill = (text: string) => text.repeat(Math.ceil(2_000_000 / text.length));
  test.each<readonly [string, string, string | null]>([
    ["one plain text", `a: ${fill("x ")}`, null],
    ["a plain text of many lines", `a:\n${fill("  x\n")}`, null],
    ["a quoted text of many lines", `a: "${fill("x\n  ")}"`, null],
    ["keys in one map", levels(120_000, (n) => `key-number-${n}: 1`).join("\n"), null],
    ["the same key", fill("same: 1\n"), "EI1103"],
    ["aliases", `a: &a x\nb:\n${fill("- *a\n")}`, null],
    ["commas", `a: [${fill(",")}]`, "EI1119"],
    ["closing brackets", fill("]"), "EI1101"],
    ["bad escapes", `a: "${fill("\\q")}"`, "EI1101"],
    ["directives", fill("%A\n"), "EI1115"],
    ["empty documents", fill("---\n"), null],
    ["blank lines", `a:\n${fill("\n")}b: 1`, "EI1119"],
  ])("%s", (_, text, code) => {
    // Each takes at most 3 s; a quadratic one would take minutes.
    within(30_000, () => expect(readText(text).diagnostics[0]?.code ?? null).toBe(code));
  });

  test("what comes before a text of too many tokens is kept", () => {
    const result = readText(`first: 1\n---\na:\n${fill("- a\n")}`);
    expect(values(result)).toEqual([{ first: 1 }]);
    expect(result.diagnostics.map(({ code }) => code)).toEqual(["EI1119"]);
  });
});

test("errors of callers still have their stack after a parse", () => {
  readText("a: [");
  expect(new Error("x").stack).toContain("hostile.test.ts");
});
