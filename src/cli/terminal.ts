import { Help } from "commander";
import { coloured, displayWidth, type Paint, plain } from "../compiler/index.ts";

type Stream = Pick<NodeJS.WriteStream, "isTTY" | "columns" | "write">;

/** Colours where people read the stream: a terminal, and no `NO_COLOR` (https://no-color.org). */
export function paintOf(stream: { readonly isTTY?: boolean }): Paint {
  return stream.isTTY === true && !process.env.NO_COLOR ? coloured : plain;
}

/** Columns of a terminal; null for what is none, and gets its lines as long as they are. */
export function columnsOf({ isTTY, columns }: Pick<Stream, "isTTY" | "columns">): number | null {
  return isTTY ? columns || 80 : null;
}

/** Writes text and a line break; on a terminal no line is longer than it is wide. */
export function print(text: string, stream: Stream = process.stdout): void {
  const columns = columnsOf(stream);
  stream.write(`${columns === null ? text : wrapped(text, columns)}\n`);
}

/** The same of what a format made: on a terminal lines are broken of the text for people alone. */
export function printAs(format: string, text: string): void {
  if (format === "text") print(text);
  else process.stdout.write(`${text}\n`);
}

/** Fewer columns than this beside an indentation are no place for words. */
const LEAST = 40;

/** Of a code frame: a line that is broken says something else. */
const FRAME = /^[> ] +\d* *\|/;

/** Commander's counts the units of a text; East Asian characters take two columns each, and combining ones none. */
class Wrapper extends Help {
  override displayWidth(text: string): number {
    return displayWidth(text);
  }
}

/**
 * Breaks lines between words, where they are longer. What goes on is indented by two columns more. Escape codes of colours
 * have no width.
 */
export function wrapped(text: string, columns: number): string {
  const help = new Wrapper();
  return text
    .split("\n")
    .map((line) => {
      const [indent = ""] = /^ */.exec(line) ?? [];
      const room = columns - indent.length - 2;
      if (room < LEAST || FRAME.test(line) || help.displayWidth(line) <= columns) return line;
      return `${indent}${help.boxWrap(line.slice(indent.length), room).replaceAll("\n", `\n${indent}  `)}`;
    })
    .join("\n");
}
