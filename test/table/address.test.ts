import { expect, test } from "vitest";
import { inRanges, parseAddress, parseRange } from "../../src/table/address.ts";

test.each([
  "",
  "1.2.3",
  "1.2.3.256",
  "1.2.3.4.5",
  "01.2.3.x",
  "010.0.0.1",
  "1.2.3.00",
  "::ffff:010.0.0.1",
  ":::",
  "1::2::3",
  "12345::",
  "1:2:3:4:5:6:7",
  "1:2:3:4:5:6:7:8:9",
  "::1%eth0",
  "g::",
])("%j is no address", (text) => {
  expect(parseAddress(text)).toBeNull();
});

test.each([
  "10.0.0.0/33",
  "10.0.0.0/",
  "10.0.0.0/8/8",
  "::/129",
  "x/8",
  "10.0.0.0/-1",
  "010.0.0.0/8",
  "10.0.0.0/08",
  "::ffff:10.0.0.0/129",
  // The mask cuts into the prefix that makes it an IPv4 address: neither reading is sure to be meant.
  "::ffff:10.0.0.0/8",
  "::ffff:0:0/95",
])("%j is no range", (text) => {
  expect(parseRange(text)).toBeNull();
});

test.each([
  ["10.1.2.3", "10.0.0.0/8", true],
  ["11.1.2.3", "10.0.0.0/8", false],
  ["10.1.2.3", "10.1.2.3", true],
  ["10.1.2.129", "10.1.2.128/25", true],
  ["10.1.2.127", "10.1.2.128/25", false],
  ["1.2.3.4", "0.0.0.0/0", true],
  ["::1", "0.0.0.0/0", false],
  ["::ffff:10.1.2.3", "10.0.0.0/8", true],
  ["::ffff:a01:203", "10.0.0.0/8", true],
  ["10.1.2.3", "::ffff:10.0.0.0/104", true],
  ["11.1.2.3", "::ffff:10.0.0.0/104", false],
  ["::ffff:10.1.2.3", "::ffff:10.0.0.0/104", true],
  ["10.1.2.3", "::ffff:10.1.2.3", true],
  ["10.1.2.4", "::ffff:10.1.2.3/128", false],
  ["1.2.3.4", "::ffff:0:0/96", true],
  ["::1", "::ffff:0:0/96", false],
  ["::ffff:10.1.2.3", "::/0", false],
  ["010.1.2.3", "10.0.0.0/8", false],
  ["2001:db8::1", "2001:db8::/32", true],
  ["2001:db9::1", "2001:db8::/32", false],
  ["2001:db8:0:0:0:0:0:1", "2001:db8::1", true],
  ["nonsense", "0.0.0.0/0", false],
])("%s in %s: %s", (address, range, expected) => {
  const parsed = parseRange(range);
  expect(parsed).not.toBeNull();
  expect(inRanges(address, parsed === null ? [] : [parsed])).toBe(expected);
});
