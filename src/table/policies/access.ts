import { type Codec, type Coded, list, record, text, u32, words } from "../codec.ts";

/** Pairs of addresses of so many words. */
const spans = (size: number): Codec<ArrayLike<number>> => ({
  shape: `spans of ${size}`,
  write: words.write,
  read(cursor) {
    const read = words.read(cursor);
    if (read.length % (2 * size) !== 0) throw new RangeError("routing table is damaged: a range without an end");
    return read;
  },
});

/** Addresses: ascending ranges that do not touch, each its first and its last one. IPv4 is one word, IPv6 four. */
export const addressRanges = record({ v4: spans(1), v6: spans(4) });
export type AddressRanges = Coded<typeof addressRanges>;

/**
 * Who may send requests by where they come from. What is denied beats what is allowed; where anything is allowed,
 * everybody else is denied. Countries are those of ISO 3166 and `T1`, which is how Cloudflare calls Tor.
 */
export const access = record({
  allow: addressRanges,
  deny: addressRanges,
  allowCountries: list(text),
  denyCountries: list(text),
  allowAsns: list(u32),
  denyAsns: list(u32),
});
export type Access = Coded<typeof access>;
