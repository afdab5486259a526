import { describe, expect, test } from "vitest";
import { HealthBook } from "../../../src/edge/health/book.ts";
import type { ProbeResult } from "../../../src/edge/health/protocol.ts";
import type { Remembered } from "../../../src/edge/health/watch.ts";
import { type ClusterSketches, idOf, tableOf } from "./table.ts";

const START = 1_795_000_000_000;

/** A book in a time of its own. */
class Simulated {
  readonly book: HealthBook;
  now = START;

  constructor(clusters: ClusterSketches, remembered: readonly Remembered[] = []) {
    this.book = new HealthBook(tableOf(clusters), remembered, 0, START);
  }

  /** Goes on to when something is due, and answers its probes: `g`ood, `b`ad, `?` for nothing. */
  round(answers: Readonly<Record<string, string>>, took = 0): string[] {
    this.now = Math.max(this.now, this.book.nextDue() ?? Number.NaN);
    const due = this.book.due(this.now).map(({ endpoint }) => endpoint);
    this.now += took;
    for (const { id, cluster } of due) this.book.record(id, results(answers[cluster.name] ?? "g"), this.now);
    return due.map(({ cluster }) => cluster.name);
  }

  /** Answers the probes of `a`, in turn. */
  probes(answers: string): void {
    for (const answer of answers) this.round({ a: answer });
  }

  state(cluster = "a"): string | undefined {
    return this.book.snapshot(this.now).endpoints[idOf(cluster)]?.state;
  }

  /** Milliseconds until something is due. */
  get pause(): number {
    return (this.book.nextDue() ?? Number.NaN) - this.now;
  }
}

function results(answers: string): ProbeResult[] {
  return [...answers].map((answer, index) => ({
    at: 0,
    took: 1,
    ok: answer === "g",
    cause: answer === "g" ? "status 200" : "timeout",
    location: answers.length === 1 ? "" : `place ${index}`,
    answered: answer !== "?",
  }));
}

describe("rise and fall, with 3 bad probes to fall and 2 good ones to rise", () => {
  test.each([
    ["", "unknown", "nothing is known yet"],
    ["b", "unknown", "one bad probe is not enough to keep requests away"],
    ["bb", "unknown", "nor are two"],
    ["bbb", "unhealthy", "three are"],
    ["g", "healthy", "one good probe decides at the start"],
    ["bbg", "healthy", "also after bad ones"],
    ["gb", "healthy", "falling takes three"],
    ["gbb", "healthy", "in a row"],
    ["gbbgbb", "healthy", "a good one begins the count anew"],
    ["gbbb", "unhealthy", "and then it is down"],
    ["bbbg", "unhealthy", "rising takes two"],
    ["bbbgbg", "unhealthy", "in a row"],
    ["bbbgg", "healthy", "and then it is up"],
    ["g??????", "healthy", "who does not answer says nothing"],
    ["gbb??b", "unhealthy", "and ends no count"],
  ])("%s: %s, %s", (answers, state) => {
    const simulated = new Simulated({ a: {} });
    simulated.probes(answers);
    expect(simulated.state()).toBe(state);
  });

  test("each change is an event with its cause", () => {
    const simulated = new Simulated({ a: {} });
    simulated.probes("gbbbgg");
    const events = simulated.book.takeEvents();
    expect(events.map(({ from, to, cause }) => `${from} → ${to}: ${cause}`)).toEqual([
      "unknown → healthy: status 200",
      "healthy → unhealthy: timeout",
      "unhealthy → healthy: status 200",
    ]);
    expect(simulated.book.snapshot(simulated.now).endpoints[idOf("a")]).toMatchObject({
      since: events[2]?.at,
      lastGoodProbe: events[2]?.at,
      cause: "status 200",
    });
    expect(simulated.book.takeEvents()).toEqual([]);
  });
});

