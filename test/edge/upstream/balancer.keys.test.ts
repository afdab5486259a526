import { describe, expect, test } from "vitest";
import { Balancer, type Selection } from "../../../src/edge/upstream/balancer.ts";
import type { EndpointState } from "../../../src/edge/upstream/endpoint-state.ts";
import { sessionToken } from "../../../src/edge/upstream/session.ts";
import {
  DEFAULT_LOAD_BALANCING,
  DEFAULT_SESSION,
  type LoadBalancing,
} from "../../../src/table/policies/load-balancing.ts";
import { type BackendUnderTest, backendOf, NOW } from "./endpoints.ts";

const EIGHT = ["a", "b", "c", "d", "e", "f", "g", "h"];
const KEYS = Array.from({ length: 10_000 }, (_, index) => `198.51.${index >> 8}.${index & 255}`);
const equal = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, 1]));

const nameOf = (chosen: EndpointState | string) => (typeof chosen === "string" ? chosen : chosen.endpoint.cluster.name);

function balancerOf({ backend, states }: BackendUnderTest, policy: Partial<LoadBalancing>): Balancer {
  return new Balancer(backend, { ...DEFAULT_LOAD_BALANCING, ...policy }, states);
}

describe("by consistent hash", () => {
  const hashing = (under: BackendUnderTest, boundedLoad = 0) => {
    const consistentHash = { type: "SourceIP", name: "", template: [], boundedLoad } as const;
    const balancer = balancerOf(under, { type: "ConsistentHash", consistentHash });
    const choose = (key: string | null, now = NOW) =>
      balancer.first({ place: () => null, hashKey: () => key, sessionToken: () => null }, now);
    return { choose, owners: (now = NOW) => KEYS.map((key) => nameOf(choose(key, now))) };
  };
  const moved = (before: readonly string[], after: readonly string[]) =>
    before.flatMap((owner, index) => (owner === after[index] ? [] : [{ from: owner, to: after[index] }]));
  const share = (owners: readonly string[], name: string) =>
    owners.filter((owner) => owner === name).length / KEYS.length;

  test("each key always goes to the same one, in every isolate, whatever the order of the targets", () => {
    const owners = hashing(backendOf(equal(EIGHT))).owners();
    expect(hashing(backendOf(equal(EIGHT))).owners()).toEqual(owners);
    expect(hashing(backendOf(equal(EIGHT.toReversed()))).owners()).toEqual(owners);
  });

  test.each([
    ["drained", { drain: true }],
    ["found dead by probes", { state: "unhealthy" }],
    ["ejected by agreement", { ejectedUntil: NOW + 60_000 }],
  ] as const)(
    "one of eight is %s: at most 1/8 + 3 %% of the keys move, none of the others', and they come back",
    (_, health) => {
      const under = backendOf(equal(EIGHT));
      const { owners } = hashing(under);
      const before = owners();
      under.states.apply(under.snapshot({ c: health }), NOW);
      const moves = moved(before, owners());
      expect(moves.length / KEYS.length).toBeLessThan(1 / 8 + 0.03);
      expect(new Set(moves.map(({ from }) => from))).toEqual(new Set(["c"]));
      for (const name of EIGHT) {
        if (name !== "c") expect(Math.abs(share(owners(), name) - 1 / 7)).toBeLessThan(0.03);
      }
      under.states.apply(under.snapshot({}), NOW);
      expect(owners()).toEqual(before);
    },
  );

  test("one more: at most 1/9 + 3 % move, all of them to the new one", () => {
    const before = hashing(backendOf(equal(EIGHT))).owners();
    const moves = moved(before, hashing(backendOf(equal([...EIGHT, "new"]))).owners());
    expect(moves.length / KEYS.length).toBeLessThan(1 / 9 + 0.03);
    expect(new Set(moves.map(({ to }) => to))).toEqual(new Set(["new"]));
  });

  test("weights are shares of the keys, and weight 0 has none", () => {
    const owners = hashing(backendOf({ a: 5, b: 3, c: 2, idle: 0 })).owners();
    for (const [name, expected] of [
      ["a", 0.5],
      ["b", 0.3],
      ["c", 0.2],
      ["idle", 0],
    ] as const) {
      expect(Math.abs(share(owners, name) - expected), name).toBeLessThan(0.03);
    }
  });

  test("a cluster that comes back has its keys back little by little, and no others", () => {
    const clusters = Object.fromEntries(EIGHT.map((name) => [name, { slowStart: 10_000 }]));
    const under = backendOf(equal(EIGHT), { clusters });
    const { owners } = hashing(under);
    const before = owners();
    under.states.apply(under.snapshot({ c: { state: "unhealthy" } }), NOW);
    owners();
    under.states.apply(under.snapshot({}), NOW);
    const shares = [0, 3000, 6000, 10_000].map((after) => {
      const now = owners(NOW + after);
      expect(moved(before, now).every(({ from }) => from === "c")).toBe(true);
      return share(now, "c");
    });
    expect(shares).toEqual(shares.toSorted((a, b) => a - b));
    expect(shares[0]).toBeLessThan(0.05);
    expect(shares[3]).toBeCloseTo(1 / 8, 1);
  });

  test("a dead priority gives its keys to the next, which gives them back", () => {
    const under = backendOf(equal(["a", "b", "z"]), { clusters: { z: { priority: 1 } } });
    const { owners } = hashing(under);
    const before = owners();
    expect(share(before, "z")).toBe(0);
    under.states.apply(under.snapshot({ a: { state: "unhealthy" }, b: { state: "unhealthy" } }), NOW);
    expect(share(owners(), "z")).toBe(1);
  });

  test("what spills over from a half-dead priority moves no key: its last one has them all", () => {
    const under = backendOf(equal(["a", "b", "c", "z"]), { clusters: { z: { priority: 1 } } });
    const { owners } = hashing(under);
    const before = owners();
    under.states.apply(under.snapshot({ b: { state: "unhealthy" }, c: { state: "unhealthy" } }), NOW);
    expect(moved(before, owners()).every(({ from, to }) => from !== "a" && to === "a")).toBe(true);
    expect(share(owners(), "a")).toBe(1);
  });

  test("a first priority that is dead keeps no key, also where the second is half dead", () => {
    const under = backendOf(equal(["a", "y", "z"]), { clusters: { y: { priority: 1 }, z: { priority: 1 } } });
    under.states.apply(under.snapshot({ a: { state: "unhealthy" }, y: { state: "unhealthy" } }), NOW);
    expect(share(hashing(under).owners(), "z")).toBe(1);
  });

  test("a request without the key is drawn by weight", () => {
    const { choose } = hashing(backendOf({ a: 3, b: 1 }));
    const names = Array.from({ length: 1000 }, () => nameOf(choose(null)));
    expect(names.filter((name) => name === "a").length / 1000).toBeCloseTo(0.75, 2);
  });

  test("an empty key is a key", () => {
    const { choose } = hashing(backendOf(equal(EIGHT)));
    expect(new Set(Array.from({ length: 20 }, () => nameOf(choose("")))).size).toBe(1);
  });

  test("a full one's keys go to the next best, each to its own", () => {
    const under = backendOf(equal(EIGHT));
    const { owners } = hashing(under);
    const before = owners();
    under.state("c").pending = 1024;
    const after = owners();
    expect(new Set(moved(before, after).map(({ from }) => from))).toEqual(new Set(["c"]));
    expect(owners()).toEqual(after);
    for (const name of EIGHT) under.state(name).pending = 1024;
    expect(new Set(owners())).toEqual(new Set(["overloaded"]));
  });

  describe("with bounded load", () => {
    /** Sends one key again and again, of which no answer comes back. */
    function flood(under: BackendUnderTest, boundedLoad: number, requests: number): Record<string, number> {
      const { choose } = hashing(under, boundedLoad);
      for (let index = 0; index < requests; index++) {
        const chosen = choose("198.51.100.1");
        if (typeof chosen === "string") throw new Error(chosen);
        chosen.pending++;
      }
      return Object.fromEntries(
        under.backend.targets.map(({ endpoint }) => {
          const { name } = endpoint.cluster;
          return [name, under.state(name).pending];
        }),
      );
    }

    test("one key's flood overflows at 125 % of the mean; without the bound it does not", () => {
      const counts = Object.values(flood(backendOf(equal(EIGHT)), 125, 800));
      expect(Math.max(...counts)).toBeLessThanOrEqual(Math.ceil(1.25 * 100));
      const unbounded = Object.values(flood(backendOf(equal(EIGHT)), 0, 800));
      expect(Math.max(...unbounded)).toBe(800);
    });

    test("the mean goes by weight", () => {
      const { heavy = 0, light = 0 } = flood(backendOf({ heavy: 9, light: 1 }), 100, 1000);
      expect([heavy / 1000, light / 1000]).toEqual([expect.closeTo(0.9, 2), expect.closeTo(0.1, 2)]);
    });

    test("a next priority that takes nothing does not count", () => {
      const clusters = { y: { priority: 1 }, z: { priority: 1 } };
      const { a = 0, b = 0, ...rest } = flood(backendOf(equal(["a", "b", "y", "z"]), { clusters }), 100, 100);
      expect([a, b, rest]).toEqual([50, 50, { y: 0, z: 0 }]);
    });

    test("while nothing waits each key is where it is without the bound", () => {
      const bounded = hashing(backendOf(equal(EIGHT)), 125).owners();
      expect(bounded).toEqual(hashing(backendOf(equal(EIGHT))).owners());
    });

    test("a bound that nobody can keep is none", () => {
      const under = backendOf(equal(["a", "b"]));
      for (const name of ["a", "b"]) under.state(name).pending = 100;
      expect(hashing(under, 1).owners()).toEqual(hashing(backendOf(equal(["a", "b"]))).owners());
    });
  });
});

