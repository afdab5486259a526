import { describe, expect, test } from "vitest";
import { decodeText } from "../../../src/compiler/sources/decode-text.ts";
import { cpuTime } from "../../support/cpu-time.ts";

function place(bytes: Uint8Array): string {
  const decoded = decodeText("x.yaml", bytes);
  if ("text" in decoded) return `text ${decoded.text}`;
  const { code, position } = decoded.diagnostic;
  return `${code} ${position?.line}:${position?.column}`;
}

const bytes = (...parts: (string | number)[]) =>
  Buffer.concat(parts.map((part) => (typeof part === "string" ? Buffer.from(part) : Uint8Array.of(part))));

describe("bytes that are no text", () => {
  test.each([
    ["a NUL", bytes("a\nb", 0), "EI1009 2:2"],
    ["a lone continuation byte", bytes("a", 0x80, "b"), "EI1010 1:2"],
    ["a cut sequence at the end", bytes("aé\n\u{1f600}", 0xf0, 0x9f), "EI1010 2:3"],
    ["a cut sequence before a line feed", bytes("a", 0xe2, 0x82, "\nb"), "EI1010 1:2"],
    ["an overlong form", bytes("ab", 0xc0, 0xaf), "EI1010 1:3"],
    ["a surrogate", bytes("ab\n", 0xed, 0xa0, 0x80), "EI1010 2:1"],
    ["a byte after a genuine replacement character", bytes("\ufffd", 0xff), "EI1010 1:2"],
    ["a byte after a byte order mark", bytes("\ufeffab", 0xff), "EI1010 1:3"],
    ["UTF-16, little end first", bytes(0xff, 0xfe, "a", 0), "EI1010 1:1"],
    ["UTF-16, big end first", bytes(0xfe, 0xff, 0, "a"), "EI1010 1:1"],
  ])("%s", (_, given, expected) => {
    expect(place(given)).toBe(expected);
  });
});

test("a byte order mark is taken off, at the start alone", () => {
  expect(place(bytes("\ufeffa\ufeff"))).toBe("text a\ufeff");
});

test("the place of a bad byte in a long line is found fast", () => {
  const text = bytes("é".repeat(2_000_000), 0xff);
  expect(cpuTime(() => expect(place(text)).toBe("EI1010 1:2000001"))).toBeLessThan(30_000);
});
