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
  /** By the hash of a block, where those of that hash are. */
  readonly #blocks = new Map<number, { readonly offset: number; readonly length: number }[]>();

  /** The offset of the block, in words from the section's start. */
  add(block: readonly number[]): number {
    const hash = hashOf(block);
    const alike = this.#blocks.get(hash) ?? [];
    const known = alike.find(({ offset, length }) => length === block.length && this.#stands(block, offset));
    if (known !== undefined) return known.offset;
    const offset = this.words.length;
    for (const word of block) this.words.push(word);
    alike.push({ offset, length: block.length });
    if (alike.length === 1) this.#blocks.set(hash, alike);
    return offset;
  }

  #stands(block: readonly number[], offset: number): boolean {
    return block.every((word, index) => word === this.words[offset + index]);
  }
}

/** FNV-1a over words, which is enough to tell most blocks apart; those of one hash are compared. */
function hashOf(block: readonly number[]): number {
  let hash = 0x811c9dc5;
  for (const word of block) hash = Math.imul(hash ^ word, 0x01000193);
  return hash;
}

/** u32 words as they stand in a table. */
export function words(values: readonly number[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value, true);
  return bytes;
}
