import { describe, expect, test } from "vitest";
import { settled } from "../../../src/compiler/diagnostics/late-position.ts";
import type { SourceDocument } from "../../../src/compiler/sources/document.ts";
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

describe("items without a type of their own", () => {
  const list = (kind: string, items: string) =>
    readText(`apiVersion: networking.k8s.io/v1\nkind: ${kind}\nitems: [${items}]`);

  test.each([
    ["not in a plain List, which says nothing of its items", "List", "{a: 1}", { a: 1 }],
    ["not where the kind alone is missing", "IngressList", "{apiVersion: v1}", { apiVersion: "v1" }],
    ["not where the apiVersion alone is missing", "IngressList", "{kind: Service}", { kind: "Service" }],
    ["not over a type of their own", "IngressList", "{apiVersion: v1, kind: Pod}", { apiVersion: "v1", kind: "Pod" }],
  ])("do not take the list's: %s", (_, kind, item, expected) => {
    const result = list(kind, item);
    expect([result.diagnostics, values(result)]).toEqual([[], [expected]]);
  });

  test.each(["{a: 1}", '{a: 1, apiVersion: "", kind: ""}', "{a: 1, apiVersion: null, kind: null}"])(
    "take the list's, as in kubectl: %s",
    (item) => {
      const typed = { apiVersion: "networking.k8s.io/v1", kind: "Ingress", a: 1 };
      expect(values(list("IngressList", item))).toEqual([typed]);
    },
  );

  test("may be one object by an alias, and of one list in another", () => {
    const text = "apiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: ServiceList, items: [&x {a: 1}, *x]}, *x]";
    const service = { apiVersion: "v1", kind: "Service", a: 1 };
    expect(values(readText(text))).toEqual([service, service, { a: 1 }]);
  });

  test("have their places all the same", () => {
    const { documents } = list("IngressList", "{a: xy}");
    expect(documents[0]?.locate(["a"])).toMatchObject({ line: 3, column: 13, length: 2 });
    expect(documents[0]?.locate(["kind"])).toMatchObject({ line: 3, column: 9 });
  });
});

describe("what is a List", () => {
  test.each<readonly [string, string, readonly unknown[]]>([
    ["a List", "apiVersion: v1\nkind: List\nitems: [{a: 1}, {a: 2}]", [{ a: 1 }, { a: 2 }]],
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
    expect(spot && settled(spot)).toEqual({ file: "<stdin>", line: 4, column: 52, length: 2 });
    expect(settled((documents[1] as SourceDocument).locate([], "value"))).toEqual({
      file: "<stdin>",
      line: 4,
      column: 48,
      length: 1,
    });
  });
});
