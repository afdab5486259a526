import { expect, test } from "vitest";
import { cell, code } from "../../src/compiler/markdown.ts";
import { fc } from "../support/properties.ts";

test.each([
  [
    "https://shop.example.com/a\\|[click](https://evil.example/)",
    "`https://shop.example.com/a\\`&#124;`[click](https://evil.example/)`",
  ],
  ["a|b", "`a`&#124;`b`"],
  ["|", "&#124;"],
  ["a`b", "``a`b``"],
  ["`a", "`` `a ``"],
  [" a ", "`  a  `"],
  ["a\\", "`a\\`"],
])("code %s", (text, markdown) => {
  expect(code(text)).toBe(markdown);
});

test.each([
  ["a|b\\|c", "a&#124;b\\\\&#124;c"],
  ["*a* [b](c) <i> ~d~ &copy;", "\\*a\\* \\[b\\](c) \\<i\\> \\~d\\~ \\&copy;"],
  ["see https://evil.example/a_b.", "see `https://evil.example/a_b`."],
  ["(www.evil.example)", "(`www.evil.example`)"],
  ["thanks @octocat, and a@b.test", "thanks `@octocat`, and `a@b.test`"],
  ["fixes org/repo#1", "fixes `org/repo#1`"],
  ["@a|[x](https://evil.example)", "`@a`&#124;`[x](https://evil.example`)"],
  ["as in `https://$host/a`", "as in \\``https://$host/a`\\`"],
  ["# a", "\\# a"],
  ["1. a", "1\\. a"],
])("cell %s", (text, markdown) => {
  expect(cell(text)).toBe(markdown);
});

const texts = fc.string({ unit: fc.constantFrom(..."a@`|\\[](): /w.#1<&"), maxLength: 40 });

/** What stands outside of code, as CommonMark reads backticks; a text whose code does not end is given whole. */
function outsideCode(markdown: string): string {
  return markdown.replace(/\\[\\`*_<>[\]~&#+=-]|(`+)(?!`)(.*?[^`])\1(?!`)/g, (found, fence) =>
    fence === undefined ? found : " ",
  );
}

test("no text ends its cell, or is live outside of code", () => {
  fc.assert(
    fc.property(texts, (text) => {
      for (const markdown of [cell(text), code(text)]) {
        expect(markdown).not.toContain("|");
        expect(outsideCode(markdown)).not.toMatch(/@|:\/\/|www\.|#1(?!24;)|(?<!\\)[[\]<]/);
      }
    }),
  );
});
