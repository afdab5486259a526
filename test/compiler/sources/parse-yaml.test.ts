import { describe, expect, test } from "vitest";
import { places, readText, values } from "./reading.ts";

/** Each text stands as the second of three documents: the others must come through. */
function amid(text: string) {
  const result = readText(`first: 1\n---\n${text}\n---\nlast: 1\n`);
  expect(values(result).filter((value) => JSON.stringify(value).match(/^\{"(?:first|last)":1\}$/))).toHaveLength(2);
  const found = places(result.diagnostics).map((place) =>
    place.replace(/<stdin>:(\d+)/, (_, line) => String(Number(line) - 2)),
  );
  return { found, values: values(result).slice(1, -1), diagnostics: result.diagnostics };
}

describe("a document with an error is left out; its place is line:column+length", () => {
  test.each([
    ["a second key on a line", "a: b: c", ["EI1102 1:4+1"]],
    ["a line without a colon", "a: 1\nfoo\nb: 2", ["EI1102 2:1+3"]],
    ["a key too far left", "a:\n    b: 1\n  c: 2", ["EI1102 3:3+1"]],
    ["a list item too far left", "a:\n  - b\n - c", ["EI1102 3:2+1"]],
    ["a tab before a key", "a:\n\tb: 1", ["EI1104 2:1+1"]],
    ["a tab before a later key", "a:\n  b: 1\n\tc: 2", ["EI1104 3:1+1"]],
    ["a quote that is not closed", 'a: 1\nb: "x\nc: 1', ["EI1105 2:4+1"]],
    ["a bracket that is not closed", "a: [1, 2\nb: 3", ["EI1105 1:4+1"]],
    ["a brace in a bracket that are not closed", "a: [1, {b: 2", ["EI1105 1:8+1"]],
    ["a bracket too many", "a: 1\n}", ["EI1101 2:1+1"]],
    ["a reserved character", "a: @x", ["EI1101 1:4+1"]],
    ["a bad escape", 'a: "\\q"', ["EI1101 1:5+1"]],
    ["a comment that touches a value", "a: 'b'#c", ["EI1101 1:7+2"]],
    ["a missing comma", '{"a": 1 "b": 2}', ["EI1101 1:7+8"]],
    ["two objects of JSON Lines", '{"a":1}\n{"b":2}', ["EI1101 2:1+1"]],
    ["an alias without an anchor", "a: *x\nb: *y", ["EI1106 1:4+2", "EI1106 2:4+2"]],
    ["an alias before its anchor", "a: *x\nb: &x 1", ["EI1106 1:4+2"]],
    ["an alias in its own anchor", "a: &x [1, *x]", ["EI1112 1:11+2"]],
    ["a custom tag", "a: !foo x", ["EI1109 1:4+4"]],
    ["a custom tag of a map", "a: !foo {b: 1}", ["EI1109 1:4+4"]],
    ["a tag that changes the value", "a: !!binary aGk=", ["EI1109 1:4+8"]],
    ["a tag with an unknown handle", "a: !e!x 1", ["EI1109 1:4+4"]],
    ["a list as a key", "? [a]\n: 1", ["EI1110 1:3+1"]],
    ["a map as a key", "{a: 1}: 1", ["EI1110 1:1+1"]],
    ["an alias as a key", "a: &x b\n*x : 1", ["EI1110 2:1+2"]],
    ["a text to merge", "a: &x 1\nb:\n  <<: *x", ["EI1111 3:7+2"]],
    ["a list with a text to merge", "<<: [{a: 1}, 3]", ["EI1111 1:14+1"]],
    ["an escape sequence", "a: b\u001b[31mc", ["EI1114 1:5+1"]],
    ["a carriage return alone", "a: b\rc", ["EI1114 1:5+1"]],
    ["a list", "- a: 1", ["EI1116 1:1+1"]],
    ["a text", "hello", ["EI1116 1:1+5"]],
    ["a number", "5", ["EI1116 1:1+1"]],
    ["a template's block", "{{- if .x }}\na: {{ .b }}\n{{- end }}", ["EI1113 1:1+2"]],
    ["a template's value", 'a: 1\nb: {{ include "x" . }}-c', ["EI1113 2:4+2"]],
    ["a template's value alone", "a: {{ .b }}", ["EI1113 1:4+2"]],
  ])("%s", (_, text, expected) => {
    const { found, values } = amid(text);
    expect(found).toEqual(expected);
    expect(values).toEqual([]);
  });

  test("a bracket too many is one finding, however much follows it", () => {
    expect(amid("a: 1\n}\nb: 2\nc: {d: 3}").found).toEqual(["EI1101 2:1+1"]);
  });

  test("what stands behind many stray tokens is still taken as what it is", () => {
    const result = readText(`a: 1\n${"}".repeat(50)}\n...\n%TAG !e! tag:yaml.org,2002:\n---\nb: !e!str 1\n`);
    expect(places(result.diagnostics)).toEqual(["EI1101 <stdin>:2:1+1"]);
    expect(values(result)).toEqual([{ b: "1" }]);
  });

  test("a template before makes no template of an error in the next document", () => {
    const result = readText("a: {{ b }}\n---\nc: d: e\n");
    expect(places(result.diagnostics)).toEqual(["EI1113 <stdin>:1:4+2", "EI1102 <stdin>:3:4+1"]);
  });

  test("a control character in a comment before a document belongs to it", () => {
    const result = readText("a: 1\n---\nb: 1\n...\n# \u001b\n---\nc: 1\n");
    expect(places(result.diagnostics)).toEqual(["EI1114 <stdin>:5:3+1"]);
    expect(values(result)).toEqual([{ a: 1 }, { b: 1 }]);
  });

  test("braces in a quoted text make no template of another error", () => {
    expect(amid("a: b: c\nd: '{{ x }}'").found).toEqual(["EI1102 1:4+1"]);
  });

  test("the hint for a template names helm", () => {
    expect(amid("a: {{ .b }}").diagnostics[0]?.fix).toContain("helm template");
  });

  test.each([
    ["the last quote of the file", 'a: "x\n---\nb: 1\n', ["EI1105 <stdin>:1:4+1"], [{ b: 1 }], "2:1"],
    [
      "one that a later document could close",
      'a: "x\n---\nb: 1\n---\nc: "y\n---\nd: 1\n',
      ["EI1105 <stdin>:1:4+1", "EI1105 <stdin>:5:4+1"],
      [{ b: 1 }, { d: 1 }],
      "1:6",
    ],
  ])("an unclosed quote takes nothing of the next document: %s", (_, text, expected, documents, end) => {
    const result = readText(text);
    expect(places(result.diagnostics)).toEqual(expected);
    expect(values(result)).toEqual(documents);
    const position = result.diagnostics[0]?.related[0]?.position;
    expect(`${position?.line}:${position?.column}`).toBe(end);
  });

  test("an unclosed quote shows where it opens, and how far the text goes", () => {
    const { diagnostics } = readText('a: "x\nb: 2\n');
    expect(diagnostics[0]?.related).toEqual([
      { message: "the text goes on to here", position: { file: "<stdin>", line: 3, column: 1, length: 1 } },
    ]);
  });
});

