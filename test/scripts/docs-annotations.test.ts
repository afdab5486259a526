import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { annotationsPage } from "../../scripts/docs-annotations.ts";
import { registry } from "../../src/compiler/frontends/ingress/annotations/registry.ts";

const page = readFileSync(new URL("../../docs/annotations.md", import.meta.url), "utf8");

test("docs/annotations.md is what `node scripts/docs-annotations.ts` writes", () => {
  expect(page).toBe(annotationsPage());
});

test("docs/annotations.md has a row for every annotation", () => {
  const rows = page.split("\n").filter((line) => line.startsWith("| `"));
  expect(rows.map((row) => row.slice(3, row.indexOf("`", 3)))).toEqual([...registry.keys()]);
});
