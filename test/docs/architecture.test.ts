import { existsSync, globSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { PROJECT, readPage, tableOf } from "./markdown.ts";

const steps = tableOf(readPage("docs/architecture.md"), "File", "Function", "What happens");

describe("the ways in docs/architecture.md go through files and functions that are there", () => {
  test.each(steps)("%s %s", (file, name) => {
    expect(existsSync(`${PROJECT}${file}`)).toBe(true);
    expect(readPage(file as string)).toMatch(new RegExp(`\\b${name}\\b`));
  });
});

describe("pages name only files that are there", () => {
  test.each(["README.md", "CONTRIBUTING.md", ...globSync("docs/*.md", { cwd: PROJECT }).sort()])("%s", (page) => {
    const named = [...readPage(page).matchAll(/`((?:src|test|scripts|bin|examples)\/[\w./-]+)`/g)].map(
      ([, path]) => path,
    );
    expect(named.filter((path) => !existsSync(`${PROJECT}${path}`))).toEqual([]);
  });
});
