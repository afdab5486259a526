import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { formatMigration, formatMigrationMarkdown, migrationOf, visibleJson } from "../../../src/compiler/index.ts";
import { compiledIn } from "../../support/compiled.ts";

const DIRECTORY = fileURLToPath(new URL("golden/", import.meta.url));

const migration = migrationOf(compiledIn(DIRECTORY, ["in.yaml"]));

describe("migrate", () => {
  test.each([
    ["out.txt", formatMigration],
    ["out.md", formatMigrationMarkdown],
    ["out.json", visibleJson],
  ])("%s (UPDATE_GOLDEN=1 writes it anew)", (name, format) => {
    const path = `${DIRECTORY}${name}`;
    const text = `${format(migration)}\n`;
    if (process.env.UPDATE_GOLDEN) writeFileSync(path, text);
    expect(text).toBe(readFileSync(path, "utf8"));
  });

  test("each Ingress has the state that its own diagnostics give it, whatever stands around it in the file", () => {
    expect(migration.ingresses.map(({ name, state }) => [name, state])).toEqual([
      ["shop/guarded", "blocked"],
      ["shop/typo", "differs"],
      ["shop/plain", "ready"],
      ["shop/other-class", "left-out"],
    ]);
  });

  test("one that can't be read is not passed over, and blames no neighbour", () => {
    expect(migration.elsewhere.some(({ message, severity }) => severity === "error" && /Sideways/.test(message))).toBe(
      true,
    );
  });

  test("annotations are counted, the unknown ones too", () => {
    const used = new Map(migration.annotations.map((one) => [one.name, one]));
    expect(used.get("proxy-read-timeout")).toMatchObject({ ingresses: 2, errors: 0 });
    expect(used.get("auth-type")).toMatchObject({ class: "P", ingresses: 1, errors: 1 });
    expect(used.get("enable-corse")).toMatchObject({ class: null, ingresses: 1, warnings: 1 });
  });
});
