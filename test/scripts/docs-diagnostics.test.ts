import { existsSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { DIAGNOSTICS, diagnosticsPages, leftOverPages } from "../../scripts/docs-diagnostics.ts";
import { catalogue } from "../../src/compiler/diagnostics/catalogue/index.ts";

const pages = diagnosticsPages();

describe("docs/diagnostics is what `node scripts/docs-diagnostics.ts` writes", () => {
  test.each([...pages])("%s", (name, text) => {
    const file = new URL(name, DIAGNOSTICS);
    expect(existsSync(file) ? readFileSync(file, "utf8") : null).toBe(text);
  });

  test("no page is left over", () => {
    expect(leftOverPages()).toEqual([]);
  });
});

test("every code has its page and its row in the index", () => {
  const codes = Object.keys(catalogue).sort();
  expect([...pages.keys()].filter((name) => name !== "README.md")).toEqual(codes.map((code) => `${code}.md`));
  const rows = [...(pages.get("README.md") ?? "").matchAll(/^\| \[(EI\d{4})\]/gm)].map(([, code]) => code);
  expect(rows.sort()).toEqual(codes);
});

test("no text of the catalogue turns into markup", () => {
  for (const text of pages.values()) {
    const plain = text.replace(/`[^`]*`/g, "").replace(/\\[\\<*[\]|]/g, "");
    expect(plain).not.toMatch(/<[a-z]/i);
  }
});
