import type { Position } from "./diagnostic.ts";
import { columnsOf, printable, printableCharacter } from "./printable.ts";
import type { ShownLines } from "./shown-lines.ts";

const LINES_BEFORE = 2;
const LINES_AFTER = 1;
const TAB_COLUMNS = 4;
/** Columns of source that are shown of a long line at most, and of a narrow terminal at least, and the part of them that may stand before the marked place. */
const MAX_COLUMNS = 100;
const MIN_COLUMNS = 20;
const PART_BEFORE = 0.6;

/** A part of a line, ready to print: each character with the offset it has in the line. */
interface Cell {
  readonly offset: number;
  readonly text: string;
  readonly columns: number;
}

/**
 * The lines around a place, with numbers, a `>` before the line itself and carets under the place. Characters that
 * would act on a terminal are shown as escapes. Empty where the text has no such line. No line is longer than `columns`, unless they are very few.
 */
export function frame(lines: ShownLines, position: Position, columns = Number.POSITIVE_INFINITY): readonly string[] {
  if (position.line < 1 || position.line > lines.count) return [];
  const first = Math.max(1, position.line - LINES_BEFORE);
  const last = Math.min(lines.count, position.line + LINES_AFTER);
  const digits = String(last).length;
  const marked = lines.line(position.line);
  const place = marked.place(position.column, position.length);
  // Besides the source there are the marker, the number, a bar, and an ellipsis at each end.
  const most = Math.max(MIN_COLUMNS, Math.min(MAX_COLUMNS, columns - digits - 7));
  const from = windowStart(marked.text, place.column - 1, Math.floor(most * PART_BEFORE));
  const rows: string[] = [];
  for (let line = first; line <= last; line += 1) {
    const { text } = lines.line(line);
    if (line === last && line > position.line && text === "" && line === lines.count) break;
    const marker = line === position.line ? ">" : " ";
    const cells = cellsOf(text, from, most);
    rows.push(`${marker} ${String(line).padStart(digits)} | ${shown(text, from, cells)}`.trimEnd());
    if (line === position.line) rows.push(`  ${" ".repeat(digits)} | ${carets(cells, from, place)}`);
  }
  return rows;
}

/** The first offset that is shown: 0, or so near to the marked place that not too many columns stand before it. */
function windowStart(text: string, offset: number, most: number): number {
  let start = Math.min(offset, text.length);
  let columns = 0;
  while (start > 0) {
    const isPair = isLowSurrogate(text, start - 1) && start > 1;
    const previous = text.slice(start - (isPair ? 2 : 1), start);
    columns += widthOf(previous);
    if (columns > most) return start;
    start -= previous.length;
  }
  return 0;
}

function isLowSurrogate(text: string, at: number): boolean {
  return (text.charCodeAt(at) & 0xfc00) === 0xdc00;
}

function widthOf(character: string): number {
  if (character === "\t") return TAB_COLUMNS;
  const text = printableCharacter(character);
  return text === character ? columnsOf(character) : text.length;
}

function cellsOf(text: string, from: number, most: number): readonly Cell[] {
  const cells: Cell[] = [];
  let columns = 0;
  let offset = from;
  // A code point has at most two units: more of the line than this can not be shown.
  for (const character of text.slice(from, from + 2 * most)) {
    const width = character === "\t" ? TAB_COLUMNS - (columns % TAB_COLUMNS) : widthOf(character);
    if (columns + width > most) break;
    const shownText = character === "\t" ? " ".repeat(width) : printableCharacter(character);
    cells.push({ offset, text: shownText, columns: width });
    columns += width;
    offset += character.length;
  }
  return cells;
}

function shown(text: string, from: number, cells: readonly Cell[]): string {
  const end = cells.at(-1);
  const rest = end === undefined ? from < text.length : text.length - end.offset > 2;
  return `${from > 0 ? "…" : ""}${cells.map((cell) => cell.text).join("")}${rest ? "…" : ""}`;
}

function carets(cells: readonly Cell[], from: number, { column, length }: Pick<Position, "column" | "length">): string {
  const start = column - 1;
  const columns = (some: readonly Cell[]) => some.reduce((sum, cell) => sum + cell.columns, 0);
  const before = columns(cells.filter((cell) => cell.offset < start));
  const marked = columns(cells.filter((cell) => cell.offset >= start && cell.offset < start + length));
  return `${" ".repeat(before + (from > 0 ? 1 : 0))}${"^".repeat(Math.max(1, marked))}`;
}

/** `file:line:column`, as editors and terminals make links of it. */
export function placeName({ file, line, column }: Position): string {
  return `${printable(file)}:${line}:${column}`;
}
