import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { PICTURES, SHOTS, screenshot } from "../../scripts/screenshots.ts";

describe("pictures of the terminal", () => {
  test.each(Object.entries(SHOTS))("%s is what the command prints", (name, shot) => {
    expect(screenshot(shot)).toBe(readFileSync(join(PICTURES, `${name}.svg`), "utf8"));
  });

  test("there are no others, and the docs show all of them", () => {
    const names = Object.keys(SHOTS).map((name) => `${name}.svg`);
    expect(readdirSync(PICTURES).sort()).toEqual([...names].sort());
    const page = readFileSync(join(PICTURES, "../terminal.md"), "utf8");
    for (const name of names) expect(page).toContain(`(terminal/${name})`);
  });
});
