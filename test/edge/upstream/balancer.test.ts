import { describe, expect, test } from "vitest";
import { Balancer, type Selection } from "../../../src/edge/upstream/balancer.ts";
import type { EndpointState } from "../../../src/edge/upstream/endpoint-state.ts";
import { placeOf } from "../../../src/table/place.ts";
import { DEFAULT_LOAD_BALANCING, type LoadBalancing } from "../../../src/table/policies/load-balancing.ts";
import { type BackendUnderTest, backendOf, NOW } from "./endpoints.ts";

const EIGHT = ["a", "b", "c", "d", "e", "f", "g", "h"];
const equal = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 1]));

const balancerOf = ({ backend, states }: BackendUnderTest, policy: Partial<LoadBalancing> = {}) =>
  new Balancer(backend, { ...DEFAULT_LOAD_BALANCING, ...policy }, states);

/** What a request says; nothing, unless given. */
const request = (says: { cf?: unknown; key?: string } = {}): Selection => ({
  place: () => placeOf(says.cf),
  hashKey: () => says.key ?? null,
  sessionToken: () => null,
});

const nameOf = (chosen: EndpointState | string | null) =>
  chosen === null || typeof chosen === "string" ? chosen : chosen.endpoint.cluster.name;

/** How often each was chosen in so many draws, in per cent. */
function drawn(balancer: Balancer, draws: number, selection = request(), now = NOW): Record<string, number> {
  const counts: Record<string, number> = {};
  for (let draw = 0; draw < draws; draw++) {
    const name = nameOf(balancer.first(selection, now)) ?? "nobody";
    counts[name] = (counts[name] ?? 0) + 100 / draws;
  }
  return counts;
}

describe("nobody", () => {
  test("serves where all are drained, or of weight 0", () => {
    const drained = { drain: true };
    const under = backendOf(equal(["a", "b"]), { clusters: { a: drained, b: drained } });
    expect(balancerOf(under).first(request(), NOW)).toBe("unavailable");
    expect(balancerOf(under).next(request(), [], NOW)).toBeNull();
    expect(balancerOf(backendOf({ a: 0 })).first(request(), NOW)).toBe("unavailable");
  });

  test("serves where nobody is healthy and there is no panic", () => {
    const under = backendOf(equal(["a", "b"]));
    under.states.apply(under.snapshot({ a: { state: "unhealthy" }, b: { state: "unhealthy" } }), NOW);
    expect(balancerOf(under, { healthyPanicThreshold: 0 }).first(request(), NOW)).toBe("unavailable");
    expect(balancerOf(under).first(request(), NOW)).not.toBe("unavailable");
  });
});

describe("by weight", () => {
  const weights = { a: 50, b: 30, c: 19, d: 1, idle: 0 };

  test.each(["Nearest", "Weighted"] as const)("%s without places: off by less than 1 %% in 10,000", (type) => {
    const counts = drawn(balancerOf(backendOf(weights), { type }), 10_000);
    for (const [name, weight] of Object.entries(weights)) {
      expect(Math.abs((counts[name] ?? 0) - weight), name).toBeLessThan(1);
    }
    expect(counts.idle).toBeUndefined();
  });

  test.each([1, 2])("who fails and so makes %d retries each time does not draw more than its share", (retries) => {
    const under = backendOf({ failing: 25, b: 25, c: 25, d: 25 });
    const balancer = balancerOf(under);
    let failures = 0;
    for (let draw = 0; draw < 10_000; draw++) {
      const first = balancer.first(request(), NOW);
      if (typeof first === "string" || nameOf(first) !== "failing") continue;
      failures++;
      const tried = [first];
      for (let retry = 0; retry < retries; retry++) {
        const next = balancer.next(request(), tried, NOW);
        if (next !== null) tried.push(next);
      }
    }
    expect(Math.abs(failures / 100 - 25)).toBeLessThan(1);
  });

  test("a change of health counts from the next request on, and time alone from the moment it changes something", () => {
    const under = backendOf(equal(["a", "b"]));
    const balancer = balancerOf(under);
    balancer.first(request(), NOW);
    for (let failure = 0; failure < 5; failure++) under.record("a", "failure");
    expect(drawn(balancer, 10)).toEqual({ b: expect.closeTo(100) });
    expect(drawn(balancer, 10, request(), NOW + 29_999)).toEqual({ b: expect.closeTo(100) });
    expect(Object.keys(drawn(balancer, 10, request(), NOW + 30_000)).sort()).toEqual(["a", "b"]);
  });
});

