/** A set of bytes, bit n for byte n: patterns are matched on bytes, as PCRE does where it is not told of UTF-8. */
export type ByteSet = bigint;

export const NO_BYTE: ByteSet = 0n;
export const EVERY_BYTE: ByteSet = (1n << 256n) - 1n;

export function byteRange(first: number, last: number): ByteSet {
  return ((1n << BigInt(last - first + 1)) - 1n) << BigInt(first);
}

export function hasByte(set: ByteSet, byte: number): boolean {
  return ((set >> BigInt(byte)) & 1n) === 1n;
}

const MOST_TABLES = 4_096;
const tables = new Map<ByteSet, readonly boolean[]>();

/** By byte: whether the set has it. Faster to look at than the set, where all bytes are. */
export function byteTable(set: ByteSet): readonly boolean[] {
  const known = tables.get(set);
  if (known !== undefined) return known;
  const table = Array.from({ length: 256 }, (_, byte) => hasByte(set, byte));
  if (tables.size >= MOST_TABLES) tables.clear();
  tables.set(set, table);
  return table;
}

/** The first of the bytes of each class that the sets don't tell apart. */
export function toldApart(bytes: readonly number[], sets: readonly ByteSet[]): readonly number[] {
  let classes = bytes.map(() => 0);
  for (const table of sets.map(byteTable)) {
    const split = new Map<number, number>();
    classes = classes.map((before, at) => {
      const key = 2 * before + (table[bytes[at] as number] ? 1 : 0);
      const number = split.get(key) ?? split.size;
      split.set(key, number);
      return number;
    });
  }
  return bytes.filter((_, at) => classes.indexOf(classes[at] as number) === at);
}

const UPPER = byteRange(0x41, 0x5a);
const LOWER = byteRange(0x61, 0x7a);

export const NEWLINE = byteRange(10, 10);
export const DIGITS = byteRange(0x30, 0x39);
export const WORD = UPPER | LOWER | DIGITS | byteRange(0x5f, 0x5f);
export const SPACE = byteRange(9, 13) | byteRange(0x20, 0x20);

/** Beyond ASCII: these have no case in the C locale. */
export const HIGH = byteRange(0x80, 0xff);

/**
 * What a decoded path may hold where patterns are matched: requests with control characters are refused before
 * (`patternReadings` in `table/normalise.ts`), so that a newline means nothing to `$` and `.`.
 */
export const PATH_BYTES = byteRange(0x20, 0x7e) | HIGH;

/** The set with the letters of ASCII in both cases. */
export function inBothCases(set: ByteSet): ByteSet {
  return set | ((set & UPPER) << 32n) | ((set & LOWER) >> 32n);
}

/** The POSIX classes as the C locale has them (pcre2pattern, "POSIX character classes"). */
export const POSIX: Readonly<Record<string, ByteSet>> = {
  alnum: UPPER | LOWER | DIGITS,
  alpha: UPPER | LOWER,
  ascii: byteRange(0, 0x7f),
  blank: byteRange(9, 9) | byteRange(0x20, 0x20),
  cntrl: byteRange(0, 0x1f) | byteRange(0x7f, 0x7f),
  digit: DIGITS,
  graph: byteRange(0x21, 0x7e),
  lower: LOWER,
  print: byteRange(0x20, 0x7e),
  punct: byteRange(0x21, 0x7e) & ~(UPPER | LOWER | DIGITS),
  space: SPACE,
  upper: UPPER,
  word: WORD,
  xdigit: DIGITS | byteRange(0x41, 0x46) | byteRange(0x61, 0x66),
};
