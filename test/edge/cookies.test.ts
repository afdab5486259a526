import { describe, expect, test } from "vitest";
import { cookiesNamed, withoutCookies } from "../../src/edge/cookies.ts";

describe("the cookies of a name", () => {
  test.each([
    ["a=1", ["1"]],
    ["b=2; a=1", ["1"]],
    ["a=1; a=2", ["1", "2"]],
    [" a = 1 ;a=", ["1", ""]],
    ['a="1"', ["1"]],
    ["a=b=c", ["b=c"]],
    ["A=1; ab=2; ba=3; a", []],
    ["", []],
  ])("%j", (cookie, values) => {
    expect(cookiesNamed(new Headers({ cookie }), "a")).toEqual(values);
  });

  test("none without the header", () => {
    expect(cookiesNamed(new Headers(), "a")).toEqual([]);
  });
});

test.each([
  ["a=1; b=2; c=3", "b=2; c=3"],
  ["b=2; a=1; c=3", "b=2; c=3"],
  ["b=2; a=1; a=2", "b=2"],
  ["b=2;a=1;c", "b=2;c"],
  ["a=1", null],
  ["a=1; ", null],
  ["ab=1; A=2", "ab=1; A=2"],
])("%j without a is %j", (header, left) => {
  expect(withoutCookies(header, new Set(["a"]))).toBe(left);
});