describe("duplicate keys", () => {
  test.each([
    ["in a block", "a: 1\nb: 2\na: 3", "3:1", "1:1"],
    ["in a nested block", "x:\n  a: 1\n  a: 1", "3:3", "2:3"],
    ["in braces", "{a: 1, b: 2, a: 3}", "1:14", "1:2"],
    ["in JSON", '{"a": 1,\n "a": 2}', "2:2", "1:2"],
    ["in quotes and without", "a: 1\n'a': 2", "2:1", "1:1"],
    ["number and text", "1: 1\n'1': 2", "2:1", "1:1"],
    ["of a prototype", "__proto__: 1\n__proto__: 2", "2:1", "1:1"],
    ["with a name of Object.prototype", "toString: 1\ntoString: 2", "2:1", "1:1"],
  ])("%s: both places are given", (_, text, second, first) => {
    const { diagnostics, documents } = readText(text);
    const spot = (position: { line: number; column: number } | null | undefined) =>
      `${position?.line}:${position?.column}`;
    expect(documents).toEqual([]);
    expect(diagnostics.map(({ code, position }) => `${code} ${spot(position)}`)).toEqual([`EI1103 ${second}`]);
    expect(diagnostics[0]?.related.map(({ position }) => spot(position))).toEqual([first]);
  });

  test("a key that a merge brings too is no duplicate", () => {
    expect(values(readText("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  x: 3\n"))).toEqual([
      { a: { x: 1, y: 2 }, b: { x: 3, y: 2 } },
    ]);
  });

  test("a key named like a member of Object.prototype is no duplicate by itself", () => {
    expect(values(readText("toString: 1\nconstructor: 2\n"))).toEqual([{ toString: 1, constructor: 2 }]);
  });
});

