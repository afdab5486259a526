import { describe, expect, test } from "vitest";
import type { Decision } from "../../../src/edge/limits/decision.ts";
import type { RateLimitTerms } from "../../../src/table/policies/rate-limit.ts";
import { fc } from "../../support/properties.ts";
import { limitOf } from "./limits.ts";
import { Overshoot, World, type WorldOptions } from "./world.ts";

const leased = (more: Parameters<typeof limitOf>[0]) =>
  limitOf({ key: [], mode: "leased", onFailure: "closed", ...more });

/** Small numbers that follow from a seed. */
function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

interface Load {
  readonly isolate: number;
  readonly from: number;
  readonly until: number;
  /** Requests a second. */
  readonly rate: number;
}

interface Result {
  readonly offered: number;
  readonly admitted: number;
  readonly tooMany: number;
  readonly asked: number;
}

/** Runs loads against one bucket; every admission is held to the limit and what it may overshoot by. */
async function runOf(
  terms: RateLimitTerms,
  options: WorldOptions,
  loads: readonly Load[],
  events: readonly { readonly at: number; readonly run: (world: World) => void }[] = [],
  more = terms.mostHeld,
): Promise<Result> {
  const world = new World(options);
  const { time } = world;
  const start = time.now;
  const overshoot = new Overshoot(terms, more);
  let offered = 0;
  let tooMany = 0;
  const settle = (decision: Decision) => {
    if (decision.passes && !overshoot.admit(time.now)) tooMany++;
  };
  for (const { isolate, from, until, rate } of loads) {
    for (let number = 0; from + (number * 1000) / rate < until; number++) {
      offered++;
      time.at(start + Math.floor(from + (number * 1000) / rate), () => {
        void world.ask(isolate, [{ terms, key: "", reserve: 0 }]).then(settle);
      });
    }
  }
  for (const { at, run } of events) time.at(start + at, () => run(world));
  await time.run();
  return { offered, admitted: overshoot.admitted, tooMany, asked: world.asked };
}

describe("a leased limit", () => {
  test("never admits more than it promises: many isolates, any load, lost messages, isolates that end", async () => {
    const load = fc.record({
      isolate: fc.nat(7),
      from: fc.nat(9_000),
      length: fc.integer({ min: 1, max: 6_000 }),
      rate: fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 20, max: 400 })),
    });
    const check = fc.asyncProperty(
      fc.record({
        requests: fc.integer({ min: 1, max: 300 }),
        period: fc.constantFrom(1_000, 3_000, 10_000),
        burst: fc.integer({ min: 1, max: 200 }),
        overshoot: fc.integer({ min: 1, max: 100 }),
        deadline: fc.constantFrom(5, 50, 500),
      }),
      fc.array(load, { minLength: 1, maxLength: 8 }),
      fc.nat(),
      fc.constantFrom(1, 20, 150),
      fc.constantFrom(0, 0.05, 0.3),
      fc.array(fc.record({ at: fc.nat(12_000), isolate: fc.nat(7) }), { maxLength: 3 }),
      async (written, loads, seed, slowest, lost, ends) => {
        const random = randomOf(seed);
        const options = {
          isolates: 8,
          latency: () => Math.floor(random() * slowest),
          loses: () => random() < lost,
        };
        const events = ends.map(({ at, isolate }) => ({ at, run: (world: World) => world.replace(isolate) }));
        const during = loads.map(({ isolate, from, length, rate }) => ({ isolate, from, until: from + length, rate }));
        const terms = leased(written);
        // The object judges before its answer is here: what it let pass in a longer time may arrive in a shorter one.
        const bunched = Math.ceil((written.requests * slowest) / written.period);
        const { tooMany } = await runOf(terms, options, during, events, terms.mostHeld + bunched);
        expect(tooMany).toBe(0);
      },
    );
    await fc.assert(check, { numRuns: 120 });
  });

  test("is a limit that can be exceeded: with less than it promises this test finds it", async () => {
    const terms = leased({ requests: 100, period: 1_000, burst: 100, overshoot: 100 });
    const loads = Array.from({ length: 8 }, (_, isolate) => [
      { isolate, from: 0, until: 1_500, rate: 30 },
      { isolate, from: 3_000, until: 4_500, rate: 400 },
    ]).flat();
    const options = { isolates: 8, latency: () => 3 };
    expect((await runOf(terms, options, loads)).tooMany).toBe(0);
    expect((await runOf(terms, options, loads, [], 0)).tooMany).toBeGreaterThan(0);
  });

  test("does not exceed it either where its object starts again in the middle", async () => {
    const terms = leased({ requests: 12_000, period: 60_000, burst: 4_000, overshoot: 20 });
    const loads = [0, 1, 2, 3].map((isolate) => ({ isolate, from: 0, until: 20_000, rate: 100 }));
    const restart = {
      at: 9_000,
      run: (world: World) => {
        world.ledger.flush(world.time.now * 1000);
        world.restart();
      },
    };
    const { tooMany, admitted } = await runOf(terms, { isolates: 4, latency: () => 2 }, loads, [restart]);
    expect(tooMany).toBe(0);
    // What was out then is lost, once.
    expect(admitted).toBeGreaterThan(4_000 + 200 * 20 - terms.mostHeld);
  });
});

describe("under a load that is twice the limit", () => {
  test.each<[isolates: number, latency: number]>([
    [1, 1],
    [1, 20],
    [4, 5],
    [20, 20],
  ])(
    "%i isolates, %i ms: at least 95 per cent of the limit pass, and few objects are asked",
    async (isolates, latency) => {
      const terms = leased({ requests: 1_000, period: 1_000, burst: 1_000, deadline: 200 });
      const seconds = 12;
      const loads = Array.from({ length: isolates }, (_, isolate) => ({
        isolate,
        from: isolate,
        until: seconds * 1_000,
        rate: 2_000 / isolates,
      }));
      const { offered, admitted, tooMany, asked } = await runOf(terms, { isolates, latency: () => latency }, loads);
      expect(tooMany).toBe(0);
      expect(admitted).toBeGreaterThanOrEqual(0.95 * (1_000 * seconds + 1_000));
      if (isolates === 1) expect(asked / offered).toBeLessThanOrEqual(0.02);
    },
  );
});

describe("at the full rate", () => {
  test.each([1, 4, 20])("%i isolates ask for two per cent of the requests at the most", async (isolates) => {
    const terms = leased({ requests: 60_000, period: 60_000, burst: 60_000 });
    const loads = Array.from({ length: isolates }, (_, isolate) => ({
      isolate,
      from: isolate,
      until: 20_000,
      rate: 1_000 / isolates,
    }));
    const { offered, admitted, asked } = await runOf(terms, { isolates, latency: () => 10 }, loads);
    expect(admitted).toBe(offered);
    const perMillion = (asked * 1e6) / offered;
    expect(perMillion).toBeLessThanOrEqual(20_000);
  });

  test("one client that comes now and then is asked for as often as it comes, and is never refused", async () => {
    const terms = leased({ requests: 10, period: 1_000, burst: 5 });
    const { offered, admitted, asked } = await runOf(terms, { isolates: 1, latency: () => 5 }, [
      { isolate: 0, from: 0, until: 60_000, rate: 0.1 },
    ]);
    expect(admitted).toBe(offered);
    expect(asked).toBeLessThanOrEqual(offered);
  });
});
