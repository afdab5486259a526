import { expect, test } from "vitest";
import { hashText, rendezvousScore } from "../../../src/edge/upstream/hash.ts";
import { fc } from "../../support/properties.ts";

test("a hash is 32 bits without sign, the same for the same text in every release", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      const hash = hashText(text);
      expect(hash).toBe(hash >>> 0);
      expect(hashText(text)).toBe(hash);
    }),
  );
  // Sessions hold such values in cookies, and keys belong to clusters by them: a change moves all of them.
  expect(["", "a", "ingress eu https://eu.example.com:443", "zürich"].map(hashText)).toEqual([
    2872998923, 444641715, 2472510733, 2976491016,
  ]);
});

test("neighbours are strangers: each bit of the hash is set in about half of the texts", () => {
  const hashes = Array.from({ length: 10_000 }, (_, index) => hashText(`198.51.100.${index}`));
  expect(new Set(hashes).size).toBeGreaterThan(9_995);
  for (let bit = 0; bit < 32; bit++) {
    const set = hashes.filter((hash) => (hash >>> bit) & 1).length / hashes.length;
    expect(Math.abs(set - 0.5), `bit ${bit}`).toBeLessThan(0.03);
  }
});

test("a score is a positive number, of any two hashes, and grows with the weight", () => {
  const hash = fc.oneof(fc.nat(2 ** 32 - 1), fc.constantFrom(0, 2 ** 31, 2 ** 32 - 1));
  fc.assert(
    fc.property(hash, hash, fc.double({ min: 1e-6, max: 1e6, noNaN: true }), (key, node, weight) => {
      const score = rendezvousScore(key, node, weight);
      expect(score > 0 && Number.isFinite(score)).toBe(true);
      expect(rendezvousScore(key, node, weight * 2)).toBeGreaterThan(score);
    }),
  );
});
