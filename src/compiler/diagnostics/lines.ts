import type { Position } from "./diagnostic.ts";

/** Finds lines and columns in a text. Lines end with LF or CRLF; columns count UTF-16 units, as editors do. */
export interface Lines {
  readonly count: number;
  /** The line without its line break; empty for a line that does not exist. */
  text(line: number): string;
  /** From offset to place. The length never goes over the end of the line, and is at least 1. */
  position(file: string, start: number, end: number): Position;
}

/** Lines of a text. The text is looked through at the first question, so an index that nobody asks costs nothing. */
export function linesOf(text: string): Lines {
  let found: number[] | null = null;
  const starts = (): number[] => {
    found ??= lineStarts(text);
    return found;
  };
  const endOf = (line: number): number => {
    const next = starts()[line];
    if (next === undefined) return text.length;
    return text[next - 2] === "\r" ? next - 2 : next - 1;
  };
  return {
    get count() {
      return starts().length;
    },
    text(line) {
      const start = starts()[line - 1];
      return start === undefined ? "" : text.slice(start, endOf(line));
    },
    position(file, start, end) {
      const offset = Math.max(0, Math.min(start, text.length));
      const line = lineAt(starts(), offset);
      const column = offset - (starts()[line - 1] ?? 0) + 1;
      return { file, line, column, length: Math.max(1, Math.min(end, endOf(line)) - offset) };
    },
  };
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf("\n"); at !== -1; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  return starts;
}

/** The number of the last line that starts at or before the offset. */
function lineAt(starts: readonly number[], offset: number): number {
  let low = 0;
  let high = starts.length;
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((starts[middle] ?? Number.POSITIVE_INFINITY) <= offset) low = middle;
    else high = middle;
  }
  return low + 1;
}