describe("sessions", () => {
  const sessionPersistence = { ...DEFAULT_SESSION, sessionName: "session", absoluteTimeout: 0 };
  const tokenOf = (under: BackendUnderTest, name: string) => sessionToken(under.state(name).endpoint.id);

  /** A client with a cookie: it takes over where it was sent, as Set-Cookie tells it to. */
  function clientOf(under: BackendUnderTest, policy: Partial<LoadBalancing> = {}) {
    const balancer = balancerOf(under, { sessionPersistence, ...policy });
    let token: string | null = null;
    const selection: Selection = { place: () => null, hashKey: () => null, sessionToken: () => token };
    return (now = NOW) => {
      const chosen = balancer.first(selection, now);
      if (typeof chosen !== "string") token = sessionToken(chosen.endpoint.id);
      return nameOf(chosen);
    };
  }

  test.each(["Nearest", "Weighted", "LeastLatency", "ConsistentHash"] as const)(
    "%s: every one of 1,000 clients stays where it began, in all of its requests",
    (type) => {
      const under = backendOf(equal(EIGHT));
      const begun = new Set<string>();
      for (let index = 0; index < 1000; index++) {
        const send = clientOf(under, { type });
        const home = send();
        begun.add(home);
        for (let request = 0; request < 5; request++) expect(send()).toBe(home);
      }
      expect(begun.size).toBe(8);
    },
  );

  test("its cluster's death moves it, it stays moved when that is back, until the end of the other", () => {
    const under = backendOf(equal(["a", "b", "c"]));
    const send = clientOf(under);
    const home = send();
    under.states.apply(under.snapshot({ [home]: { state: "unhealthy" } }), NOW);
    const second = send();
    expect(second).not.toBe(home);
    under.states.apply(under.snapshot({}), NOW);
    for (let request = 0; request < 50; request++) expect(send()).toBe(second);
    under.states.apply(under.snapshot({ [second]: { state: "unhealthy" } }), NOW);
    expect(send()).not.toBe(second);
  });

  test("an ejection moves it, and so does a drain", () => {
    const under = backendOf(equal(["a", "b"]));
    const send = clientOf(under);
    const home = send();
    for (let failure = 0; failure < 5; failure++) under.record(home, "failure");
    const second = send();
    expect(second).not.toBe(home);
    under.states.apply(under.snapshot({ [second]: { drain: true } }), NOW);
    expect(send()).toBe(home);
  });

  test("it outlives an ejection that does not count, for then its endpoint is asked by others too", () => {
    const under = backendOf(equal(["a", "b"]));
    for (const name of ["a", "b"]) {
      for (let failure = 0; failure < 5; failure++) under.record(name, "failure");
    }
    const send = clientOf(under);
    expect(new Set([send(), send(), send()]).size).toBe(1);
  });

  test("it stays with a backup although the first choice is back", () => {
    const under = backendOf(equal(["a", "b"]), { clusters: { b: { priority: 1 } } });
    under.states.apply(under.snapshot({ a: { state: "unhealthy" } }), NOW);
    const send = clientOf(under);
    expect(send()).toBe("b");
    under.states.apply(under.snapshot({}), NOW);
    expect(send()).toBe("b");
    expect(clientOf(under)()).toBe("a");
  });

  test("a full endpoint does not hold it", () => {
    const under = backendOf(equal(["a", "b"]));
    const send = clientOf(under);
    const home = send();
    under.state(home).pending = 1024;
    expect(send()).not.toBe(home);
  });

  test.each([
    ["of no endpoint", () => "00000000"],
    ["empty", () => ""],
    ["of an endpoint of weight 0", (under: BackendUnderTest) => tokenOf(under, "idle")],
    ["of a dead endpoint", (under: BackendUnderTest) => tokenOf(under, "dead")],
    ["a name of Object's", () => "constructor"],
  ])("a token %s counts for nothing", (_, token) => {
    const under = backendOf({ a: 1, b: 1, idle: 0, dead: 1 });
    under.states.apply(under.snapshot({ dead: { state: "unhealthy" } }), NOW);
    const balancer = balancerOf(under, { sessionPersistence });
    const selection: Selection = { place: () => null, hashKey: () => null, sessionToken: () => token(under) };
    const names = new Set(Array.from({ length: 20 }, () => nameOf(balancer.first(selection, NOW))));
    expect(names).toEqual(new Set(["a", "b"]));
  });

  test("a cookie counts only where the policy says so", () => {
    const under = backendOf(equal(["a", "b"]));
    const balancer = balancerOf(under, {});
    const selection: Selection = { place: () => null, hashKey: () => null, sessionToken: () => tokenOf(under, "a") };
    expect(new Set(Array.from({ length: 20 }, () => nameOf(balancer.first(selection, NOW)))).size).toBe(2);
  });
});
