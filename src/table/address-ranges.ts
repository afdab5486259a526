import { parseAddress } from "./address.ts";
import type { AddressRanges } from "./policies/access.ts";

/** An address as words: one of IPv4, four of IPv6; IPv4-mapped IPv6 is IPv4. Null for what is no address. */
export type AddressWords = readonly number[];

export function addressWords(text: string): AddressWords | null {
  const bytes = parseAddress(text);
  return bytes === null ? null : wordsOf(bytes);
}

/** Bytes, most significant first, as words. */
export function wordsOf(bytes: readonly number[]): number[] {
  const words: number[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    words.push(
      (((bytes[at] as number) << 24) |
        ((bytes[at + 1] as number) << 16) |
        ((bytes[at + 2] as number) << 8) |
        (bytes[at + 3] as number)) >>>
        0,
    );
  }
  return words;
}

/**
 * Whether an address is in one of the ranges, by halving: no more than 14 steps in 10,000 (`npm run bench -- auth`). Its
 * plain version is `inRanges` of `address.ts`.
 */
export function holdsAddress({ v4, v6 }: AddressRanges, address: AddressWords): boolean {
  const size = address.length;
  const ranges = size === 1 ? v4 : v6;
  let low = 0;
  let high = ranges.length / (2 * size);
  // The ranges before `low` begin at or before the address, those from `high` on after it.
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isAfter(ranges, middle * 2 * size, address)) high = middle;
    else low = middle + 1;
  }
  return low > 0 && !isBefore(ranges, (low * 2 - 1) * size, address);
}

const isAfter = (words: ArrayLike<number>, at: number, address: AddressWords) => order(words, at, address) > 0;
const isBefore = (words: ArrayLike<number>, at: number, address: AddressWords) => order(words, at, address) < 0;

function order(words: ArrayLike<number>, at: number, address: AddressWords): number {
  for (let index = 0; index < address.length; index++) {
    const difference = (words[at + index] as number) - (address[index] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}
