import { existsSync, globSync } from "node:fs";
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { anchorsOf, PROJECT, readPage, relativeLinksOf, tablesOf } from "./markdown.ts";

const pages = ["README.md", "CHANGELOG.md", "CONTRIBUTING.md", ...globSync("docs/**/*.md", { cwd: PROJECT }).sort()];

describe("every relative link leads somewhere", () => {
  test.each(pages)("%s", (page) => {
    const broken = relativeLinksOf(readPage(page)).filter((link) => !leadsSomewhere(page, link));
    expect(broken).toEqual([]);
  });
});

test("there are pages, and links in them", () => {
  expect(pages.length).toBeGreaterThan(100);
  expect(relativeLinksOf(readPage("README.md")).length).toBeGreaterThan(5);
});

test("links, anchors and tables are found as GitHub finds them", () => {
  const page = [
    "# A `code` title: with [a link](x.md)!",
    "## Twice",
    "## Twice",
    '[one](a.md) ![two](b.svg "title") [three](https://example.com) `[no](c.md)` <img src="d.png">',
    "```md",
    "[no](e.md)",
    "# no",
    "```",
    "[four]: f.md#x",
    "",
    "| A | B |",
    "| --- | --- |",
    "| `a` | b |",
  ].join("\n");
  expect([...anchorsOf(page)]).toEqual(["a-code-title-with-a-link", "twice", "twice-1"]);
  expect(relativeLinksOf(page)).toEqual(["x.md", "a.md", "b.svg", "d.png", "f.md#x"]);
  expect(tablesOf(page)).toEqual([{ header: ["A", "B"], rows: [["a", "b"]] }]);
});

function leadsSomewhere(page: string, link: string): boolean {
  const [path = "", anchor] = link.split("#");
  const target = path === "" ? page : posix.join(posix.dirname(page), decodeURIComponent(path));
  if (target.startsWith("../") || !existsSync(`${PROJECT}${target}`)) return false;
  return anchor === undefined || (target.endsWith(".md") && anchorsOf(readPage(target)).has(anchor));
}
