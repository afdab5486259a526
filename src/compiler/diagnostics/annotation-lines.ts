import { type Cut, columnsBefore, Veil } from "./veil.ts";

/** What one line shows, and whether it belongs to annotations. */
export interface AnnotationLine {
  readonly cut: Cut | null;
  readonly inside: boolean;
}

const ANNOTATIONS = /(?<![\w./-])["']?annotations["']?[ \t]*:/;
/** The end of `example.com/name:`. Other values than those of annotations rarely look like this; labels do. */
const QUALIFIED = /\.[\w-]{1,63}\/[\w.-]{1,63}["']?[ \t]*:(?=[ \t"'{[]|$)/;

/** The lines of a document with the values of its annotations hidden. */
export function annotationLines(lines: readonly string[]): AnnotationLine[] {
  const shown: AnnotationLine[] = [];
  let region: Region | null = null;
  for (const text of lines) {
    if (region !== null && !region.holds(text)) region = null;
    if (region !== null) {
      shown.push({ cut: region.line(text), inside: true });
      continue;
    }
    const found = ANNOTATIONS.exec(text) ?? QUALIFIED.exec(text);
    if (found === null) {
      shown.push({ cut: null, inside: false });
      continue;
    }
    region = new Region(text, found.index + found[0].length);
    shown.push({ cut: region.first, inside: true });
  }
  return shown;
}

/** From `annotations:`, or from one annotation, to the end of its value: by indentation, or by brackets. */
class Region {
  readonly first: Cut | null;
  readonly #veil = new Veil();
  readonly #brackets = new Brackets();
  readonly #column: number;
  /** True until a value has come: its bracket may stand in the next line. */
  #empty: boolean;

  constructor(text: string, start: number) {
    const value = text.slice(start).trimStart();
    this.#empty = value === "";
    this.#column = columnsBefore(text, /^[ \t]*(?:-[ \t]+)*/.exec(text)?.[0].length ?? 0);
    if (/^[[{]/.test(value)) this.#brackets.read(value);
    this.first = this.#veil.valueFrom(text, text.length - value.length, this.#column);
  }

  holds(text: string): boolean {
    const content = text.trimStart();
    if (this.#brackets.open || this.#veil.quoted || content === "" || content.startsWith("#")) return true;
    const indent = columnsBefore(text, text.length - content.length);
    const same = this.#empty ? /^(?:[[{]|-(?:\s|$))/ : /^-(?:\s|$)/;
    return indent > this.#column || (indent === this.#column && same.test(content));
  }

  line(text: string): Cut | null {
    const content = text.trimStart();
    if (this.#brackets.open || (this.#empty && /^[[{]/.test(content))) this.#brackets.read(content);
    if (content !== "") this.#empty = false;
    return this.#veil.line(text);
  }
}

/** Counts brackets outside of quotes. */
class Brackets {
  #depth = 0;
  #quote: string | null = null;

  get open(): boolean {
    return this.#depth > 0;
  }

  read(text: string): void {
    let before = "";
    for (let at = 0; at < text.length; at += 1) {
      const character = text.charAt(at);
      if (this.#quote !== null) {
        if (character === "\\" && this.#quote === '"') at += 1;
        else if (character === this.#quote) this.#quote = null;
      } else if (/["']/.test(character) && /^$|[[{,:]/.test(before)) this.#quote = character;
      else if (character === "{" || character === "[") this.#depth += 1;
      else if (character === "}" || character === "]") this.#depth = Math.max(0, this.#depth - 1);
      if (character !== " " && character !== "\t") before = character;
    }
  }
}
