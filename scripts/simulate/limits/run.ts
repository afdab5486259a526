import { Limiter } from "../../../src/edge/limits/limiter.ts";
import type { Answer, Ask } from "../../../src/edge/limits/protocol.ts";
import type { Surroundings } from "../../../src/edge/limits/surroundings.ts";
import type { RateLimitTerms } from "../../../src/table/policies/rate-limit.ts";
import { type Colo, colosOf } from "../geography.ts";
import { EPOCH, VirtualPlatform } from "../platform.ts";
import { Random } from "../random.ts";
import { KvCounter, LocationCounters } from "./counters.ts";
import { Measures } from "./measures.ts";
import { SimulatedObjects } from "./objects.ts";
import type { LimitsSize, Spread, WayKind } from "./scenario.ts";

/** One run: which limit, who counts, and what comes. */
export interface LimitsRun {
  readonly size: LimitsSize;
  readonly kind: WayKind;
  readonly terms: RateLimitTerms;
  readonly spread: Spread;
  /** Whether the edge's places differ in size. */
  readonly isEven: boolean;
  /** What happens at which second. */
  readonly events: readonly { readonly at: number; readonly run: (measures: Measures) => void }[];
  /** How much of the usual comes at a second. */
  readonly loadAt: (second: number) => number;
}

/** Milliseconds that what is under way at the end has to end too. */
const AFTERMATH = 2_000;

/** Asks whether a request passes, and notes it. */
type Asks = (colo: number, isolate: number, key: number) => void;

/** Simulates in virtual time; requests come by chance, independently of each other. `tell`: 0 to 1. */
export async function simulateLimits(run: LimitsRun, tell: (done: number) => void): Promise<Measures> {
  const { size, terms } = run;
  const platform = new VirtualPlatform(size.seed, false);
  const random = new Random(size.seed);
  const colos = colosOf(size.colos, random);
  const measures = new Measures(size, terms, EPOCH);
  const asks =
    run.kind === "binding" || run.kind === "kv"
      ? byCounter(run, platform, measures)
      : byLimiters(run, colos, platform, measures);
  const end = EPOCH + size.seconds * 1000;
  const { queue } = platform;
  const place = placesOf(run, random);
  const key = drawOf(
    Float64Array.from({ length: size.keys }, (_, rank) => 1 / (rank + 1)),
    random,
  );
  const mean = 1000 / (size.rate * size.colos * size.isolates);
  const arrive = () => {
    if (queue.time >= end) return;
    queue.after(random.exponential(mean / run.loadAt((queue.time - EPOCH) / 1000)), arrive);
    const which = key();
    const colo = place(which);
    measures.offer(which, colo);
    asks(colo, Math.floor(random.next() * size.isolates), which);
  };
  queue.after(random.exponential(mean), arrive);
  for (const event of run.events) queue.after(event.at * 1000, () => event.run(measures));
  let told = 0;
  while (queue.next < end + AFTERMATH) {
    queue.step();
    if (platform.mustSettle) await platform.settle();
    const done = Math.floor((100 * (queue.time - EPOCH)) / (end - EPOCH));
    if (done > told) tell(Math.min(1, done / 100));
    told = done;
  }
  return measures;
}

/** The edge's own code in each isolate, in front of its own code in the objects. */
function byLimiters(
  { size, terms }: LimitsRun,
  colos: readonly Colo[],
  platform: VirtualPlatform,
  measures: Measures,
): Asks {
  const { queue } = platform;
  const objects = new SimulatedObjects(platform, measures);
  const local = new LocationCounters(terms.requests, terms.period);
  const limiters = colos.map(({ name }) =>
    Array.from({ length: size.isolates }, (_, number) => new Limiter(`${name}-${number}`)),
  );
  return (colo, isolate, key) => {
    const { spot } = colos[colo] as Colo;
    const limiter = limiters[colo]?.[isolate] as Limiter;
    let isDecided = false;
    let isCounted = false;
    const counted = (asked: readonly Ask[], answers: readonly Answer[]) => {
      if (isDecided || !asked.some(({ cost }) => cost > 0) || !answers.every(({ admitted }) => admitted)) return;
      isCounted = true;
      measures.count(key, queue.now);
    };
    const surroundings: Surroundings = {
      now: () => queue.now,
      take: (name, asked) => objects.take(spot, name, asked, (answers) => counted(asked, answers)),
      giveBack: (name, asked) => objects.giveBack(spot, name, asked),
      countHere: async (_, counter) => local.count(colo, counter, queue.now),
      wait: (milliseconds) => platform.pause(Math.max(0, milliseconds)),
      after: () => undefined,
      undecided: () => void measures.undecided++,
    };
    const finish = (passes: boolean) => {
      isDecided = true;
      if (!passes) return;
      if (!isCounted) measures.count(key, queue.now);
      measures.admit(key, colo, queue.now);
    };
    const decision = limiter.decide([{ terms, key: `${key}`, reserve: 0 }], surroundings);
    // An ask beside the requests may be under way too.
    platform.stir();
    if (decision instanceof Promise) void decision.then(({ passes }) => finish(passes));
    else finish(decision.passes);
  };
}

/** Counters that this project's code has no part in, which answer at once. */
function byCounter({ kind, terms }: LimitsRun, { queue }: VirtualPlatform, measures: Measures): Asks {
  const { requests, period } = terms;
  const binding = new LocationCounters(requests, period);
  const kv = new KvCounter(requests, period);
  return (colo, _, key) => {
    const { now } = queue;
    const passes = kind === "kv" ? kv.count(colo, key, now, () => measures.ask(key)) : binding.count(colo, key, now);
    if (!passes) return;
    measures.count(key, now);
    measures.admit(key, colo, now);
  };
}

/** Tells where the next request of a key arrives. */
function placesOf({ size, spread, isEven }: LimitsRun, random: Random): (key: number) => number {
  const weights = Float64Array.from({ length: size.colos }, () => (isEven ? 1 : random.exponential(1)));
  const place = drawOf(weights, random);
  if (spread === "everywhere") return place;
  const homes = Uint32Array.from({ length: size.keys }, place);
  return (key) => homes[key] as number;
}

/** Draws an index, each as often as its weight says. */
function drawOf(weights: Float64Array, random: Random): () => number {
  let sum = 0;
  const sums = weights.map((weight) => {
    sum += weight;
    return sum;
  });
  return () => {
    const drawn = random.next() * sum;
    let [low, high] = [0, sums.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((sums[middle] as number) > drawn) high = middle;
      else low = middle + 1;
    }
    return low;
  };
}
