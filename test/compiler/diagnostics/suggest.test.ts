import { expect, it } from "vitest";
import { closest, editDistance } from "../../../src/compiler/diagnostics/suggest.ts";
import { CONTROLLER_KEYS } from "../../../src/compiler/frontends/ingress/controller-keys.ts";
import { fc } from "../../support/properties.ts";

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

/** Optimal string alignment as it is defined, without a bound. */
function plainDistance(from: string, to: string): number {
  const rows = Array.from({ length: from.length + 1 }, () => new Array<number>(to.length + 1).fill(0));
  const at = (row: number, column: number) => rows[row]?.[column] ?? Number.POSITIVE_INFINITY;
  for (let row = 0; row <= from.length; row++) {
    for (let column = 0; column <= to.length; column++) {
      const replaced = at(row - 1, column - 1) + (from[row - 1] === to[column - 1] ? 0 : 1);
      const isSwap = row > 1 && column > 1 && from[row - 1] === to[column - 2] && from[row - 2] === to[column - 1];
      const swapped = isSwap ? at(row - 2, column - 2) + 1 : replaced;
      const cost = Math.min(replaced, swapped, at(row - 1, column) + 1, at(row, column - 1) + 1);
      (rows[row] as number[])[column] = row === 0 && column === 0 ? 0 : cost;
    }
  }
  return at(from.length, to.length);
}

it("a bound changes no distance up to it, and is told to be passed beyond it", () => {
  const word = fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 9 });
  fc.assert(
    fc.property(word, word, fc.integer({ min: 0, max: 4 }), (from, to, most) => {
      const distance = plainDistance(from, to);
      expect(editDistance(from, to)).toBe(distance);
      expect(editDistance(from, to, most)).toBe(distance > most ? most + 1 : distance);
    }),
  );
});

it("a name that is none is given up after a few characters of each known one", () => {
  let read = 0;
  const counted = (text: string) =>
    new Proxy([...text], {
      get(target, key, receiver) {
        if (typeof key === "string" && /^\d+$/.test(key)) read++;
        return Reflect.get(target, key, receiver);
      },
    });
  const word = counted("some-unknown-key-4711");
  const names = CONTROLLER_KEYS.map(({ name }) => name);
  for (const name of names) editDistance(word, counted(name), 3);
  // All of them to the end are more than 100,000.
  expect(read).toBeLessThan(names.length * 30);
});
