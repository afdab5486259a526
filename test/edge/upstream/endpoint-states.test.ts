import { describe, expect, test } from "vitest";
import type { Outcome } from "../../../src/edge/upstream/outlier.ts";
import { type BackendUnderTest, backendOf, NOW } from "./endpoints.ts";

const pair = (clusters: NonNullable<Parameters<typeof backendOf>[1]>["clusters"] = {}) =>
  backendOf({ a: 1, b: 1 }, { clusters });

function eject({ record }: BackendUnderTest, name: string, now = NOW, outcome: Outcome = "unanswered") {
  const ejected = Array.from({ length: 5 }, () => record(name, outcome, now));
  return ejected.at(-1)?.cause;
}

describe("the state of an endpoint", () => {
  test("is one object for good", () => {
    const { states } = pair();
    expect(states.of(0)).toBe(states.of(0));
    expect(states.all()).toEqual([states.of(0), states.of(1)]);
    expect(states.all()).toHaveLength(2);
  });

  test("of an index that no endpoint has is damage, not a state", () => {
    expect(() => pair().states.of(99)).toThrow(RangeError);
  });
});

describe("a snapshot", () => {
  test("counts for endpoints met before it and after it", () => {
    const under = pair();
    const { states, snapshot } = under;
    const met = states.of(0);
    states.apply(snapshot({ a: { state: "unhealthy" }, b: { state: "unhealthy", drain: true } }), NOW);
    expect(met.activelyHealthy).toBe(false);
    const later = states.of(1);
    expect([later.activelyHealthy, later.drained]).toEqual([false, true]);
  });

  test("makes no slow start of endpoints that are new to the isolate", () => {
    const { states, snapshot } = pair({ a: { slowStart: 10_000 } });
    states.apply(snapshot({ a: { state: "healthy", since: NOW - 1 } }), NOW);
    expect(states.of(0).share(NOW)).toBe(1);
  });

  test("that says nothing of an endpoint, or that it is not known, leaves it healthy", () => {
    const { states, snapshot, state } = pair();
    states.apply(snapshot({ a: { state: "unknown" } }), NOW);
    expect([state("a").activelyHealthy, state("b").activelyHealthy]).toEqual([true, true]);
  });

  test("of a newer version: a state that is not known here counts as healthy", () => {
    const { states, snapshot, state } = pair();
    const newer = snapshot({ a: { state: JSON.parse('"degraded"') } });
    states.apply(newer, NOW);
    expect(state("a").activelyHealthy).toBe(true);
  });

  test("null forgets: everything is healthy again, slowly; what the own table drains stays drained", () => {
    const { states, snapshot, state } = pair({ a: { slowStart: 10_000 }, b: { drain: true } });
    states.all();
    states.apply(snapshot({ a: { state: "unhealthy", drain: true, ejectedUntil: NOW + 60_000 } }), NOW);
    states.apply(null, NOW + 1000);
    const { activelyHealthy, drained, returnedAt } = state("a");
    expect([activelyHealthy, drained, returnedAt]).toEqual([true, false, NOW + 1000]);
    expect([state("a").isEjected(NOW + 1000), state("b").drained]).toEqual([false, true]);
  });

  test("an endpoint that rises starts slowly, once", () => {
    const { states, snapshot, state } = pair({ a: { slowStart: 10_000 } });
    states.all();
    states.apply(snapshot({ a: { state: "unhealthy" } }), NOW);
    for (const after of [1000, 6000, 11_000]) states.apply(snapshot({ a: {} }), NOW + after);
    expect(state("a").returnedAt).toBe(NOW + 1000);
  });

  test("by a newer table drains a cluster, and takes it back", () => {
    const { states, snapshot, state } = pair();
    states.all();
    states.apply(snapshot({ a: { drain: true } }), NOW);
    expect([state("a").drained, state("b").drained]).toEqual([true, false]);
    states.apply(snapshot({ a: {} }), NOW);
    expect(state("a").drained).toBe(false);
  });

  test("by an older table does not end a drain that the own one asks for", () => {
    const { states, snapshot, state } = pair({ a: { drain: true } });
    states.apply(snapshot({ a: { drain: false } }), NOW);
    expect(state("a").drained).toBe(true);
  });
});

