import { describe, expect, test } from "vitest";
import { readAnnotated } from "./annotated.ts";

const LEFT = "EI4060 limit-rate of Ingress shop/shop is left to the cluster's own ingress in eu";

describe("limit-rate is read:", () => {
  test.each<[annotations: Record<string, string>, sets: object]>([
    [{ "limit-rate": "100" }, { rate: 102_400, after: 0, onlyServices: true }],
    [
      { "limit-rate": " 1 ", "limit-rate-after": "500" },
      { rate: 1_024, after: 512_000, onlyServices: true },
    ],
  ])("%j", (annotations, sets) => {
    expect(readAnnotated(annotations)).toEqual({ sets, fields: ["bandwidthLimit"], said: [LEFT] });
  });

  test.each<Record<string, string>>([{ "limit-rate": "0" }, { "limit-rate-after": "0" }])(
    "%j asks for nothing",
    (none) => {
      expect(readAnnotated(none)).toEqual({ sets: {}, fields: [], said: [] });
    },
  );

  test("limit-rate-after alone is said to do nothing", () => {
    const said = ["EI4008 limit-rate-after has no effect without limit-rate"];
    expect(readAnnotated({ "limit-rate-after": "10" })).toEqual({ sets: {}, fields: [], said });
  });

  test.each(["", "-1", "1.5", "100k", "ten", "9999999999"])("%j is no number: an error, since it guards", (value) => {
    for (const name of ["limit-rate", "limit-rate-after"]) {
      const { sets, said } = readAnnotated({ "limit-rate": "1", [name]: value });
      expect([sets, said]).toEqual([null, [`EI4006 ${name} must be a whole number of kilobytes`]]);
    }
  });
});
