import { printable } from "./diagnostics/printable.ts";

/** What GitHub makes links of, or tells people by, wherever it stands but in code: addresses, `@names` and numbers of issues. */
const LIVE = /[^\s("'`]*(?:@|:\/\/|www\.|#\d|\bgh-\d)(?:\S*[^\s.,;:)"'`])?/gi;

/** Text that is nothing but text in a table or a list of Markdown, whatever stands in it. */
export function cell(text: string): string {
  const shown = printable(text);
  const parts: string[] = [];
  let end = 0;
  for (const { 0: live, index } of shown.matchAll(LIVE)) {
    parts.push(escaped(shown.slice(end, index)), spans(live));
    end = index + live.length;
  }
  parts.push(escaped(shown.slice(end)));
  return parts
    .join("")
    .replace(/^[#+=-]/, "\\$&")
    .replace(/^(\d+)([.)])/, "$1\\$2");
}

/** Text as code on one line, in a table too. */
export function code(text: string): string {
  return spans(printable(text));
}

function escaped(text: string): string {
  return text.replace(/[\\`*_<>[\]~&]/g, "\\$&").replaceAll("|", "&#124;");
}

/**
 * Code spans (CommonMark 0.31, section 6.1), with the pipes between them: a table ends its cell at a pipe even in code, and in
 * code nothing but a backslash takes that away, which a text may have of its own (GFM 0.29, section 4.10).
 */
function spans(text: string): string {
  return text
    .split("|")
    .map((part) => (part === "" ? "" : span(part)))
    .join("&#124;");
}

function span(text: string): string {
  const fence = "`".repeat(longestRun(text) + 1);
  const isPadded = /^`|`$|^ .*[^ ].* $/.test(text);
  return isPadded ? `${fence} ${text} ${fence}` : `${fence}${text}${fence}`;
}

function longestRun(text: string): number {
  return Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
}

/** Lines as they are, in a block that nothing in them ends (CommonMark 0.31, section 4.5). */
export function block(text: string): string {
  const fence = "`".repeat(Math.max(2, longestRun(text)) + 1);
  return `${fence}text\n${text}\n${fence}`;
}
