import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { readAnnotations } from "../../../../../src/compiler/frontends/ingress/annotations/read.ts";
import { PREFIX, registry } from "../../../../../src/compiler/frontends/ingress/annotations/registry.ts";
import { ingress, resources } from "../resources.ts";

/** The tables of `../shared/reference/ingress-nginx-annotations.md`, section 3: every annotation with its class. */
const REFERENCE = ["../../../../../../shared/reference/", "../../../../../../../shared/reference/"]
  .map((path) => fileURLToPath(new URL(`${path}ingress-nginx-annotations.md`, import.meta.url)))
  .find((path) => existsSync(path));

if (REFERENCE === undefined) console.log("skipped: ../shared/reference/ingress-nginx-annotations.md is not there");

interface Row {
  readonly name: string;
  readonly class: string;
}

function rowsOf(text: string): readonly Row[] {
  const section = text.slice(text.indexOf("## 3. Every annotation"), text.indexOf("## 4. Behaviours"));
  return section
    .split("\n")
    .filter((line) => line.startsWith("| ") && !line.startsWith("| Annotation"))
    .flatMap((line) => {
      // Some cells have a `|` of their own: names come first, the class last.
      const cells = line.split(/(?<!\\)\|/).map((cell) => cell.trim());
      const [, names = ""] = cells;
      const last = cells.at(-2) ?? "";
      return names.split(",").map((name) => ({ name: name.trim(), class: last.slice(0, 1) }));
    });
}

/** What the edge does although the reference holds it for impossible. */
const BETTER: Readonly<Record<string, string>> = { "limit-rate": "P", "limit-rate-after": "P" };

const rows = REFERENCE === undefined ? [] : rowsOf(readFileSync(REFERENCE, "utf8"));

describe.skipIf(REFERENCE === undefined)("the reference's catalogue", () => {
  test("has as many annotations as it says, and as the compiler knows", () => {
    expect(new Set(rows.map(({ name }) => name)).size).toBe(138);
    expect([...registry.keys()].sort()).toEqual(rows.map(({ name }) => name).sort());
  });

  test.each(rows.map((row) => [row.name, row.class]))("%s is of the class %s", (name, written) => {
    expect(registry.get(name)?.class).toBe(BETTER[name] ?? written);
  });

  test.each(rows.filter((row) => row.class === "C").map(({ name }) => [name]))(
    "%s is passed over with an info",
    (name) => {
      const annotations = { [PREFIX + name]: "anything" };
      const { diagnostics } = readAnnotations(ingress("web", {}, { annotations }), resources({}));
      expect(diagnostics.map(({ code, severity }) => `${code} ${severity}`)).toEqual(["EI4005 info"]);
    },
  );

  test.each(rows.filter((row) => row.class === "N" && !(row.name in BETTER)).map(({ name }) => [name]))(
    "%s is reported",
    (name) => {
      const annotations = { [PREFIX + name]: "anything" };
      const { diagnostics } = readAnnotations(ingress("web", {}, { annotations }), resources({}));
      expect(diagnostics.map(({ severity }) => severity)).not.toContain("info");
      expect(diagnostics).not.toEqual([]);
    },
  );
});
