import { expect, test } from "vitest";
import { sampleTexts } from "../../../src/compiler/patterns/sample.ts";
import { translatePattern } from "../../../src/compiler/patterns/translate.ts";

test.each([
  ["^/api(/|$)(.*)", ["/api/x", "/apix", "/api/"]],
  ["^/id/[0-9]{3}$", ["/id/111"]],
  ["^/(en|de)?/v1\\.0", ["/en/v1.0", "/de/v1.0", "//v1.0"]],
  ["^/a|/b c", ["/a", "/b%20c"]],
  ["^/[é]+", ["/%A9"]],
])("%s has samples", (pattern, expected) => {
  const translation = translatePattern(pattern, { caseless: true });
  if (!translation.ok) throw new Error(translation.problem.says);
  expect(sampleTexts(translation.pattern.source)).toEqual(expected);
});