describe("by distance", () => {
  const places = {
    paris: { region: "weur" },
    virginia: { region: "enam" },
    singapore: {
      near: [
        { kind: "colo", code: "SIN" },
        { kind: "country", code: "JP" },
      ],
    },
    anywhere: {},
  } as const;
  const under = () => backendOf(equal(Object.keys(places)), { clusters: places });
  const lisbon = { latitude: "38.7", longitude: "-9.1", continent: "EU", country: "PT", colo: "LIS" };

  test.each([
    ["a colo that a cluster names", { colo: "SIN" }, ["singapore"]],
    ["a country that a cluster names", { colo: "NRT", country: "JP" }, ["singapore"]],
    ["a position", lisbon, ["paris"]],
    ["a continent alone", { continent: "NA" }, ["virginia"]],
    ["a place that nobody has heard of", { colo: "XXX", country: "XX" }, Object.keys(places)],
    ["no place", undefined, Object.keys(places)],
    ["a hostile one", { colo: ["SIN"], latitude: {}, continent: "constructor" }, Object.keys(places)],
  ])("from %s", (_, cf, expected) => {
    const counts = drawn(balancerOf(under()), 100, request({ cf }));
    expect(Object.keys(counts).sort()).toEqual([...expected].sort());
  });

  test("the nearest's death moves its clients to the next nearest", () => {
    const some = under();
    some.states.apply(some.snapshot({ paris: { state: "unhealthy" } }), NOW);
    expect(Object.keys(drawn(balancerOf(some), 100, request({ cf: lisbon })))).toEqual(["virginia"]);
  });

  test("each place has a plan of its own, however many there are", () => {
    const balancer = balancerOf(under());
    for (let round = 0; round < 2; round++) {
      for (let country = 0; country < 500; country++) {
        const cf = { ...lisbon, country: `c${country}` };
        expect(nameOf(balancer.first(request({ cf }), NOW))).toBe("paris");
      }
      expect(nameOf(balancer.first(request({ cf: { colo: "SIN" } }), NOW))).toBe("singapore");
    }
  });

  test("other policies do not ask for the place", () => {
    const never: Selection = {
      ...request(),
      place: () => {
        throw new Error("asked for the place");
      },
    };
    for (const type of ["Weighted", "LeastLatency", "ConsistentHash"] as const) {
      expect(typeof balancerOf(under(), { type }).first(never, NOW)).toBe("object");
    }
    expect(typeof balancerOf(backendOf(equal(["a", "b"]))).first(never, NOW)).toBe("object");
  });
});

describe("by latency", () => {
  const measured = (latencies: Readonly<Record<string, number>>) => {
    const under = backendOf(equal(Object.keys(latencies)));
    for (const [name, latency] of Object.entries(latencies)) {
      if (latency > 0) under.state(name).measure(latency, NOW);
    }
    return { under, balancer: balancerOf(under, { type: "LeastLatency" }) };
  };

  test("the faster of two has most, the slower is not forgotten", () => {
    const { fast = 0, slow = 0 } = drawn(measured({ fast: 20, slow: 200 }).balancer, 1000);
    expect(fast).toBeGreaterThan(70);
    expect(slow).toBeGreaterThan(0);
  });

  test("one that was never measured is asked, by one request at a time", () => {
    const { under, balancer } = measured({ known: 20, fresh: 0 });
    expect(drawn(balancer, 1000).fresh).toBeGreaterThan(70);
    under.state("fresh").pending = 1;
    expect(drawn(balancer, 1000).known).toBeGreaterThan(70);
  });

  test("what waits there counts", () => {
    const { under, balancer } = measured({ fast: 20, slow: 30 });
    under.state("fast").pending = 5;
    expect(drawn(balancer, 1000).slow).toBeGreaterThan(70);
  });

  test.each([2, 3, 8])("of %d, one that was slow once is asked again some time later", (count) => {
    const names = EIGHT.slice(0, count);
    const { under, balancer } = measured({ ...Object.fromEntries(names.map((name) => [name, 20])), a: 5000 });
    const asked = new Set<string | null>();
    for (let second = 0; second < 600; second++) {
      const now = NOW + second * 1000;
      for (let index = 0; index < 20; index++) {
        const chosen = balancer.first(request(), now);
        if (typeof chosen === "string") throw new Error(chosen);
        if (second > 0) asked.add(nameOf(chosen));
        if (chosen !== under.state("a")) chosen.measure(20, now);
      }
    }
    expect(asked).toContain("a");
  });
});

