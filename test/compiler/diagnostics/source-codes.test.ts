import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { sourceCodes } from "../../../src/compiler/diagnostics/catalogue/sources.ts";

const sources = join(import.meta.dirname, "../../../src/compiler/sources");
const tests = join(import.meta.dirname, "../sources");
const textOf = (directory: string) =>
  readdirSync(directory)
    .map((name) => readFileSync(join(directory, name), "utf8"))
    .join("\n");

describe.each(Object.entries(sourceCodes))("%s", (code, entry) => {
  test("is reported somewhere, and a test expects it", () => {
    expect(textOf(sources)).toContain(`"${code}"`);
    expect(textOf(tests)).toContain(code);
  });

  test("has a headline without a full stop, a paragraph and one sentence to put it right", () => {
    expect(entry.title).not.toMatch(/[.:]$/);
    expect(entry.why.length).toBeGreaterThan(entry.title.length);
    expect(entry.fix).toMatch(/\.$|-f -\.$|"$/);
  });
});
