import { printable } from "./diagnostics/printable.ts";

/** Text that is nothing but text in a table or a list of Markdown, whatever stands in it. */
export function cell(text: string): string {
  return printable(text).replace(/[\\`*_<>[\]|]/g, "\\$&");
}

/** Text as code on one line, in a table too. */
export function code(text: string): string {
  return `\`${printable(text).replaceAll("`", "'").replaceAll("|", "\\|")}\``;
}

/** Lines as they are, in a block that nothing in them ends (CommonMark 0.31, section 4.5). */
export function block(text: string): string {
  const longest = Math.max(2, ...[...text.matchAll(/`+/g)].map(([run]) => run.length));
  const fence = "`".repeat(longest + 1);
  return `${fence}text\n${text}\n${fence}`;
}
