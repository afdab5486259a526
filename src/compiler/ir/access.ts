import { parseRange } from "../../table/address.ts";
import { wordsOf } from "../../table/address-ranges.ts";
import type { AddressRanges, Access as TableAccess } from "../../table/policies/access.ts";
import { rememberedOf } from "../remembered.ts";

/** `access` as its table holds it, but for ranges: they stand as they were written. */
export type Access = Omit<TableAccess, "allow" | "deny"> & {
  readonly allow: readonly string[];
  readonly deny: readonly string[];
};

export const NO_ACCESS_LISTS: Access = {
  allow: [],
  deny: [],
  allowCountries: [],
  denyCountries: [],
  allowAsns: [],
  denyAsns: [],
};

/** Every text is an address or a CIDR. Many rules have the same lists, which may be long: they are merged once. */
export const inTable = rememberedOf(
  (access: Access): TableAccess => ({
    ...access,
    allow: mergedRanges(access.allow),
    deny: mergedRanges(access.deny),
  }),
);

interface Span {
  readonly first: bigint;
  last: bigint;
}

/** The ranges in ascending order, those that overlap or touch made into one. */
export function mergedRanges(texts: readonly string[]): AddressRanges {
  const spans: Record<4 | 16, Span[]> = { 4: [], 16: [] };
  for (const text of texts) {
    const range = parseRange(text);
    if (range === null) throw new RangeError("no CIDR");
    const size = range.bytes.length as 4 | 16;
    const free = (1n << BigInt(size * 8 - range.bits)) - 1n;
    const first = numberOf(range.bytes) & ~free;
    spans[size].push({ first, last: first | free });
  }
  return { v4: wordsOfSpans(merged(spans[4]), 4), v6: wordsOfSpans(merged(spans[16]), 16) };
}

function merged(spans: readonly Span[]): Span[] {
  const ascending = [...spans].sort((a, b) => (a.first < b.first ? -1 : a.first > b.first ? 1 : 0));
  const kept: Span[] = [];
  for (const span of ascending) {
    const before = kept.at(-1);
    if (before === undefined || before.last + 1n < span.first) kept.push({ ...span });
    else if (before.last < span.last) before.last = span.last;
  }
  return kept;
}

function wordsOfSpans(spans: readonly Span[], size: number): number[] {
  return spans.flatMap(({ first, last }) => [first, last].flatMap((number) => wordsOf(bytesOf(number, size))));
}

function numberOf(bytes: readonly number[]): bigint {
  return bytes.reduce((sum, byte) => (sum << 8n) | BigInt(byte), 0n);
}

function bytesOf(number: bigint, size: number): number[] {
  return Array.from({ length: size }, (_, index) => Number((number >> BigInt((size - 1 - index) * 8)) & 255n));
}
