import { annotationLines } from "./annotation-lines.ts";
import { credentialsIn, MASK } from "./credentials.ts";
import type { Position } from "./diagnostic.ts";
import type { Lines } from "./lines.ts";
import { type Cut, Veil } from "./veil.ts";

/** A line as it may be shown. */
export interface ShownLine {
  readonly text: string;
  /** Where a place of the line is in this text. */
  place(column: number, length: number): Pick<Position, "column" | "length">;
}

/** The lines of a text as they may be shown: without the values of Secrets and annotations, and passwords in URLs. */
export interface ShownLines {
  readonly count: number;
  line(line: number): ShownLine;
}

/** The first and the last line of a document. */
interface Bounds {
  readonly first: number;
  readonly last: number;
}

/**
 * What may be shown is decided by the text alone, as a diagnostic may be about a text that is no valid YAML. A document
 * is looked through when one of its lines is asked for. `marked`: lines known to hold an annotation.
 */
export function shownLines(lines: Lines, marked: ReadonlySet<number> = new Set()): ShownLines {
  const documents = documentsOf(lines);
  const judgements = new Map<number, Judgement>();
  const cuts = new Map<number, readonly (Cut | null)[]>();
  const textsOf = ({ first, last }: Bounds) =>
    Array.from({ length: last - first + 1 }, (_, index) => lines.text(first + index));

  const isSecret = (wanted: number): boolean => {
    for (let index = wanted; index >= 0; index -= 1) {
      const judgement = judgements.get(index) ?? judge(textsOf(documents()[index] as Bounds).join("\n"));
      judgements.set(index, judgement);
      if (judgement !== "as-before") return judgement === "secret";
    }
    return false;
  };

  const cutsOf = (index: number): readonly (Cut | null)[] => {
    const known = cuts.get(index);
    if (known !== undefined) return known;
    const bounds = documents()[index] as Bounds;
    const texts = textsOf(bounds);
    const annotations = annotationLines(texts);
    const unfound = annotations.some(({ inside }, at) => !inside && marked.has(bounds.first + at));
    const veil = new Veil();
    const found = unfound || isSecret(index) ? texts.map((text) => veil.line(text)) : annotations.map(({ cut }) => cut);
    cuts.set(index, found);
    return found;
  };

  return {
    get count() {
      return lines.count;
    },
    line(line) {
      const index = documentAt(documents(), line);
      const { first } = documents()[index] as Bounds;
      return shownLine(lines.text(line), cutsOf(index)[line - first] ?? null);
    },
  };
}

const KIND = /["']?kind["']?[ \t]*:/;
const DATA = /(?:^|[\s{,"'])(?:data|stringData|binaryData)["']?[ \t]*:/;
/** What only private JSON Web Keys have, where a text has keys at all. */
const PRIVATE_MEMBER = /(?:^|[\s{,"'])(?:d|p|q|dp|dq|qi|k|priv)["']?[ \t]*:/;
const ANNOTATIONS = /annotations["']?[ \t]*:/;
const ALIAS = /[:,[{-][ \t]+\*|<<["']?[ \t]*:/;

/** `as-before`: a piece without a kind, which a stray `---` may have cut off the document before it. */
type Judgement = "secret" | "open" | "as-before";

/** Takes more than Secrets for one: what merely names one, other kinds with data, annotations that stand elsewhere. */
function judge(text: string): Judgement {
  const uncommented = text.replace(/(?:^|(?<=\s))#.*$/gm, "");
  const secret =
    /\bSecret\b/.test(uncommented) ||
    /kind\W+\w*secret/i.test(uncommented) ||
    /kind["']?[ \t]*:[ \t]*(?:"[^"\n]*\\|!)/.test(uncommented) ||
    DATA.test(uncommented) ||
    (/\bkty\b/.test(uncommented) && PRIVATE_MEMBER.test(uncommented)) ||
    (ANNOTATIONS.test(uncommented) && ALIAS.test(uncommented));
  if (secret) return "secret";
  return KIND.test(uncommented) ? "open" : "as-before";
}

function documentsOf(lines: Lines): () => readonly Bounds[] {
  let found: Bounds[] | null = null;
  return () => {
    if (found !== null) return found;
    found = [];
    let first = 1;
    for (let line = 2; line <= lines.count; line += 1) {
      if (!/^---(?:[ \t\r]|$)/.test(lines.text(line))) continue;
      found.push({ first, last: line - 1 });
      first = line;
    }
    found.push({ first, last: lines.count });
    return found;
  };
}

function documentAt(documents: readonly Bounds[], line: number): number {
  let low = 0;
  let high = documents.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if ((documents[middle]?.first ?? 0) <= line) low = middle;
    else high = middle - 1;
  }
  return low;
}

function shownLine(text: string, cut: Cut | null): ShownLine {
  const found = joined(text, cut);
  if (found === null) return { text, place: (column, length) => ({ column, length }) };
  const { start, end, instead } = found;
  const shift = instead.length - (end - start);
  const moved = (offset: number, inside: number) =>
    offset <= start ? offset : offset >= end ? offset + shift : start + inside;
  return {
    text: text.slice(0, start) + instead + text.slice(end),
    place(column, length) {
      const from = column - 1 >= start && column - 1 < end ? start : moved(column - 1, 0);
      const to = moved(column - 1 + length, instead.length);
      return { column: from + 1, length: Math.max(1, to - from) };
    },
  };
}

/** The cut of a line together with that of the password in its URLs. */
function joined(text: string, cut: Cut | null): Cut | null {
  const credentials = credentialsIn(text);
  if (credentials === null || (cut !== null && credentials.start >= cut.start)) return cut;
  const end = cut === null ? credentials.end : text.length;
  return { start: credentials.start, end, instead: MASK };
}
