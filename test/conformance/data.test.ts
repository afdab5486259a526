import { describe, expect, test } from "vitest";
import { readConformance } from "../support/conformance.ts";

const MISSING = "/nowhere/conformance/";

describe("where the cases do not stand beside the project", () => {
  test.each(["true", "1"])("CI=%s: reading them fails, for a skipped test would look like a passed one", (CI) => {
    expect(() => readConformance("ingress-docs.json", { CI }, MISSING)).toThrow("/nowhere/conformance/ is missing");
  });

  test.each([undefined, "", "false", "0"])("CI=%s: there are none", (CI) => {
    expect(readConformance("ingress-docs.json", { CI }, MISSING)).toBeNull();
  });
});
