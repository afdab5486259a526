import type { CachelessReport, MethodFigures, ScenarioReport } from "./figures.ts";
import type { Measures, Outcomes } from "./measures.ts";
import { EPOCH } from "./platform.ts";
import { type Run, simulate } from "./run.ts";
import { DOOMED, LOCATIONS, REGIONS_SERVED, type Scenario, type Size, TIMES } from "./scenario.ts";

/** Seconds after which the begin is over, where all isolates start at once. */
const SETTLED = 20;

const LOAD_WINDOW = 5;
const QUIET_HOUR = 3_600;
const CACHELESS_SECONDS = 60;
const CACHELESS_COLOS = 30;

export async function reportScenario(scenario: Scenario, size: Size, tell: (done: number) => void) {
  const { death, interval } = scenario;
  const outage = { death, from: EPOCH + TIMES.dies * 1000, until: EPOCH + TIMES.returns * 1000 };
  const measures = await simulate({ ...scenario, size, outage, hasCache: true, seconds: TIMES.ends }, tell);
  const quiet = await quietHour(interval, scenario.locations, size.seed);
  const quietWithLocations = await quietHour(interval, LOCATIONS, size.seed);
  return figuresOf(scenario, measures, quiet, quietWithLocations);
}

/** Without a cache no isolate spares another one a question: a short run of some of the colos says all. */
export async function reportCacheless(size: Size, tell: (done: number) => void): Promise<CachelessReport> {
  const colos = Math.min(size.colos, CACHELESS_COLOS);
  const sample = { ...size, colos };
  const run = { ...QUIET, size: sample, hasCache: false, seconds: CACHELESS_SECONDS };
  const { objectRequests } = await simulate(run, tell);
  const scaled = (count: number) => (count * size.colos) / colos;
  return {
    start: Math.round(scaled(objectRequests[0] ?? 0)),
    usual: scaled(mean(objectRequests, SETTLED, CACHELESS_SECONDS)),
  };
}

const QUIET: Omit<Run, "size" | "seconds"> = {
  interval: 10_000,
  locations: [],
  perTryTimeout: 0,
  isObjectLost: false,
  hasCache: true,
  outage: null,
};

/** Neither probes nor rows depend on how many ask: one isolate is enough for what the object does by itself. */
function quietHour(interval: number, locations: Run["locations"], seed: number): Promise<Measures> {
  const size = { colos: 1, isolates: 1, rate: 0.2, seed };
  return simulate({ ...QUIET, interval, locations, size, seconds: QUIET_HOUR }, () => {});
}

function figuresOf(scenario: Scenario, measures: Measures, quiet: Measures, located: Measures): ScenarioReport {
  const { tries, probes, objectRequests, objectEjectedAt, objectUnhealthyAt, lastFailedSentAt } = measures;
  const doomed = REGIONS_SERVED.toSorted().indexOf(DOOMED);
  const own = tries[doomed] as Uint32Array;
  const { isObjectLost } = scenario;
  const sinceDeath = (time: number | null | undefined) => since(TIMES.dies, time ?? null);
  const avoidedBy = (times: readonly number[], all: number) => {
    const by = (share: number) => sinceDeath(times[Math.ceil(share * all) - 1]);
    return { half: by(0.5), most: by(0.9), all: by(1) };
  };
  return {
    ...scenario,
    gets: methodFigures(measures.gets),
    posts: methodFigures(measures.posts),
    lastFailed: sinceDeath(lastFailedSentAt),
    slow: measures.slow,
    retries: measures.retries,
    detection: {
      ejected: sinceDeath(objectEjectedAt),
      unhealthy: sinceDeath(objectUnhealthyAt),
      isolates: avoidedBy(measures.avoidedAt, measures.isolates),
      users: avoidedBy(measures.avoidedByUsersAt, measures.users),
    },
    load: loadOf(tries, doomed),
    probes: {
      usual: isObjectLost ? 0 : perCluster(quiet),
      withLocations: isObjectLost ? 0 : perCluster(located),
      most: Math.max(...(probes[doomed] as Uint32Array)),
    },
    object: {
      start: objectRequests[0] ?? 0,
      usual: mean(objectRequests, SETTLED, TIMES.dies),
      most: Math.max(...objectRequests.subarray(TIMES.dies)),
      shortestPause: Number.isFinite(measures.shortestPause) ? measures.shortestPause / 1000 : null,
    },
    rowsPerHour: isObjectLost ? 0 : quiet.rowsWritten.reduce((sum, rows) => sum + rows, 0),
    recovery: { half: backTo(0.5, own), most: backTo(0.9, own) },
  };
}

function methodFigures({ sent, failed, meant }: Outcomes): MethodFigures {
  return { sent, failed, meant: Math.round(meant) };
}

function loadOf(tries: readonly Uint32Array[], doomed: number): ScenarioReport["load"] {
  const others = tries.flatMap((counts, index) => (index === doomed ? [] : [{ index, ratio: growth(counts) }]));
  const [worst] = others.sort((a, b) => b.ratio - a.ratio);
  const together = Uint32Array.from({ length: TIMES.ends }, (_, second) =>
    tries.reduce((sum, counts, index) => sum + (index === doomed ? 0 : (counts[second] as number)), 0),
  );
  const cluster = REGIONS_SERVED.toSorted()[worst?.index ?? 0] as string;
  return { cluster, ratio: worst?.ratio ?? 1, together: growth(together) };
}

/** The busiest window of the outage beside the mean before it; 1 where there was nothing before. */
function growth(counts: Uint32Array): number {
  const before = mean(counts, SETTLED, TIMES.dies);
  const windows = Array.from({ length: TIMES.returns - TIMES.dies - LOAD_WINDOW + 1 }, (_, index) =>
    mean(counts, TIMES.dies + index, TIMES.dies + index + LOAD_WINDOW),
  );
  return before === 0 ? 1 : Math.max(...windows) / before;
}

function perCluster({ probes }: Measures): number {
  return probes.reduce((sum, counts) => sum + mean(counts, 0, QUIET_HOUR), 0) / probes.length;
}

/** The end of the first second in which it had that share of its usual requests. */
function backTo(share: number, counts: Uint32Array): number | null {
  const enough = share * mean(counts, SETTLED, TIMES.dies);
  const second = counts.findIndex((count, at) => at >= TIMES.returns && count >= enough);
  return second < 0 ? null : second + 1 - TIMES.returns;
}

/** From a second to another, which is not in it. */
function mean(counts: Uint32Array, from: number, to: number): number {
  return counts.subarray(from, to).reduce((sum, count) => sum + count, 0) / (to - from);
}

function since(second: number, time: number | null): number | null {
  return time === null ? null : (time - EPOCH) / 1000 - second;
}
