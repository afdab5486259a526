import { expect, test } from "vitest";
import { sarifLog } from "../../src/compiler/sarif.ts";

function resultOf(message: string, file: string) {
  const place = { file, line: 1, column: 1 };
  const result = { rule: "R", message, level: "error", place, related: [{ message, place }] } as const;
  return JSON.parse(sarifLog("0", [{ id: "R", title: "r", level: "error" }], [result])).runs[0].results[0];
}

test("a message has no links, whatever stands in it", () => {
  const { message, relatedLocations } = resultOf("path /[a-z]\\d[click](https://evil.example/)", "a.yaml");
  const text = "path /\\[a-z\\]\\\\d\\[click\\](https://evil.example/)";
  expect([message, relatedLocations[0].message]).toEqual([{ text }, { text }]);
});

test.each([
  ["a:b c.yaml", "a%3Ab%20c.yaml"],
  ["dir/a?b#c.yaml", "dir/a%3Fb%23c.yaml"],
  ["/abs/a.yaml", "/abs/a.yaml"],
])("the file %s is a path, and has no scheme", (file, uri) => {
  const { locations } = resultOf("m", file);
  expect(locations[0].physicalLocation.artifactLocation.uri).toBe(uri);
  expect(decodeURIComponent(new URL(uri, "file:///w/").pathname)).toBe(file.startsWith("/") ? file : `/w/${file}`);
});
