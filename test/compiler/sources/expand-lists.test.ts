import { describe, expect, test } from "vitest";
import { places, readText, values } from "./reading.ts";

describe("items that are not objects", () => {
  test("are reported one by one, the others are read", () => {
    const result = readText("apiVersion: v1\nkind: List\nitems:\n- a: 1\n- 3\n- null\n- [b]\n- c: 1\n");
    expect(places(result.diagnostics)).toEqual([
      "EI1117 <stdin>:5:3+1",
      "EI1117 <stdin>:6:3+4",
      "EI1117 <stdin>:7:3+1",
    ]);
    expect(values(result)).toEqual([{ a: 1 }, { c: 1 }]);
  });

  test("are counted after twenty", () => {
    const result = readText(`apiVersion: v1\nkind: List\nitems:\n${"- 3\n".repeat(50_000)}`);
    expect(result.diagnostics).toHaveLength(21);
    expect(result.diagnostics.at(-1)?.message).toBe("49980 more items that are not objects are not shown");
  });
});

describe("what is a List", () => {
  test.each<readonly [string, string, readonly unknown[]]>([
    ["a List", "apiVersion: v1\nkind: List\nitems: [{a: 1}, {a: 2}]", [{ a: 1 }, { a: 2 }]],
    ["a list of one kind", "apiVersion: networking.k8s.io/v1\nkind: IngressList\nitems: [{a: 1}]", [{ a: 1 }]],
    [
      "a list in a list",
      "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: [{a: 1}]}, {a: 2}]",
      [{ a: 1 }, { a: 2 }],
    ],
    ["an empty list", "apiVersion: v1\nkind: List\nitems: []", []],
    ["aliases as items", "apiVersion: v1\nkind: List\nitems: [&x {a: 1}, *x]", [{ a: 1 }, { a: 1 }]],
    ["not without apiVersion", "kind: List\nitems: [{a: 1}]", [{ kind: "List", items: [{ a: 1 }] }]],
    ["not without items", "apiVersion: v1\nkind: List", [{ apiVersion: "v1", kind: "List" }]],
    [
      "not another kind",
      "apiVersion: v1\nkind: Listing\nitems: []",
      [{ apiVersion: "v1", kind: "Listing", items: [] }],
    ],
  ])("%s", (_, text, expected) => {
    const result = readText(text);
    expect([result.diagnostics, values(result)]).toEqual([[], expected]);
  });

  test("an item's places are asked for by its own paths", () => {
    const inner = "{apiVersion: v1, kind: List, items: [{a: 1}, {b: xy}]}";
    const { documents } = readText(`apiVersion: v1\nkind: List\nitems:\n- ${inner}\n`);
    const spot = documents[1]?.locate(["b"]);
    expect(spot).toEqual({ file: "<stdin>", line: 4, column: 52, length: 2 });
    expect(documents[1]?.locate([], "value")).toMatchObject({ line: 4, column: 48 });
  });
});
