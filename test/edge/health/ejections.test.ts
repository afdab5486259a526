import { describe, expect, test } from "vitest";
import { HealthBook } from "../../../src/edge/health/book.ts";
import type { Ejection, OutlierReport, ProbeResult } from "../../../src/edge/health/protocol.ts";
import { type ClusterSketches, idOf, tableOf } from "./table.ts";

const START = 1_795_000_000_000;

function bookOf(clusters: ClusterSketches = { a: { check: null } }): HealthBook {
  return new HealthBook(tableOf(clusters), [], 0, START);
}

/** What an isolate says at that time of an ejection that it just made. */
function reportOf(isolate: string, now: number, ejection: Partial<Ejection> = {}): OutlierReport {
  const usual = { endpoint: idOf("a"), at: now, until: now + 30_000, cause: "consecutive-gateway-failure" } as const;
  return { isolate, colo: "FRA", ejections: [{ ...usual, ...ejection }] };
}

function sharedUntil(book: HealthBook, now: number): number {
  return book.snapshot(now).endpoints[idOf("a")]?.ejectedUntil ?? 0;
}

function probed(book: HealthBook, ok: boolean, now: number): void {
  expect(book.due(now)).toHaveLength(1);
  const result: ProbeResult = { at: now, took: 1, ok, cause: "", location: "", answered: true };
  book.record(idOf("a"), [result], now + 1);
}

describe("an ejection is shared", () => {
  test("not when one isolate alone says so, however often", () => {
    const book = bookOf();
    for (let time = START; time < START + 20_000; time += 1_000) book.report(reportOf("one", time), time);
    expect(sharedUntil(book, START + 20_000)).toBe(0);
    expect(book.status([], START + 20_000).ejections[idOf("a")]).toHaveLength(1);
  });

  test("when a second one says so, for as long as both would eject", () => {
    const book = bookOf();
    book.report(reportOf("one", START, { until: START + 90_000 }), START);
    book.report(reportOf("two", START + 5_000, { until: START + 35_000 }), START + 5_000);
    expect(sharedUntil(book, START + 5_000)).toBe(START + 35_000);
    expect(sharedUntil(book, START + 35_000)).toBe(0);
  });

  test("not when the second one comes too late to mean the same failure", () => {
    const book = bookOf();
    book.report(reportOf("one", START, { until: START + 300_000 }), START);
    book.report(reportOf("two", START + 31_000), START + 31_000);
    expect(sharedUntil(book, START + 31_000)).toBe(0);
  });

  test("never for longer than the cluster's own limit", () => {
    const book = bookOf();
    for (const isolate of ["one", "two"]) book.report(reportOf(isolate, START, { until: START * 2 }), START);
    expect(sharedUntil(book, START)).toBe(START + 300_000);
  });

  test.each([
    ["of an endpoint that the table does not name", { endpoint: "elsewhere" }],
    ["that is over", { until: START }],
    ["that ends at no time", { until: Number.NaN }],
    ["that began at no time", { at: Number.NaN }],
    ["that ends before it begins", { at: START + 60_000, until: START + 1 }],
  ])("not one %s", (_, ejection) => {
    const book = bookOf();
    for (const isolate of ["one", "two"]) book.report(reportOf(isolate, START, ejection), START);
    expect(book.snapshot(START).endpoints).toEqual({});
  });

  test("until a good probe refutes a failure of the gateway, but not one of the application", () => {
    for (const cause of ["consecutive-gateway-failure", "consecutive-5xx"] as const) {
      const book = bookOf({ a: {} });
      probed(book, true, START);
      const [ejected, after] = [START + 5_000, START + 5_020];
      for (const isolate of ["one", "two"]) book.report(reportOf(isolate, ejected, { cause }), ejected);
      expect(sharedUntil(book, ejected)).toBe(ejected + 30_000);
      probed(book, true, ejected + 10);
      expect(sharedUntil(book, after)).toBe(cause === "consecutive-5xx" ? ejected + 30_000 : 0);
      book.report(reportOf("three", ejected + 5, { cause, at: ejected + 5 }), after);
      expect(book.status([], after).ejections[idOf("a")]?.length ?? 0).toBe(cause === "consecutive-5xx" ? 3 : 0);
    }
  });

  test("until probes saw the endpoint fall and rise again, whatever it was for", () => {
    const book = bookOf({ a: {} });
    probed(book, true, START);
    const ejected = START + 5_000;
    const ejection = { cause: "consecutive-5xx", until: ejected + 300_000 } as const;
    for (const isolate of ["one", "two"]) book.report(reportOf(isolate, ejected, ejection), ejected);
    const answers = [false, false, false, true, true];
    for (const [index, ok] of answers.entries()) {
      const due = book.nextDue() ?? Number.NaN;
      expect(sharedUntil(book, due)).toBe(ejected + 300_000);
      probed(book, ok, due);
      if (index === answers.length - 1) expect(sharedUntil(book, due + 1)).toBe(0);
    }
  });
});

