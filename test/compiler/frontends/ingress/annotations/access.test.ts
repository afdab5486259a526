import { describe, expect, test } from "vitest";
import { readAnnotated } from "./annotated.ts";

const LISTS = {
  allow: "allowlist-source-range",
  old: "whitelist-source-range",
  deny: "denylist-source-range",
} as const;

const read = (annotations: Readonly<Record<string, string>>) => {
  const { sets, said } = readAnnotated(annotations);
  return { sets, said };
};

describe("access lists are read:", () => {
  test.each<[what: string, annotations: Record<string, string>, sets: object]>([
    ["one range", { [LISTS.allow]: "10.0.0.0/8" }, { allow: ["10.0.0.0/8"] }],
    [
      "several, with spaces",
      { [LISTS.allow]: " 10.0.0.0/8 ,2001:db8::/32, 192.0.2.1" },
      { allow: ["10.0.0.0/8", "2001:db8::/32", "192.0.2.1"] },
    ],
    ["over several lines", { [LISTS.deny]: "10.0.0.0/8,\n  192.0.2.1\n" }, { deny: ["10.0.0.0/8", "192.0.2.1"] }],
    ["by the older name", { [LISTS.old]: "10.0.0.0/8" }, { allow: ["10.0.0.0/8"] }],
    [
      "by the older name where the newer is empty",
      { [LISTS.allow]: "", [LISTS.old]: "10.0.0.0/8" },
      { allow: ["10.0.0.0/8"] },
    ],
    [
      "both kinds",
      { [LISTS.old]: "10.0.0.0/8", [LISTS.deny]: "10.1.0.0/16" },
      { allow: ["10.0.0.0/8"], deny: ["10.1.0.0/16"] },
    ],
    ["satisfy", { satisfy: "any" }, { satisfy: "any" }],
    ["satisfy, as it is anyway", { satisfy: "all" }, { satisfy: "all" }],
  ])("%s", (_, annotations, sets) => {
    expect(read(annotations)).toEqual({ sets, said: [] });
  });

  test("the newer name before the older one, which is not passed over in silence", () => {
    expect(read({ [LISTS.allow]: "10.0.0.0/8", [LISTS.old]: "0.0.0.0/0" })).toEqual({
      sets: { allow: ["10.0.0.0/8"] },
      said: ["EI4016 whitelist-source-range is not read beside allowlist-source-range"],
    });
  });
});

test("of a long list the report shows the beginning", () => {
  const ranges = Array.from({ length: 21 }, (_, index) => `10.0.0.${index}`);
  const { sets } = read({ [LISTS.deny]: ranges.join() });
  expect(sets).toEqual({ deny: [...ranges.slice(0, 20), "and 1 more"] });
});

describe("nothing is published where a list can't be read:", () => {
  const says = (name: string, which: string) =>
    `EI4006 ${name} must be addresses and CIDRs with commas between, and ${which}`;

  test.each<[what: string, annotations: Record<string, string>, said: string[]]>([
    ["an empty one", { [LISTS.allow]: "" }, [says(LISTS.allow, "is empty")]],
    ["a blank one", { [LISTS.deny]: "  " }, [says(LISTS.deny, "is empty")]],
    ["an empty one of the older name", { [LISTS.old]: "" }, [says(LISTS.old, "is empty")]],
    ["both names empty", { [LISTS.allow]: "", [LISTS.old]: "" }, [says(LISTS.old, "is empty")]],
    ["a comma at the end", { [LISTS.allow]: "10.0.0.0/8," }, [says(LISTS.allow, "has something else as entry 2")]],
    [
      "a name",
      { [LISTS.allow]: "10.0.0.0/8, office.example.com" },
      [says(LISTS.allow, "has something else as entry 2")],
    ],
    ["`all`, which is nginx's word", { [LISTS.deny]: "all" }, [says(LISTS.deny, "has something else as entry 1")]],
    ["spaces between", { [LISTS.allow]: "10.0.0.0/8 192.0.2.1" }, [says(LISTS.allow, "has something else as entry 1")]],
    ["a mask that is too long", { [LISTS.allow]: "10.0.0.0/33" }, [says(LISTS.allow, "has something else as entry 1")]],
    [
      "a number with a leading zero",
      { [LISTS.deny]: "010.0.0.0/8" },
      [says(LISTS.deny, "has something else as entry 1")],
    ],
    [
      "a range from and to",
      { [LISTS.allow]: "10.0.0.1-10.0.0.9" },
      [says(LISTS.allow, "has something else as entry 1")],
    ],
    [
      "one of two",
      { [LISTS.allow]: "10.0.0.0/8", [LISTS.deny]: "x" },
      [says(LISTS.deny, "has something else as entry 1")],
    ],
    ["satisfy in capitals", { satisfy: "Any" }, ["EI4006 satisfy must be `any` or `all`"]],
    ["satisfy without a value", { satisfy: "" }, ["EI4006 satisfy must be `any` or `all`"]],
  ])("%s", (_, annotations, said) => {
    expect(read(annotations)).toEqual({ sets: null, said });
  });
});
