import { byText } from "../by-text.ts";

/** The strings of a table: each once, numbered in the order of their code units, the empty one first. */
export class StringPool {
  readonly #numbers = new Map<string, number>();
  readonly #strings: readonly string[];

  constructor(strings: Iterable<string>) {
    this.#strings = [...new Set(["", ...strings])].sort(byText);
    for (const [number, text] of this.#strings.entries()) this.#numbers.set(text, number);
  }

  /** Throws for a string that was not given to the constructor: a bug in the encoder. */
  numberOf(text: string): number {
    const number = this.#numbers.get(text);
    if (number === undefined) throw new Error(`string was not collected: ${JSON.stringify(text)}`);
    return number;
  }

  bytes(): { readonly offsets: readonly number[]; readonly bytes: Uint8Array } {
    const encoder = new TextEncoder();
    const encoded = this.#strings.map((text) => encoder.encode(text));
    const offsets = [0];
    let end = 0;
    for (const { length } of encoded) {
      end += length;
      offsets.push(end);
    }
    const bytes = new Uint8Array(end);
    for (const [number, text] of encoded.entries()) bytes.set(text, offsets[number]);
    return { offsets, bytes };
  }
}

/** A growing section of words in which equal blocks are stored once. */
export class BlockPool {
  readonly words: number[] = [];
  readonly #offsets = new Map<string, number>();

  /** The offset of the block, in words from the section's start. */
  add(block: readonly number[]): number {
    const key = block.join(",");
    const known = this.#offsets.get(key);
    if (known !== undefined) return known;
    const offset = this.words.length;
    for (const word of block) this.words.push(word);
    this.#offsets.set(key, offset);
    return offset;
  }
}

/** u32 words as they stand in a table. */
export function words(values: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value, true);
  return bytes;
}
