import { expect, test } from "vitest";
import { parametersNamed, withoutParameters } from "../../src/edge/query.ts";

test.each([
  ["", [], ""],
  ["?", [], "?"],
  ["?token=1", ["1"], ""],
  ["?a=%2f&token=1&b=+&&c", ["1"], "?a=%2f&b=+&&c"],
  ["?%74oken=1&a", ["1"], "?a"],
  ["?token=1&a&token=2", ["1", "2"], "?a"],
  ["?token", [""], ""],
  ["?tokens=1&atoken=2&TOKEN=3", [], "?tokens=1&atoken=2&TOKEN=3"],
  ["??token=1", [], "??token=1"],
  ["?token=a%20b%2Bc+d", ["a b+c d"], ""],
])("%j has token %j, and is without it %j", (query, values, left) => {
  expect(parametersNamed(query, "token")).toEqual(values);
  expect(withoutParameters(query, new Set(["token"]))).toBe(left);
});