describe("values", () => {
  test.each<readonly [string, string, readonly unknown[]]>([
    [
      "scalars of YAML 1.2",
      "a: [1, 1.5, true, null, ~, yes, 0x10, 010, 1e3, '1']",
      [{ a: [1, 1.5, true, null, null, "yes", 16, 10, 1000, "1"] }],
    ],
    ["an empty value", "a:\nb: 1", [{ a: null, b: 1 }]],
    [
      "keys that are numbers, booleans, null",
      "1: a\ntrue: b\n~: c\n1.50: d",
      [{ 1: "a", true: "b", "~": "c", "1.50": "d" }],
    ],
    ["anchors and aliases", "a: &x {b: [1]}\nc: *x\nd: &y 2\ne: *y", [{ a: { b: [1] }, c: { b: [1] }, d: 2, e: 2 }]],
    ["an anchor given anew", "a: &x 1\nb: *x\nc: &x 2\nd: *x", [{ a: 1, b: 1, c: 2, d: 2 }]],
    ["an anchor that is known in its document alone", "a: &x 1\n---\nb: 1\n", [{ a: 1 }, { b: 1 }]],
    [
      "merge keys, the first to win",
      "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  c: 3",
      [{ x: { a: 1, b: 1 }, y: { b: 2, c: 2 }, z: { a: 1, b: 1, c: 3 } }],
    ],
    [
      "merges of merges",
      "x: &x {a: 1}\ny: &y {<<: *x, b: 2}\nz: {<<: *y}",
      [{ x: { a: 1 }, y: { a: 1, b: 2 }, z: { a: 1, b: 2 } }],
    ],
    ["a quoted merge key is a name", "'<<': 1", [{ "<<": 1 }]],
    ["core tags", "a: !!str 1\nb: !!map {c: !!seq [1]}", [{ a: "1", b: { c: [1] } }]],
    [
      "several documents, empty ones dropped",
      "---\na: 1\n---\n---\n# no\n---\nnull\n--- ~\n...\n---\nb: 2\n...\n",
      [{ a: 1 }, { b: 2 }],
    ],
    [
      "CRLF",
      "a: 1\r\nb: |\r\n  x\r\n  y\r\nc: 'd\r\n  e'\r\n---\r\nf: 1\r\n",
      [{ a: 1, b: "x\ny\n", c: "d e" }, { f: 1 }],
    ],
    ["a byte order mark", "\ufeffa: 1", [{ a: 1 }]],
    ["JSON with tabs", '{\n\t"a": [\n\t\t1\n\t]\n}', [{ a: [1] }]],
    ["three dashes in a text", "a: |\n  ---\n  b\nc: 1", [{ a: "---\nb\n", c: 1 }]],
  ])("%s", (_, text, expected) => {
    const result = readText(text);
    expect(places(result.diagnostics)).toEqual([]);
    expect(values(result)).toEqual(expected);
  });

  test("a key __proto__ is a property, and sets no prototype", () => {
    const [value] = values(readText("__proto__: {polluted: true}\nm: {<<: {__proto__: {polluted: true}}}\n"));
    const map = value as { m: object };
    expect(Object.getPrototypeOf(map)).toBe(Object.prototype);
    expect(Object.getPrototypeOf(map.m)).toBe(Object.prototype);
    expect(Object.keys(map)).toEqual(["__proto__", "m"]);
    expect("polluted" in {}).toBe(false);
  });

  test.each([
    ["%FOO\n---\na: 1\n", "EI1115 <stdin>:1:1+4"],
    ["%YAML 1.3\n---\na: 1\n", "EI1115 <stdin>:1:7+3"],
  ])("%j is read with a warning", (text, expected) => {
    const result = readText(text);
    expect([places(result.diagnostics), values(result)]).toEqual([[expected], [{ a: 1 }]]);
  });

  test("a directive after the last document is not lost", () => {
    expect(places(readText("%FOO\n").diagnostics)).toEqual(["EI1115 <stdin>:1:1+4"]);
  });
});

describe("a file with many errors", () => {
  test("shows twenty, then how many more", () => {
    const result = readText("a: *x\n---\n".repeat(33));
    expect(result.diagnostics).toHaveLength(21);
    expect(result.diagnostics.slice(0, 20).every(({ code }) => code === "EI1106")).toBe(true);
    expect(places(result.diagnostics).at(-1)).toBe("EI1118 <stdin>:41:4+2");
    expect(result.diagnostics.at(-1)?.message).toBe("13 more findings in this file are not shown");
  });

  test("of twenty shows all", () => {
    expect(readText("a: *x\n---\n".repeat(20)).diagnostics).toHaveLength(20);
  });

  test("quotes no more of the text than a line of a message can hold", () => {
    const [diagnostic] = readText(`a: *${"x".repeat(100_000)}\n`).diagnostics;
    expect(diagnostic?.message.length).toBeLessThan(300);
  });
});
