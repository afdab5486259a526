import { describe, expect, test } from "vitest";
import { mergedRanges } from "../../src/compiler/ir/access.ts";
import { inRanges, parseRange } from "../../src/table/address.ts";
import { addressWords, holdsAddress } from "../../src/table/address-ranges.ts";
import { fc } from "../support/properties.ts";

const holds = (ranges: readonly string[], address: string) => {
  const words = addressWords(address);
  return words !== null && holdsAddress(mergedRanges(ranges), words);
};

describe("ranges in the table are", () => {
  test.each<[what: string, texts: string[], v4: number[], v6: number[]]>([
    ["none", [], [], []],
    ["one address", ["10.0.0.1"], [0x0a000001, 0x0a000001], []],
    ["a network, whatever address of it is written", ["10.1.2.3/8"], [0x0a000000, 0x0affffff], []],
    ["every address", ["0.0.0.0/0"], [0, 0xffffffff], []],
    ["in ascending order", ["192.0.2.1", "10.0.0.1"], [0x0a000001, 0x0a000001, 0xc0000201, 0xc0000201], []],
    ["made into one where they overlap", ["10.0.0.0/8", "10.1.0.0/16"], [0x0a000000, 0x0affffff], []],
    ["made into one where they touch", ["10.0.0.0/25", "10.0.0.128/25"], [0x0a000000, 0x0a0000ff], []],
    [
      "two where an address lies between",
      ["10.0.0.0", "10.0.0.2"],
      [0x0a000000, 0x0a000000, 0x0a000002, 0x0a000002],
      [],
    ],
    ["of IPv4 where they are mapped to IPv6", ["::ffff:10.0.0.0/104"], [0x0a000000, 0x0affffff], []],
    ["of IPv6", ["2001:db8::/32"], [], [0x20010db8, 0, 0, 0, 0x20010db8, 0xffffffff, 0xffffffff, 0xffffffff]],
    ["every address of IPv6", ["::/0"], [], [0, 0, 0, 0, ...new Array<number>(4).fill(0xffffffff)]],
  ])("%s", (_, texts, v4, v6) => {
    expect(mergedRanges(texts)).toEqual({ v4, v6 });
  });
});

describe("an address is held", () => {
  test.each<[ranges: string[], address: string, held: boolean]>([
    [[], "10.0.0.1", false],
    [["10.0.0.0/8"], "10.0.0.0", true],
    [["10.0.0.0/8"], "10.255.255.255", true],
    [["10.0.0.0/8"], "9.255.255.255", false],
    [["10.0.0.0/8"], "11.0.0.0", false],
    [["10.0.0.0/8"], "::ffff:10.0.0.1", true],
    [["10.0.0.0/8"], "::ffff:0a00:0001", true],
    // Not mapped, but IPv4-compatible, NAT64 and 6to4: other addresses, of other machines.
    [["10.0.0.0/8"], "::10.0.0.1", false],
    [["10.0.0.0/8"], "64:ff9b::10.0.0.1", false],
    [["10.0.0.0/8"], "2002:0a00:0001::", false],
    [["0.0.0.0/0"], "2001:db8::1", false],
    [["::/0"], "10.0.0.1", false],
    [["::/0"], "2001:db8::1", true],
    [["2001:db8::/32"], "2001:0DB8:0:0::7", true],
    [["2001:db8::/32"], "2001:db9::", false],
    [["2001:db8::8"], "2001:db8::7", false],
    [["255.255.255.255"], "255.255.255.255", true],
    [["128.0.0.0/1"], "127.255.255.255", false],
    [["128.0.0.0/1"], "128.0.0.0", true],
  ])("%j, %s: %s", (ranges, address, held) => {
    expect(holds(ranges, address)).toBe(held);
  });

  test.each([
    "",
    "10.0.0",
    "10.0.0.01",
    "0x0a000001",
    "167772161",
    "10.0.0.1/8",
    "10.0.0.1:80",
    "fe80::1%eth0",
    "[::1]",
  ])("%j is no address", (text) => {
    expect(addressWords(text)).toBeNull();
  });
});

const ipv4 = fc.tuple(...([0, 1, 2, 3] as const).map(() => fc.nat(255))).map((bytes) => bytes.join("."));
// Few distinct groups, so that addresses lie near the bounds of ranges.
const group = fc.constantFrom("0", "1", "db8", "ffff", "fffe", "8000", "7fff");
const ipv6 = fc.tuple(...([0, 1, 2, 3, 4, 5, 6, 7] as const).map(() => group)).map((groups) => groups.join(":"));
const address = fc.oneof(ipv4, ipv6);
const range = fc.oneof(
  fc.tuple(ipv4, fc.nat(32)).map(([text, bits]) => `${text}/${bits}`),
  fc.tuple(ipv6, fc.nat(128)).map(([text, bits]) => `${text}/${bits}`),
);

test("the same addresses are held as by looking at each range", () => {
  const written = range.filter((text) => parseRange(text) !== null);
  fc.assert(
    fc.property(
      fc.array(written, { maxLength: 40 }),
      fc.array(address, { minLength: 20, maxLength: 20 }),
      (ranges, all) => {
        const plain = ranges.map((text) => parseRange(text)).filter((one) => one !== null);
        const near = ranges.map((text) => text.split("/")[0] as string);
        for (const one of [...all, ...near]) expect(holds(ranges, one)).toBe(inRanges(one, plain));
      },
    ),
    { numRuns: 500 },
  );
});
