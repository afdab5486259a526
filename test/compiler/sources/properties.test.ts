import { describe, expect, test, vi } from "vitest";
import { Parser, parseAllDocuments, stringify } from "yaml";
import type { ValuePath } from "../../../src/compiler/sources/document.ts";
import { fc } from "../../support/properties.ts";
import { places, readText, values } from "./reading.ts";

const punctuation = fc.constantFrom(
  ..."abc:-?[]{},#&*!|>'\"%@` \t\r\n<~=0.\\\u001b\u2028é\u{1f600}",
  "\n",
  "---\n",
  "<<: ",
  "*a",
  "&a ",
  "{{",
  "  ",
  ": ",
);
const mess = fc.array(punctuation, { maxLength: 60 }).map((parts) => parts.join(""));

const { map: json } = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.string(),
    fc.integer(),
    fc.boolean(),
    fc.constant(null),
    tie("list"),
    tie("map"),
  ),
  list: fc.array(tie("value"), { maxLength: 4 }),
  map: fc.dictionary(fc.string({ minLength: 1 }), tie("value"), { maxKeys: 4 }),
}));

/** All paths to scalars of a value, with the scalar. */
function scalars(value: unknown, path: ValuePath = []): readonly (readonly [ValuePath, unknown])[] {
  if (typeof value !== "object" || value === null) return [[path, value]];
  if (Array.isArray(value)) return value.flatMap((item, index) => scalars(item, [...path, index]));
  return Object.entries(value).flatMap(([key, item]) => scalars(item, [...path, key]));
}

describe("whatever the text is", () => {
  test("nothing is thrown, and each place is one of the text", () => {
    fc.assert(
      fc.property(mess, (text) => {
        const { diagnostics, files } = readText(text);
        const lines = (files[0]?.text ?? "").split("\n");
        for (const { position } of diagnostics) {
          const length = (lines[(position?.line ?? 0) - 1] ?? "").length;
          expect(position?.line).toBeLessThanOrEqual(lines.length);
          expect(position?.column).toBeGreaterThanOrEqual(1);
          expect(position?.column).toBeLessThanOrEqual(length + 1);
        }
      }),
      { numRuns: 3000 },
    );
  });

  test("a text without findings has the values that the parser's own conversion gives", () => {
    let compared = 0;
    fc.assert(
      fc.property(mess, (text) => {
        const result = readText(text);
        if (result.diagnostics.length > 0 || result.documents.length === 0) return;
        const options = { merge: true, stringKeys: true, uniqueKeys: false, logLevel: "silent" } as const;
        const oracle = parseAllDocuments(result.files[0]?.text ?? "", options).map(
          (document) => document.toJS() as unknown,
        );
        expect(values(result)).toEqual(oracle.filter((value) => value !== null));
        compared += 1;
      }),
      { numRuns: 20_000 },
    );
    expect(compared).toBeGreaterThan(50);
  });
});

describe("objects that are written come back, each scalar at its place", () => {
  test("as JSON", () => {
    fc.assert(
      fc.property(json, (value) => {
        const text = JSON.stringify(value, null, 2);
        const [document] = readText(text).documents;
        expect(document?.value).toEqual(value);
        const lines = text.split("\n");
        for (const [path, scalar] of scalars(value)) {
          const { line, column, length } = document?.locate(path) ?? { line: 0, column: 0, length: 0 };
          expect(lines[line - 1]?.slice(column - 1, column - 1 + length)).toBe(JSON.stringify(scalar));
        }
      }),
    );
  });

  test("as YAML, with what is shared written as aliases", () => {
    fc.assert(
      fc.property(json, json, (shared, other) => {
        const value = { first: shared, second: { deep: [shared, other] }, other };
        const [document] = readText(stringify(value)).documents;
        expect(document?.value).toEqual(value);
      }),
    );
  });
});

test("a parser that gives up on a document is reported there, and the next document is read", () => {
  const next = Parser.prototype.next;
  const spy = vi.spyOn(Parser.prototype, "next").mockImplementation(function (this: Parser, source) {
    if (source === "boom") throw new RangeError("Maximum call stack size exceeded");
    return next.call(this, source);
  });
  const result = readText("first: 1\n---\na: boom\nb: |\n  1\n---\nlast: 1\n");
  spy.mockRestore();
  expect(places(result.diagnostics)).toEqual(["EI1101 <stdin>:3:4+1"]);
  expect(values(result)).toEqual([{ first: 1 }, { last: 1 }]);
});