describe("ejections by agreement", () => {
  test("last as long as the snapshot says, or until one takes them back", () => {
    const { states, snapshot, state } = pair({ a: { slowStart: 10_000 } });
    states.all();
    const shared = snapshot({ a: { ejectedUntil: NOW + 30_000 } });
    states.apply(shared, NOW);
    expect([state("a").isEjected(NOW + 29_999), state("a").isEjected(NOW + 30_000)]).toEqual([true, false]);
    states.apply(snapshot({ a: {} }), NOW + 5000);
    expect([state("a").isEjected(NOW + 5000), state("a").returnedAt]).toEqual([false, NOW + 5000]);
  });

  test("that are over by their own time start slowly from then, also where the snapshot is an old one", () => {
    const { states, snapshot, state } = pair({ a: { slowStart: 10_000 } });
    states.all();
    const shared = snapshot({ a: { ejectedUntil: NOW + 30_000 } });
    states.apply(shared, NOW);
    for (const after of [31_000, 36_000]) {
      states.apply(shared, NOW + after);
      expect([state("a").isEjected(NOW + after), state("a").returnedAt]).toEqual([false, NOW + 30_000]);
    }
  });

  test("an old snapshot does not wipe out what was counted since", () => {
    const { states, snapshot, record } = pair();
    states.all();
    const shared = snapshot({ a: { ejectedUntil: NOW + 30_000 } });
    states.apply(shared, NOW);
    states.apply(shared, NOW + 31_000);
    for (let failure = 0; failure < 4; failure++) record("a", "unanswered", NOW + 32_000);
    states.apply(shared, NOW + 36_000);
    expect(record("a", "unanswered", NOW + 37_000)?.cause).toBe("consecutive-gateway-failure");
  });

  test("are no ejections of this isolate: nothing is reported", () => {
    const { states, snapshot } = pair();
    states.all();
    states.apply(snapshot({ a: { ejectedUntil: NOW + 30_000 } }), NOW);
    expect(states.takeEjections()).toEqual([]);
  });
});

describe("own ejections", () => {
  test("are told once, each endpoint with its latest", () => {
    const under = pair();
    const { states, state } = under;
    expect(eject(under, "a")).toBe("consecutive-gateway-failure");
    expect(eject(under, "b", NOW + 1)).toBe("consecutive-gateway-failure");
    expect(eject(under, "a", NOW + 30_000)).toBe("consecutive-gateway-failure");
    const cause = "consecutive-gateway-failure";
    expect(states.takeEjections()).toEqual([
      { endpoint: state("a").endpoint.id, at: NOW + 30_000, until: NOW + 90_000, cause },
      { endpoint: state("b").endpoint.id, at: NOW + 1, until: NOW + 30_001, cause },
    ]);
    expect(states.takeEjections()).toEqual([]);
  });

  test("that a probe refutes end, and are not told any more", () => {
    const under = pair({ a: { slowStart: 10_000 } });
    const { states, snapshot, state } = under;
    eject(under, "a");
    states.apply(snapshot({ a: { lastGoodProbe: NOW } }), NOW + 1);
    expect(state("a").isEjected(NOW + 1)).toBe(true);
    states.apply(snapshot({ a: { lastGoodProbe: NOW + 1 } }), NOW + 2);
    expect([state("a").isEjected(NOW + 2), state("a").returnedAt]).toEqual([false, NOW + 2]);
    expect(states.takeEjections()).toEqual([]);
  });

  test("outlast a snapshot that does not know of them", () => {
    const under = pair();
    eject(under, "a");
    under.states.apply(under.snapshot({ a: {} }), NOW + 1);
    under.states.apply(null, NOW + 2);
    expect(under.state("a").isEjected(NOW + 2)).toBe(true);
  });
});

