import { describe, expect, test } from "vitest";
import type { ValuePath } from "../../../src/compiler/sources/document.ts";
import { readText } from "./reading.ts";

const text = `# a comment
apiVersion: v1
metadata: &meta
  name: "app"
  labels: {a: b, 'c d': e}
spec:
  empty:
  text: |
    one
    two
  rules:
    - host: a.example.com
      paths: [/x, /yy]
    - *meta
  merged:
    <<: [*meta, {name: other, late: 1}]
    own: 1
  folded: one
    two
`;

function spot(path: ValuePath, part?: "key" | "value", source = text): string {
  const document = readText(source).documents.at(-1);
  const { line, column, length } = document?.locate(path, part) ?? { line: 0, column: 0, length: 0 };
  return `${line}:${column}+${length}`;
}

describe("the place of a value and of its key", () => {
  test.each<readonly [ValuePath, string, string]>([
    [[], "2:1+10", "2:1+10"],
    [["apiVersion"], "2:13+2", "2:1+10"],
    [["metadata"], "4:3+4", "3:1+8"],
    [["metadata", "name"], "4:9+5", "4:3+4"],
    [["metadata", "labels"], "5:11+1", "5:3+6"],
    [["metadata", "labels", "c d"], "5:25+1", "5:18+5"],
    [["spec", "empty"], "7:3+5", "7:3+5"],
    [["spec", "text"], "8:9+1", "8:3+4"],
    [["spec", "rules"], "12:5+1", "11:3+5"],
    [["spec", "rules", 0], "12:7+4", "12:7+4"],
    [["spec", "rules", 0, "host"], "12:13+13", "12:7+4"],
    [["spec", "rules", 0, "paths", 1], "13:19+3", "13:19+3"],
    [["spec", "rules", 1], "14:7+5", "14:7+5"],
    [["spec", "rules", 1, "name"], "4:9+5", "4:3+4"],
    [["spec", "merged", "name"], "4:9+5", "4:3+4"],
    [["spec", "merged", "late"], "16:37+1", "16:31+4"],
    [["spec", "merged", "own"], "17:10+1", "17:5+3"],
    [["spec", "folded"], "18:11+3", "18:3+6"],
  ])("%j", (path, value, key) => {
    expect([spot(path), spot(path, "key")]).toEqual([value, key]);
  });
});

describe("a path that does not exist gives its nearest ancestor", () => {
  test.each<readonly [ValuePath, string, string]>([
    [["no"], "2:1+10", "2:1+10"],
    [["metadata", "no", "deeper"], "4:3+4", "3:1+8"],
    [["spec", "rules", 7, "host"], "12:5+1", "11:3+5"],
    [["spec", "rules", "x"], "12:5+1", "11:3+5"],
    [["spec", "rules", -1], "12:5+1", "11:3+5"],
    [["apiVersion", "deeper"], "2:13+2", "2:1+10"],
    [["spec", "empty", "deeper"], "7:3+5", "7:3+5"],
    [["spec", "merged", "<<"], "16:5+2", "15:3+6"],
  ])("%j", (path, value, key) => {
    expect([spot(path), spot(path, "key")]).toEqual([value, key]);
  });
});

test.each<readonly [string, string, ValuePath, string]>([
  ["a later document", "a: 1\n---\nb: 2\n", ["b"], "3:4+1"],
  ["a document after one that was given up", `a: ${"[".repeat(200)}\n---\nb: 2\n`, ["b"], "3:4+1"],
  ["CRLF", "a: 1\r\nb: cd\r\n", ["b"], "2:4+2"],
  ["a byte order mark", "\ufeffa: bc\n", ["a"], "1:4+2"],
  ["JSON", '{\n  "a": {"b": [1, "xy"]}\n}\n', ["a", "b", 1], "2:18+4"],
  ["a numeric key", "1: x\n", [1], "1:4+1"],
  ["wide characters", "a: {é: 1, \u{1f600}: xy}\n", ["a", "\u{1f600}"], "1:15+2"],
])("places are right in %s", (_, source, path, expected) => {
  expect(spot(path, "value", source)).toBe(expected);
});
