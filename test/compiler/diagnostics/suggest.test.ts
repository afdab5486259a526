import { expect, it } from "vitest";
import { closest, editDistance } from "../../../src/compiler/diagnostics/suggest.ts";

it.each([
  ["", "", 0],
  ["", "abc", 3],
  ["abc", "", 3],
  ["abc", "abc", 0],
  ["abc", "abd", 1],
  ["abc", "ab", 1],
  ["abc", "abcd", 1],
  ["abc", "acb", 1],
  ["ab", "ba", 1],
  ["abc", "cab", 2],
  ["kitten", "sitting", 3],
  ["axc", "abd", 2],
])("editDistance of %j and %j is %i", (from, to, distance) => {
  expect(editDistance(from, to)).toBe(distance);
  expect(editDistance(to, from)).toBe(distance);
});

it.each([
  ["ruels", "rules"],
  ["Rules", "rules"],
  ["ingresClassname", "ingressClassName"],
  ["backend", "defaultBackend"],
  ["tlss", "tls"],
  ["tl", "tls"],
  ["ab", null],
  ["path", null],
  ["defaultTimeout", null],
])("the closest to %s is %s", (word, near) => {
  expect(closest(word, ["defaultBackend", "ingressClassName", "rules", "tls"])).toBe(near);
});
