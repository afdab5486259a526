import { describe, expect, test } from "vitest";
import { boolean, type Codec, list, nullable, oneOf, record, text, u32, words } from "../../src/table/codec.ts";
import { addressRanges } from "../../src/table/policies/access.ts";
import { fc } from "../support/properties.ts";

/** Writes a value and reads it back. */
function roundTrip<Value>(codec: Codec<Value>, value: Value): Value {
  const strings: string[] = [];
  const written: number[] = [];
  codec.write(value, written, (string) => strings.push(string) - 1);
  const cursor = { words: Uint32Array.from(written), at: 0, textOf: (number: number) => strings[number] as string };
  const read = codec.read(cursor);
  expect(cursor.at).toBe(written.length);
  return read;
}

const sample = record({
  name: text,
  kind: oneOf(["a", "b", "c"]),
  on: boolean,
  spans: list(record({ from: u32, to: u32 })),
  inner: nullable(record({ names: list(text) })),
});

describe("codec", () => {
  test("any value comes back as it was", () => {
    const word = fc.integer({ min: 0, max: 0xffff_ffff });
    const value = fc.record(
      {
        name: fc.string(),
        kind: fc.constantFrom("a", "b", "c"),
        on: fc.boolean(),
        spans: fc.array(fc.record({ from: word, to: word }, { noNullPrototype: true })),
        inner: fc.option(fc.record({ names: fc.array(fc.string()) }, { noNullPrototype: true })),
      },
      { noNullPrototype: true },
    );
    fc.assert(
      fc.property(value, (one) => {
        expect(roundTrip(sample, one)).toEqual(one);
      }),
    );
  });

  test("words come back as a view of the table", () => {
    const section = Uint32Array.from([2, 0, 0xffff_ffff, 5]);
    const read = words.read({ words: section, at: 0, textOf: () => "" });
    expect(Array.from(read)).toEqual([0, 0xffff_ffff]);
    section[1] = 9;
    expect(read[0]).toBe(9);
  });

  test.each([
    ["a missing word", u32, []],
    ["a name that is none", oneOf(["a"]), [1]],
    ["a list that is longer than the section", list(u32), [0xffff_ffff, 1]],
    ["words that are more than the section", words, [3, 1, 2]],
    ["a range without an end", addressRanges, [1, 7, 0]],
    ["a record cut off", record({ a: u32, b: u32 }), [1]],
  ] as const)("%s is a RangeError", (_, codec: Codec<unknown>, written) => {
    const cursor = { words: Uint32Array.from(written), at: 0, textOf: () => "" };
    expect(() => codec.read(cursor)).toThrow(RangeError);
  });
});

test("codecs that read the same words as something else have different shapes", () => {
  const shapes = [
    record({ a: u32, b: text }),
    record({ b: text, a: u32 }),
    record({ a: text, b: text }),
    record({ a: u32, b: nullable(text) }),
    record({ a: u32, b: list(text) }),
    record({ a: u32, c: text }),
    record({ a: oneOf(["x", "y"]), b: text }),
    record({ a: oneOf(["y", "x"]), b: text }),
    record({ a: boolean, b: text }),
    record({ a: words, b: text }),
    addressRanges,
  ].map(({ shape }) => shape);
  expect(new Set(shapes).size).toBe(shapes.length);
});
