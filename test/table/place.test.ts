import { describe, expect, test } from "vitest";
import { placeOf, rankOf } from "../../src/table/place.ts";
import { REGIONS } from "../../src/table/policies/health-check.ts";
import { fc } from "../support/properties.ts";

describe("what the platform tells of a client", () => {
  test.each([
    ["nothing", undefined],
    ["null", null],
    ["a text", "SIN"],
    ["an empty object", {}],
    ["other things", { asn: 1, tlsVersion: "TLSv1.3" }],
    ["fields of the wrong kind", { colo: 7, country: ["JP"], continent: null, latitude: 1.3, longitude: 103.8 }],
    ["empty fields", { colo: "", country: "", continent: "", latitude: "", longitude: "" }],
    ["a continent of another world", { continent: "XX" }],
    ["a continent named as something of Object's", { continent: "constructor" }],
    ["half a position", { latitude: "1.3" }],
    ["no numbers", { latitude: "north", longitude: "east" }],
    ["no place on Earth", { latitude: "999", longitude: "1e99" }],
    ["infinity", { latitude: "Infinity", longitude: "NaN" }],
  ])("%s is no place", (_, cf) => {
    expect(placeOf(cf)).toBeNull();
  });

  test("all of it", () => {
    const cf = { colo: "SIN", country: "SG", continent: "AS", latitude: "1.35", longitude: "103.8" };
    expect(placeOf(cf)).toMatchObject({ colo: "SIN", country: "SG", continent: "AS", position: [0, 105] });
  });

  test("half of it: the continent stands in for the position, a colo stands alone", () => {
    expect(placeOf({ continent: "EU" })).toMatchObject({ colo: "", country: "", position: [49, 10] });
    expect(placeOf({ continent: "EU", latitude: "200", longitude: "0" })?.position).toEqual([49, 10]);
    expect(placeOf({ colo: "SIN" })).toMatchObject({ colo: "SIN", position: null });
    expect(placeOf({ country: "T1" })).toMatchObject({ country: "T1", position: null });
  });

  test("one key for neighbours, another for those who may be told apart", () => {
    const at = (more: object) =>
      placeOf({ colo: "LIS", country: "PT", latitude: "38.7", longitude: "-9.1", ...more })?.key;
    expect(at({ latitude: "38.9" })).toBe(at({}));
    for (const other of [
      { latitude: "48.9" },
      { longitude: "9.1" },
      { colo: "MAD" },
      { country: "ES" },
      { continent: "EU" },
    ]) {
      expect(at(other)).not.toBe(at({}));
    }
  });
});

describe("how far a cluster is", () => {
  const tokyo = placeOf({ colo: "NRT", country: "JP", continent: "AS", latitude: "35.7", longitude: "139.7" });
  const near = (kind: "colo" | "country" | "continent", code: string) => ({ region: null, near: [{ kind, code }] });
  const rank = (cluster: Parameters<typeof rankOf>[0], place = tokyo) => rankOf(cluster, place);

  test("colo before country before continent before any distance before nowhere", () => {
    const ranks = [
      rank(near("colo", "NRT")),
      rank(near("country", "JP")),
      rank(near("continent", "AS")),
      rank({ region: "apac", near: [] }),
      rank({ region: "sam", near: [] }),
      rank({ region: null, near: [] }),
    ];
    expect(ranks).toEqual(ranks.toSorted((a, b) => a - b));
    expect(new Set(ranks).size).toBe(ranks.length);
  });

  test("the nearest of several that it names counts", () => {
    const names = [...near("continent", "AS").near, ...near("colo", "NRT").near];
    expect(rank({ region: null, near: names })).toBe(rank(near("colo", "NRT")));
  });

  test("what it names does not count elsewhere, and codes of one kind are none of another", () => {
    const nowhere = rank({ region: null, near: [] });
    expect(rank(near("colo", "SIN"))).toBe(nowhere);
    expect(rank(near("country", "NRT"))).toBe(nowhere);
    expect(rank({ region: "apac", near: near("colo", "SIN").near })).toBe(rank({ region: "apac", near: [] }));
  });

  test("all are equal without a place, and those with a region without a position", () => {
    for (const cluster of [near("colo", "NRT"), { region: "sam", near: [] } as const, { region: null, near: [] }]) {
      expect(rankOf(cluster, null)).toBe(0);
    }
    const somewhere = placeOf({ country: "T1" });
    expect(rankOf({ region: "sam", near: [] }, somewhere)).toBe(rankOf({ region: null, near: [] }, somewhere));
  });

  test.each([
    ["Lisbon", 38.7, -9.1, "weur"],
    ["Warsaw", 52.2, 21, "eeur"],
    ["New York", 40.7, -74, "enam"],
    ["Los Angeles", 34, -118.2, "wnam"],
    ["São Paulo", -23.5, -46.6, "sam"],
    ["Singapore", 1.35, 103.8, "apac"],
    ["Sydney", -33.9, 151.2, "oc"],
    ["Kinshasa", -4.3, 15.3, "afr"],
    ["Dubai", 25.2, 55.3, "me"],
    ["Fiji, across the date line", -17.7, 178, "oc"],
    ["Samoa, across the date line", -13.8, -172, "oc"],
  ] as const)("%s is nearest to its region", (_, latitude, longitude, expected) => {
    const place = placeOf({ latitude: `${latitude}`, longitude: `${longitude}` });
    const ranks = REGIONS.map((region) => rankOf({ region, near: [] }, place));
    expect(REGIONS[ranks.indexOf(Math.min(...ranks))]).toBe(expected);
  });

  test("a number from anywhere, whatever is told", () => {
    const degrees = fc.oneof(
      fc.double({ min: -200, max: 200 }).map(String),
      fc.string(),
      fc.constantFrom("-90", "90", "180"),
    );
    const cf = fc.record(
      {
        latitude: degrees,
        longitude: degrees,
        continent: fc.oneof(fc.constantFrom("EU", "AN", "__proto__"), fc.string()),
      },
      { requiredKeys: [] },
    );
    fc.assert(
      fc.property(fc.oneof(cf, fc.anything()), fc.constantFrom(...REGIONS), (told, region) => {
        const found = rankOf({ region, near: [] }, placeOf(told));
        expect(Number.isInteger(found) && found >= 0).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });
});
