import { describe, expect, test } from "vitest";
import { removable } from "../../src/cli/publish/prune.ts";
import { historyName, type Publication, valueName } from "../../src/table/publication.ts";

const HOUR = 60 * 60_000;
const NOW = Date.parse("2026-11-28T20:00:00Z");

/** Publications of the versions 1 to `count`, each in the place of the one before and `apart` milliseconds later, the last one now. */
function published(count: number, apart = 2 * HOUR): readonly Publication[] {
  const all: Publication[] = [];
  for (let version = 1; version <= count; version++) {
    const before = all.at(-1);
    all.push({
      format: 2,
      version,
      replaces: before === undefined ? "" : historyName(before),
      hash: `${version}`.padStart(64, "0"),
      bytes: 10,
      publishedAt: new Date(NOW - (count - version) * apart).toISOString(),
      by: "",
      commit: "",
      message: "",
    });
  }
  return all;
}

function listed(all: readonly Publication[]) {
  return {
    history: all.map((one) => ({ ...one, name: historyName(one) })).toReversed(),
    values: all.map((one) => valueName(one, null)),
  };
}

const versions = (of: ReturnType<typeof removable>) =>
  of.entries.map(({ version }) => version).toSorted((a, b) => a - b);
const at = (all: readonly Publication[], version: number) => all[version - 1] as Publication;

describe("what is removed", () => {
  test("is older than the newest ones, with its table, and nothing else", () => {
    const all = published(6);
    const found = removable(listed(all), at(all, 6), 3, NOW);
    expect(versions(found)).toEqual([1, 2, 3]);
    expect(found.values.toSorted()).toEqual(all.slice(0, 3).map((one) => valueName(one, null)));
    expect(versions(removable(listed(all), at(all, 6), 6, NOW))).toEqual([]);
  });

  test("goes with all its shards, by whomever it was split", () => {
    const part = (digit: string) => ({ hash: digit.repeat(64), bytes: 10 });
    const all = published(4);
    const { history } = listed(all);
    const values = all.flatMap((one) => ["a", "b", "7"].map((digit) => valueName(one, part(digit))));
    const found = removable({ history, values }, at(all, 4), 3, NOW);
    expect([versions(found), found.values.toSorted()]).toEqual([[1], values.slice(0, 3).toSorted()]);
  });

  test("is never the active one, the one that it replaced, or what is newer", () => {
    const all = published(6);
    // As after a publication that another publisher overtook: 3 serves, and 4 to 6 are in the history.
    expect(versions(removable(listed(all), { ...at(all, 3), replaces: historyName(at(all, 1)) }, 2, NOW))).toEqual([2]);
  });

  test("did not serve within the last hour", () => {
    const all = published(6, HOUR / 4);
    expect(versions(removable(listed(all), at(all, 6), 2, NOW))).toEqual([]);
    expect(versions(removable(listed(all), at(all, 6), 2, NOW + HOUR / 2))).toEqual([1, 2]);
    const untold = { ...listed(all), history: listed(all).history.map((one) => ({ ...one, publishedAt: "" })) };
    expect(versions(removable(untold, at(all, 6), 2, NOW + HOUR))).toEqual([]);
  });

  test("is judged by what served, not by what is in the history", () => {
    const before = published(3, HOUR / 4);
    const third = at(before, 3);
    const hours = (count: number) => new Date(NOW - count * HOUR).toISOString();
    // 2 served for hours beside 3, which never did, until 4 came, half an hour ago; then 5.
    const first = { ...at(before, 1), publishedAt: hours(9) };
    const second = { ...at(before, 2), publishedAt: hours(8) };
    const dead = { ...third, publishedAt: hours(7), replaces: historyName(second) };
    const fourth = {
      ...third,
      version: 4,
      hash: "4".padStart(64, "0"),
      publishedAt: hours(0.5),
      replaces: historyName(second),
    };
    const fifth = {
      ...third,
      version: 5,
      hash: "5".padStart(64, "0"),
      publishedAt: hours(0),
      replaces: historyName(fourth),
    };
    const all = [first, second, dead, fourth, fifth];
    expect(versions(removable(listed(all), fifth, 2, NOW))).toEqual([1]);
    expect(versions(removable(listed(all), fifth, 2, NOW + HOUR))).toEqual([1, 2, 3]);
    // A publisher that stood still for long may have written what serves only now.
    const late = [first, second, { ...dead, publishedAt: hours(-0.6) }, fourth, fifth];
    expect(versions(removable(listed(late), fifth, 2, NOW + HOUR))).toEqual([1, 2]);
    // The listing does not show the entry of 2 yet, or no more.
    const unlisted = listed(all);
    const lost = { ...unlisted, history: unlisted.history.filter(({ version }) => version !== 2) };
    expect(removable(lost, fifth, 2, NOW).values).toEqual([]);
    expect(removable(lost, fifth, 2, NOW + HOUR).values).toEqual(
      [first, second, dead].map((one) => valueName(one, null)),
    );
  });

  test("may be a table of which no publication is left, but not one that may be about to be published", () => {
    const all = published(4);
    const { history, values } = listed(all);
    const lost = { history: history.filter(({ version }) => version !== 2), values };
    expect(removable(lost, at(all, 3), 4, NOW)).toEqual({
      entries: [],
      values: [],
    });
    expect(removable(lost, at(all, 4), 4, NOW)).toEqual({ entries: [], values: [valueName(at(all, 2), null)] });
    const early = { history: history.filter(({ version }) => version < 4), values };
    expect(removable(early, at(all, 3), 4, NOW).values).toEqual([]);
    expect(removable({ history, values: ["table/of somebody else"] }, at(all, 4), 4, NOW).values).toEqual([]);
  });
});