describe("a suspicion is probed", () => {
  /** A book whose endpoint is healthy and not due for long. */
  function watching(): HealthBook {
    const book = bookOf({ a: { check: { interval: 3_600_000 } } });
    probed(book, true, START);
    return book;
  }

  test("at once, and each second until the thresholds decide that it is true", () => {
    const book = watching();
    const now = START + 60_000;
    book.report(reportOf("one", now), now);
    expect(book.nextDue()).toBe(now);
    for (const second of [0, 1, 2]) {
      expect(book.nextDue()).toBe(now + second * 1_000);
      probed(book, false, now + second * 1_000);
    }
    expect(book.snapshot(now).endpoints[idOf("a")]?.state).toBe("unhealthy");
    expect(book.nextDue()).toBeGreaterThan(now + 60_000);
  });

  test("until they decide that it is not", () => {
    const book = watching();
    const now = START + 60_000;
    book.report(reportOf("one", now), now);
    probed(book, true, now);
    expect(book.nextDue()).toBe(now + 1_000);
    probed(book, true, now + 1_000);
    expect(book.nextDue()).toBeGreaterThan(now + 60_000);
  });

  test("no more often than once a second, whatever is reported", () => {
    const book = watching();
    let probes = 0;
    for (let time = START + 60_000; time < START + 70_000; time += 10) {
      book.report(reportOf(`isolate ${time}`, time), time);
      if ((book.nextDue() ?? Number.NaN) > time) continue;
      probed(book, true, time);
      probes++;
    }
    expect(probes).toBeLessThanOrEqual(10);
  });

  test("not when the probe under way will tell, nor when the endpoint is known to be down", () => {
    const book = watching();
    const now = START + 60_000;
    book.report(reportOf("one", now), now);
    expect(book.due(now)).toHaveLength(1);
    book.report(reportOf("two", now), now);
    expect(book.due(now + 5_000)).toEqual([]);
    const bad: ProbeResult = { at: now, took: 1, ok: false, cause: "", location: "", answered: true };
    book.record(idOf("a"), [bad], now + 6_000);
    probed(book, false, now + 6_000);
    probed(book, false, now + 7_000);
    book.report(reportOf("three", now + 8_000), now + 8_000);
    expect(book.nextDue()).toBeGreaterThan(now + 60_000);
  });
});

test("a flood of reports is not remembered beyond the newest isolates of each endpoint", () => {
  const book = bookOf();
  for (let isolate = 0; isolate < 20_000; isolate++) book.report(reportOf(`isolate ${isolate}`, START), START);
  const kept = book.status([], START).ejections[idOf("a")];
  expect(kept).toHaveLength(16);
  expect(kept?.at(-1)?.isolate).toBe("isolate 19999");
  const long = { ...reportOf("x".repeat(1_000_000), START), colo: "y".repeat(1_000_000) };
  book.report({ ...long, ejections: Array.from({ length: 100_000 }, () => long.ejections[0] as Ejection) }, START);
  const last = book.status([], START).ejections[idOf("a")]?.at(-1);
  expect([last?.isolate.length, last?.colo.length]).toEqual([64, 64]);
});
