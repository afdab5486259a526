import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** The project's directory, with a slash at its end. */
export const PROJECT = fileURLToPath(new URL("../../", import.meta.url));

/** A table of a page: its header, and its rows by column. Code spans are without their backticks. */
export interface MarkdownTable {
  readonly header: readonly string[];
  readonly rows: readonly (readonly string[])[];
}

/** The text of a page, by its path below the project. */
export function readPage(path: string): string {
  return readFileSync(`${PROJECT}${path}`, "utf8");
}

/** The page without what stands in code fences: nothing in there is markup. */
export function withoutFences(page: string): string {
  return page.replace(/^(```+)[^\n]*\n[\s\S]*?^\1[^\n]*$/gm, "");
}

/** The tables of a page in their order. A cell can't hold `|`. */
export function tablesOf(page: string): readonly MarkdownTable[] {
  const blocks = withoutFences(page)
    .split(/\n(?!\|)/)
    .map((block) => block.split("\n").filter((line) => line.startsWith("|")));
  return blocks
    .filter((lines) => lines.length > 2)
    .map(([header = "", , ...rows]) => ({ header: cellsOf(header), rows: rows.map(cellsOf) }));
}

/** The table whose header is this one; throws where there is none, or where it has no rows. */
export function tableOf(page: string, ...header: readonly string[]): MarkdownTable["rows"] {
  const found = tablesOf(page).filter((table) => table.header.join("|") === header.join("|"));
  const rows = found.flatMap((table) => table.rows);
  if (rows.length === 0) throw new Error(`the page has no table with the header ${header.join(" | ")}`);
  return rows;
}

function cellsOf(line: string): string[] {
  return line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim().replace(/^`(.*)`$/, "$1"));
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchorsOf(page: string): ReadonlySet<string> {
  const anchors = new Set<string>();
  for (const [, heading = ""] of withoutFences(page).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const plain = heading.replace(/\[([^\]]*)\]\([^)]*\)/g, "$1");
    const anchor = plain
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{M}_ -]/gu, "")
      .replaceAll(" ", "-");
    let unique = anchor;
    for (let count = 1; anchors.has(unique); count++) unique = `${anchor}-${count}`;
    anchors.add(unique);
  }
  return anchors;
}

/** What the links and images of a page lead to, addresses with a scheme left out. */
export function relativeLinksOf(page: string): readonly string[] {
  const text = withoutFences(page).replace(/(`+)[^`][\s\S]*?\1/g, "");
  const inline = [...text.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)].map(([, to]) => to ?? "");
  const html = [...text.matchAll(/\b(?:href|src|srcset)="([^"\s]+)"/g)].map(([, to]) => to ?? "");
  const defined = [...text.matchAll(/^\[[^\]]+\]:\s*(\S+)/gm)].map(([, to]) => to ?? "");
  return [...inline, ...html, ...defined].filter((to) => to !== "" && !/^[a-z][a-z0-9+.-]*:/i.test(to));
}