describe("how a backend answers", () => {
  test("is one state for good", () => {
    const { states, backend } = pair();
    expect(states.ofBackend(backend)).toBe(states.ofBackend(backend));
    expect(states.ofBackend(backend).at(states.of(1))).toBe(states.ofBackend(backend).peers[1]);
  });

  test.each([
    ["failure", "consecutive-5xx"],
    ["gateway-failure", "consecutive-gateway-failure"],
  ] as const)(
    "five times with a %s: it is ejected there, the endpoint is not, and nothing is reported",
    (bad, cause) => {
      const under = pair();
      const { states, state, backend, record } = under;
      for (let failure = 0; failure < 4; failure++) expect(record("a", bad)).toBeNull();
      expect(record("a", bad)).toEqual({ backend: "test/shop:80", cause, until: NOW + 30_000 });
      expect([state("a").isEjected(NOW), state("a").ejections]).toEqual([false, 0]);
      expect(states.ofBackend(backend).at(state("a")).isEjected(NOW)).toBe(true);
      expect(states.takeEjections()).toEqual([]);
    },
  );

  test("ends the row of tries without an answer; these end no row of bad answers", () => {
    const { record } = pair();
    for (let round = 0; round < 4; round++) {
      expect([record("a", "unanswered"), record("a", "unanswered"), record("a", "failure")]).toEqual([
        null,
        null,
        null,
      ]);
    }
    expect(record("a", "failure")?.cause).toBe("consecutive-5xx");
  });

  test("still counts for the endpoint while the backend is ejected there", () => {
    const under = pair();
    eject(under, "a", NOW, "failure");
    for (let failure = 0; failure < 4; failure++) expect(under.record("a", "unanswered")).toBeNull();
    under.record("a", "failure");
    for (let failure = 0; failure < 4; failure++) expect(under.record("a", "unanswered")).toBeNull();
    expect(under.record("a", "unanswered")).toEqual({
      backend: null,
      cause: "consecutive-gateway-failure",
      until: NOW + 30_000,
    });
  });

  test("is told by endpoint until the ejection is over", () => {
    const under = pair();
    const { states, state } = under;
    eject(under, "a", NOW, "failure");
    eject(under, "b");
    const told = { backend: "test/shop:80", cause: "consecutive-5xx", until: NOW + 30_000 };
    expect(states.backendEjections(state("a"), NOW + 29_999)).toEqual([told]);
    expect(states.backendEjections(state("b"), NOW)).toEqual([]);
    expect(states.backendEjections(state("a"), NOW + 30_000)).toEqual([]);
  });

  test("no good probe tells of; a recovery of the endpoint ends the ejections of both", () => {
    const under = pair({ a: { slowStart: 10_000 } });
    const { states, state, snapshot, backend } = under;
    const answers = states.ofBackend(backend).at(state("a"));
    eject(under, "a", NOW, "failure");
    eject(under, "a");
    states.apply(snapshot({ a: { since: NOW, lastGoodProbe: NOW + 1 } }), NOW + 2);
    expect([state("a").isEjected(NOW + 2), answers.isEjected(NOW + 2)]).toEqual([false, true]);
    eject(under, "a", NOW + 3);
    states.apply(snapshot({ a: { state: "unhealthy", since: NOW + 4 } }), NOW + 4);
    states.apply(null, NOW + 5);
    expect([state("a").isEjected(NOW + 5), answers.isEjected(NOW + 5)]).toEqual([true, true]);
    states.apply(snapshot({ b: { since: NOW + 6 } }), NOW + 6);
    expect(answers.isEjected(NOW + 6)).toBe(true);
    states.apply(snapshot({ a: { since: NOW + 7 } }), NOW + 8);
    expect([state("a").isEjected(NOW + 8), answers.isEjected(NOW + 8)]).toEqual([false, false]);
    expect([state("a").returnedAt, answers.returnedAt]).toEqual([NOW + 8, NOW + 8]);
  });
});

test("a snapshot that changes nothing leaves plans as they are", () => {
  const { states, snapshot } = pair();
  states.all();
  states.apply(snapshot({ a: { state: "unhealthy" } }), NOW);
  const { version } = states;
  states.apply(snapshot({ a: { state: "unhealthy" } }), NOW + 5_000);
  expect(states.version).toBe(version);
  states.apply(snapshot({ a: { state: "unhealthy" }, b: { state: "healthy", drain: true } }), NOW + 10_000);
  expect(states.version).toBeGreaterThan(version);
});

describe("the version", () => {
  test("grows with what may move requests, and with nothing else", () => {
    const under = pair();
    const { states, snapshot, record } = under;
    let version = states.version;
    const grew = () => {
      const before = version;
      version = states.version;
      return version > before;
    };
    record("a", "success");
    for (const outcome of ["failure", "unanswered"] as const) {
      for (let failure = 0; failure < 4; failure++) record("a", outcome);
      expect(grew()).toBe(false);
      record("a", outcome);
      expect(grew()).toBe(true);
      record("a", outcome);
      states.takeEjections();
      expect(grew()).toBe(false);
    }
    states.apply(snapshot({ b: { state: "unhealthy" } }), NOW);
    expect(grew()).toBe(true);
    states.apply(null, NOW);
    expect(grew()).toBe(true);
  });
});