describe("when circuit breakers are open", () => {
  const full = (under: BackendUnderTest, ...names: string[]) => {
    for (const name of names) under.state(name).pending = 1024;
  };

  test("the others are asked, and at last nobody", () => {
    const under = backendOf(equal(["a", "b", "c"]));
    const balancer = balancerOf(under);
    full(under, "a", "b");
    expect(drawn(balancer, 20)).toEqual({ c: expect.closeTo(100) });
    full(under, "c");
    expect(balancer.first(request(), NOW)).toBe("overloaded");
    expect(balancer.next(request(), [], NOW)).toBeNull();
    under.state("b").pending = 0;
    expect(drawn(balancer, 20)).toEqual({ b: expect.closeTo(100) });
  });

  test("one alone is overloaded too", () => {
    const under = backendOf(equal(["a"]));
    full(under, "a");
    expect(balancerOf(under).first(request(), NOW)).toBe("overloaded");
  });

  test("the next priority is asked", () => {
    const under = backendOf(equal(["a", "b"]), { clusters: { b: { priority: 1 } } });
    full(under, "a");
    expect(nameOf(balancerOf(under).first(request(), NOW))).toBe("b");
  });

  test("the dead are not: a quick 503 is better", () => {
    const under = backendOf(equal(["a", "b"]));
    under.states.apply(under.snapshot({ b: { state: "unhealthy" } }), NOW);
    full(under, "a");
    expect(balancerOf(under).first(request(), NOW)).toBe("overloaded");
  });
});

describe("another try", () => {
  test("goes to each once, to the best first, to the dead at last, and then nowhere", () => {
    const under = backendOf(equal(["dead", "backup", "a", "b"]), { clusters: { backup: { priority: 1 } } });
    under.states.apply(under.snapshot({ dead: { state: "unhealthy" } }), NOW);
    for (let round = 0; round < 20; round++) {
      const balancer = balancerOf(under);
      const tried: EndpointState[] = [];
      for (;;) {
        const next = balancer.next(request(), tried, NOW);
        if (next === null) break;
        tried.push(next);
      }
      const names = tried.map(nameOf);
      expect(names.slice(0, 2).sort()).toEqual(["a", "b"]);
      expect(names.slice(2)).toEqual(["backup", "dead"]);
    }
  });

  test("goes by weight", () => {
    const under = backendOf({ first: 1, b: 3, c: 1 });
    const balancer = balancerOf(under);
    const counts: Record<string, number> = {};
    for (let round = 0; round < 1000; round++) {
      const name = nameOf(balancer.next(request(), [under.state("first")], NOW)) ?? "nobody";
      counts[name] = (counts[name] ?? 0) + 1;
    }
    expect(counts).toEqual({ b: expect.closeTo(750, -1), c: expect.closeTo(250, -1) });
  });
});

test("the plan for the status needs no request", () => {
  const under = backendOf(equal(["a", "b"]), { clusters: { a: { region: "weur" } } });
  expect(
    balancerOf(under)
      .plan(NOW)
      .members.map(({ state }) => nameOf(state)),
  ).toEqual(["a", "b"]);
});