describe("when endpoints are probed", () => {
  test("at the start at once, and then in their interval", () => {
    const simulated = new Simulated({ a: {}, b: { check: { interval: 60_000 } } });
    expect(simulated.pause).toBe(0);
    expect(simulated.round({})).toEqual(["a", "b"]);
    const probed = { a: 0, b: 0 };
    while (simulated.now < START + 3_600_000) {
      for (const name of simulated.round({})) probed[name as "a" | "b"]++;
    }
    expect([360, 361]).toContain(probed.a);
    expect([60, 61]).toContain(probed.b);
  });

  test("never again while a probe is under way", () => {
    const simulated = new Simulated({ a: {} });
    expect(simulated.book.due(START)).toHaveLength(1);
    for (let second = 0; second < 60; second++) expect(simulated.book.due(START + second * 1_000)).toEqual([]);
    simulated.book.record(idOf("a"), results("g"), START + 60_000);
    expect(simulated.book.nextDue()).toBeGreaterThan(START + 60_000 - 10_000);
  });

  test("no more at one time than connections may wait, once they are known", () => {
    const names = Array.from({ length: 40 }, (_, index) => `c${index}`);
    const simulated = new Simulated(Object.fromEntries(names.map((name) => [name, {}])));
    expect(simulated.round({})).toHaveLength(40);
    const batches: number[] = [];
    while (simulated.now < START + 100_000) batches.push(simulated.round({}).length);
    expect(batches.reduce((sum, size) => sum + size)).toBeGreaterThanOrEqual(9 * 40);
    expect(Math.max(...batches)).toBeLessThanOrEqual(6);
  });

  test("of very many, some with each alarm", () => {
    const names = Array.from({ length: 100 }, (_, index) => `c${index}`);
    const simulated = new Simulated(Object.fromEntries(names.map((name) => [name, {}])));
    const batches = [simulated.round({}), simulated.round({}), simulated.round({})];
    expect(batches.map(({ length }) => length)).toEqual([48, 48, 4]);
    expect(new Set(batches.flat()).size).toBe(100);
    expect(simulated.now).toBe(START);
  });

  test("up to six together, so that an edge with few endpoints has few alarms", () => {
    const names = ["a", "b", "c", "d", "e", "f"];
    const simulated = new Simulated(Object.fromEntries(names.map((name) => [name, { check: { jitterPercent: 50 } }])));
    for (let round = 0; round < 20; round++) expect(simulated.round({})).toEqual(names);
  });

  test("one in doubt fast while it falls, in its interval while it rises", () => {
    const simulated = new Simulated({ a: {} });
    simulated.probes("g");
    simulated.probes("b");
    expect(simulated.pause).toBe(1_000);
    simulated.probes("b");
    expect(simulated.pause).toBe(1_000);
    simulated.probes("b");
    expect(simulated.state()).toBe("unhealthy");
    expect(simulated.pause).toBeGreaterThan(1_000);
    simulated.probes("bb");
    expect(simulated.pause).toBe(10_000);
    simulated.probes("g");
    expect(simulated.pause).toBe(10_000);
    simulated.probes("g");
    expect(simulated.state()).toBe("healthy");
    expect(simulated.pause).toBe(10_000);
  });

  test("one that is silent again as soon as its time-out is over", () => {
    const simulated = new Simulated({ a: {} });
    simulated.round({ a: "g" });
    simulated.round({ a: "b" }, 2_000);
    expect(simulated.pause).toBe(0);
  });

  test("a probe between two places of the grid is not followed by one at once", () => {
    for (let offset = 0; offset < 10_000; offset += 100) {
      const table = tableOf({ a: {} });
      const book = new HealthBook(table, [], 0, START + offset);
      book.due(START + offset);
      expect((book.nextDue() ?? Number.NaN) - START - offset).toBeGreaterThanOrEqual(500);
    }
  });

  test("an interval of nothing does not make the book spin", () => {
    const simulated = new Simulated({ a: { check: { interval: 0 } } });
    simulated.probes("ggg");
    expect(simulated.pause).toBeGreaterThan(0);
  });

  test("a table without health checks asks for nothing", () => {
    const { book } = new Simulated({ a: { check: null } });
    expect(book.nextDue()).toBeNull();
    expect(book.due(START)).toEqual([]);
    expect(book.snapshot(START).endpoints).toEqual({});
  });
});

describe("several places", () => {
  const clusters = { a: { check: { locations: ["weur", "enam", "apac"] } } };

  test("one place that can't reach a cluster does not take it away", () => {
    const simulated = new Simulated(clusters);
    for (let round = 0; round < 10; round++) simulated.round({ a: "ggb" });
    expect(simulated.state()).toBe("healthy");
  });

  test("two of three do", () => {
    const simulated = new Simulated(clusters);
    for (const answers of ["ggg", "bbg", "gbb", "bgb"]) simulated.round({ a: answers });
    expect(simulated.state()).toBe("unhealthy");
    expect(simulated.book.snapshot(simulated.now).endpoints[idOf("a")]?.cause).toBe("timeout (place 0, place 2)");
  });

  test("of two that answer and differ, neither wins", () => {
    const simulated = new Simulated(clusters);
    for (const answers of ["ggg", "gb?", "gb?", "gb?", "gb?", "gb?"]) simulated.round({ a: answers });
    expect(simulated.state()).toBe("healthy");
  });

  test("when no place answers for a minute, nothing is known and the endpoint counts as healthy", () => {
    const simulated = new Simulated(clusters);
    for (const answers of ["bbb", "bbb", "bbb"]) simulated.round({ a: answers });
    const since = simulated.now;
    while (simulated.now < since + 59_000) {
      simulated.round({ a: "???" });
      simulated.book.expire(simulated.now);
      if (simulated.now < since + 60_000) expect(simulated.state()).toBe("unhealthy");
    }
    simulated.round({ a: "???" });
    simulated.book.expire(simulated.now);
    expect(simulated.book.snapshot(simulated.now).endpoints[idOf("a")]).toMatchObject({
      state: "unknown",
      cause: "no prober answers",
    });
  });

  test("a tie is an answer: it keeps the state for as long as it lasts", () => {
    const simulated = new Simulated(clusters);
    for (const answers of ["bbb", "bbb", "bbb"]) simulated.round({ a: answers });
    for (let round = 0; round < 20; round++) {
      simulated.round({ a: "gb?" });
      simulated.book.expire(simulated.now);
    }
    expect(simulated.state()).toBe("unhealthy");
  });
});

