import { inspect } from "node:util";
import { expect, test } from "vitest";
import { SecretContent } from "../../../src/compiler/resources/secret-content.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

test("data is decoded, stringData is taken as it is and counts where both have a key", () => {
  const content = SecretContent.of({
    data: {
      b: base64("bé\n"),
      both: base64("data"),
      folded: `${base64("folded").slice(0, 4)}\n${base64("folded").slice(4)}\n`,
      none: null,
    },
    stringData: { a: "a", both: "stringData", empty: "" },
  });
  expect(content.keys).toEqual(["a", "b", "both", "empty", "folded", "none"]);
  const texts = content.keys.map((key) => content.read(key));
  expect(texts).toEqual(["a", "bé\n", "stringData", "", "folded", ""].map((text) => ({ text })));
  expect(content.read("constructor")).toBeNull();
});

test.each([
  ["base64 of URLs", { data: { a: "-_-_" } }],
  ["base64 without padding", { data: { a: "YQ" } }],
  ["a placeholder", { data: { a: "<base64 of the file>" } }],
  ["bytes that are no UTF-8", { data: { a: "//4=" } }],
  ["a number", { data: { a: 7 } }],
  ["a number in stringData", { stringData: { a: 7 } }],
  ["a list", { stringData: { a: ["x"] } }],
])("%s is there and can't be read", (_, document) => {
  expect(SecretContent.of(document).read("a")).toBe("unreadable");
});

test.each([null, "HUNTER2", [], {}, { data: "HUNTER2", stringData: 7 }])("%j holds nothing", (document) => {
  expect(SecretContent.of(document).keys).toEqual([]);
});

test("whatever shows it shows a mask", () => {
  const content = SecretContent.of({ stringData: { a: "HUNTER2" } });
  const shown = [
    JSON.stringify({ content }),
    inspect({ content }, { depth: 9, showHidden: true }),
    `${content}`,
    Object.values(content).join(),
  ];
  expect(shown.join()).not.toContain("HUNTER2");
  expect(structuredClone({ ...content })).toEqual({});
});
