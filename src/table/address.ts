/** An IP address or a CIDR in bytes: 4 or 16, IPv4-mapped IPv6 as IPv4. */
interface Range {
  readonly bytes: readonly number[];
  readonly bits: number;
}

/** Without leading zeros, which some programs read as octal. */
const DECIMAL = /^(?:0|[1-9]\d{0,2})$/;
const MAPPED_BITS = 96;
const HEXTET = /^[0-9a-f]{1,4}$/i;

/** The bytes of an IPv4 or IPv6 address (RFC 4291 §2.2, without zone); null for anything else. */
export function parseAddress(text: string): readonly number[] | null {
  if (!text.includes(":")) return parseIpv4(text);
  const bytes = parseIpv6(text);
  const mapped = bytes?.slice(0, 10).every((byte) => byte === 0) && bytes[10] === 255 && bytes[11] === 255;
  return bytes !== null && mapped ? bytes.slice(12) : bytes;
}

function parseIpv4(text: string): number[] | null {
  const parts = text.split(".");
  if (parts.length !== 4 || !parts.every((part) => DECIMAL.test(part) && Number(part) <= 255)) return null;
  return parts.map(Number);
}

function parseIpv6(text: string): number[] | null {
  const halves = text.split("::");
  if (halves.length > 2) return null;
  const [head, tail] = halves.map((half) => hextets(half)) as [number[] | null, number[] | null | undefined];
  if (head === null || tail === null) return null;
  if (tail === undefined) return head.length === 16 ? head : null;
  const gap = 16 - head.length - tail.length;
  return gap < 2 ? null : [...head, ...new Array<number>(gap).fill(0), ...tail];
}

function hextets(text: string): number[] | null {
  if (text === "") return [];
  const bytes: number[] = [];
  const parts = text.split(":");
  for (const [index, part] of parts.entries()) {
    if (index === parts.length - 1 && part.includes(".")) {
      const ipv4 = parseIpv4(part);
      if (ipv4 === null) return null;
      bytes.push(...ipv4);
    } else if (HEXTET.test(part)) {
      const value = Number.parseInt(part, 16);
      bytes.push(value >> 8, value & 255);
    } else return null;
  }
  return bytes;
}

/**
 * A CIDR or a single address; null for anything else. One of IPv4-mapped addresses is a range of IPv4; with a mask too
 * short for that it is null, for then it would stand for other IPv6 addresses too.
 */
export function parseRange(text: string): Range | null {
  const [address = "", length, ...rest] = text.split("/");
  const bytes = parseAddress(address);
  if (bytes === null || rest.length > 0) return null;
  if (length === undefined) return { bytes, bits: bytes.length * 8 };
  const isMapped = bytes.length === 4 && address.includes(":");
  const bits = DECIMAL.test(length) ? Number(length) - (isMapped ? MAPPED_BITS : 0) : Number.NaN;
  return bits >= 0 && bits <= bytes.length * 8 ? { bytes, bits } : null;
}

/** True when the address lies in one of the ranges; false for what is no address. */
export function inRanges(address: string, ranges: readonly Range[]): boolean {
  const bytes = parseAddress(address.trim());
  return bytes !== null && ranges.some((range) => contains(range, bytes));
}

function contains({ bytes, bits }: Range, address: readonly number[]): boolean {
  if (bytes.length !== address.length) return false;
  const whole = bits >> 3;
  for (let index = 0; index < whole; index++) if (bytes[index] !== address[index]) return false;
  const shift = 8 - (bits & 7);
  return shift === 8 || (bytes[whole] as number) >> shift === (address[whole] as number) >> shift;
}