describe("what is written down", () => {
  test("nothing for a good probe of a healthy endpoint, nor for a bad one of an unhealthy endpoint", () => {
    const simulated = new Simulated({ a: {} });
    simulated.probes("g");
    expect(simulated.book.takeChanges()).toHaveLength(1);
    simulated.probes("ggggg");
    expect(simulated.book.takeChanges()).toEqual([]);
    simulated.probes("bbb");
    simulated.book.takeChanges();
    simulated.probes("bbbbb");
    expect(simulated.book.takeChanges()).toEqual([]);
  });

  test.each(["b", "gb", "gbb", "gbbb", "gbbbg", "gbbbgg"])(
    "after %s the object may begin anew at any time",
    (answers) => {
      const simulated = new Simulated({ a: {} });
      const written = new Map<string, Remembered>();
      for (const answer of answers) {
        simulated.round({ a: answer });
        for (const change of simulated.book.takeChanges()) written.set(change.id, change);
      }
      const again = new Simulated({ a: {} }, [...written.values()]);
      expect(again.state()).toBe(simulated.state());
      for (const answer of ["b", "g", "g", "b", "b", "b"]) {
        again.round({ a: answer });
        simulated.round({ a: answer });
        expect(again.state()).toBe(simulated.state());
      }
    },
  );

  test("an endpoint in doubt is probed at once after a restart", () => {
    const known = { id: idOf("a"), state: "healthy", since: 1, cause: "", lastGoodProbe: 1, streak: 1 } as const;
    expect(new Simulated({ a: {} }, [known]).pause).toBe(0);
  });

  test("an endpoint whose probe an eviction can't have swallowed waits for its next place", () => {
    const known = { id: idOf("a"), state: "healthy", since: 1, cause: "", lastGoodProbe: 1, streak: 0 } as const;
    const hourly = { a: { check: { interval: 3_600_000 } } };
    const { book, pause } = new Simulated(hourly, [known]);
    const due = START + pause;
    expect(pause).toBeGreaterThan(10_000);
    const atThatTime = new HealthBook(tableOf(hourly), [known], 0, due + 500);
    expect(atThatTime.due(due + 500)).toHaveLength(1);
    const tooLate = new HealthBook(tableOf(hourly), [known], 0, due + 10_000);
    expect(tooLate.nextDue()).toBe(due + 3_600_000);
    expect(book.due(START)).toEqual([]);
  });

  test("what another table named is forgotten, what it did not name begins as unknown", () => {
    const known = { id: idOf("gone"), state: "unhealthy", since: 1, cause: "", lastGoodProbe: 1, streak: 0 } as const;
    const { book } = new Simulated({ a: {} }, [known, { ...known, id: idOf("b") }]);
    expect(Object.keys(book.snapshot(START).endpoints)).toEqual([idOf("a")]);
    expect(book.watches(idOf("gone"))).toBe(false);
  });

  test("when nobody watches any more, all is forgotten", () => {
    const simulated = new Simulated({ a: {}, b: {} });
    for (let round = 0; round < 3; round++) simulated.round({ a: "b", b: "g" });
    simulated.book.takeEvents();
    simulated.book.forget("nobody has asked", simulated.now);
    expect([simulated.state("a"), simulated.state("b")]).toEqual(["unknown", "unknown"]);
    expect(simulated.book.takeEvents()).toHaveLength(2);
  });
});

test("drained endpoints are told, also those without a health check", () => {
  const { book } = new Simulated({ a: { check: null, drain: true }, b: { drain: true }, c: {} });
  const { endpoints } = book.snapshot(START);
  expect(endpoints[idOf("a")]).toMatchObject({ drain: true, state: "unknown", cause: "no health check" });
  expect(endpoints[idOf("b")]?.drain).toBe(true);
  expect(endpoints[idOf("c")]?.drain).toBe(false);
});

test("the status has the last 20 probes of each endpoint, the newest first", () => {
  const simulated = new Simulated({ a: {} });
  simulated.probes(`${"g".repeat(30)}b`);
  const probes = simulated.book.status([], simulated.now).probes[idOf("a")];
  expect(probes).toHaveLength(20);
  expect(probes?.map(({ ok }) => ok).slice(0, 2)).toEqual([false, true]);
});
