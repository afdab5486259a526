import type { HealthSnapshot } from "../../src/edge/health/protocol.ts";
import { Balancer } from "../../src/edge/upstream/balancer.ts";
import { EndpointStates } from "../../src/edge/upstream/endpoint-states.ts";
import { placeOf } from "../../src/table/place.ts";
import type { Region } from "../../src/table/policies/health-check.ts";
import { type Outage, SimulatedCluster } from "./cluster.ts";
import { type Colo, colosOf } from "./geography.ts";
import { SimulatedIsolate, type Surroundings, type World } from "./isolate.ts";
import { Measures } from "./measures.ts";
import { Network } from "./network.ts";
import { EPOCH, VirtualPlatform } from "./platform.ts";
import { Random } from "./random.ts";
import { compileRoute, type SimulatedRoute } from "./route.ts";
import { DOOMED, REGIONS_SERVED, type Size } from "./scenario.ts";

/** One run: under which circumstances, and for how long. */
export interface Run {
  readonly size: Size;
  readonly interval: number;
  readonly locations: readonly Region[];
  readonly perTryTimeout: number;
  readonly isObjectLost: boolean;
  readonly hasCache: boolean;
  /** Null: all clusters stay well. */
  readonly outage: Outage | null;
  /** In which requests come. */
  readonly seconds: number;
}

/** Four of five requests are GETs, the others POSTs. */
const GETS = 0.8;

/** Milliseconds that what is under way at the end has to end too; more than the edge gives any request. */
const AFTERMATH = 120_000;

/** Draws by which the share of a cluster is found out. */
const DRAWS = 1_000;

/** Simulates in virtual time, and takes over the process's clock, timers and chance meanwhile. `tell`: 0 to 1. */
export async function simulate(run: Run, tell: (done: number) => void): Promise<Measures> {
  const { size, interval, locations, perTryTimeout, seconds } = run;
  const route = compileRoute({ regions: REGIONS_SERVED, interval, locations, perTryTimeout });
  const platform = new VirtualPlatform(size.seed, run.hasCache);
  const restore = platform.install();
  try {
    const measures = new Measures(seconds, route.table.endpointCount);
    startTraffic(run, route, platform, measures);
    const end = EPOCH + seconds * 1000;
    const { queue } = platform;
    let told = 0;
    await platform.settle();
    while (queue.next < end || (measures.open > 0 && queue.next < end + AFTERMATH)) {
      queue.step();
      if (platform.mustSettle) await platform.settle();
      const done = Math.floor((100 * (queue.time - EPOCH)) / (end - EPOCH));
      if (done > told) tell(Math.min(1, done / 100));
      told = done;
    }
    return measures;
  } finally {
    restore();
  }
}

function startTraffic(run: Run, route: SimulatedRoute, platform: VirtualPlatform, measures: Measures): void {
  const { size, outage, isObjectLost, seconds } = run;
  const { table } = route;
  const random = new Random(size.seed);
  const clusters = Array.from({ length: table.endpointCount }, (_, index) => {
    const name = table.endpoint(index).cluster.region as Region;
    return new SimulatedCluster(name, name === DOOMED ? outage : null);
  });
  const index = clusters.findIndex(({ name }) => name === DOOMED);
  const dead = outage === null ? null : { index, outage };
  const world: World = { route, platform, measures, dead };
  const { id } = table.endpoint(index);
  const onSnapshot = (snapshot: HealthSnapshot) => {
    if (outage !== null && snapshot.at >= outage.from) noteDetection(measures, snapshot, id);
  };
  const { seed } = size;
  const network = new Network({ table, clusters, platform, measures, random, seed, isObjectLost, onSnapshot });
  const end = EPOCH + seconds * 1000;
  for (const colo of colosOf(size.colos, random)) {
    const { cf, spot } = colo;
    const [get, post] = [{ cf }, { cf, method: "POST", headers: { "content-length": "2" }, body: "{}" }].map(
      (init) => new Request("https://shop.example.com/", init),
    ) as [Request, Request];
    const toClusters = network.clustersFrom(spot);
    const deadShare = shareOf(index, colo, route);
    measures.isolates += size.isolates;
    if (deadShare > 0) measures.users += size.isolates;
    for (let number = 0; number < size.isolates; number++) {
      const env = { ...toClusters, ...network.healthFrom(spot) };
      const around: Surroundings = { colo, env, get, post, deadShare };
      const isolate = new SimulatedIsolate(`${colo.name}-${number}`, world, around);
      const arrive = () => {
        if (platform.queue.time >= end) return;
        platform.queue.after(random.exponential(1000 / size.rate), arrive);
        isolate.request(random.next() < GETS);
      };
      platform.queue.after(random.exponential(1000 / size.rate), arrive);
    }
  }
}

/** The share of a colo's requests that goes to an endpoint while all are well. */
function shareOf(index: number, { cf }: Colo, { table, rule, backend }: SimulatedRoute): number {
  const balancer = new Balancer(backend, rule.policies.loadBalancing, new EndpointStates(table));
  const place = placeOf(cf);
  const selection = { place: () => place, hashKey: () => null, sessionToken: () => null };
  const drawn = Array.from({ length: DRAWS }, () => balancer.first(selection, EPOCH));
  return drawn.filter((state) => typeof state !== "string" && state.endpoint.index === index).length / DRAWS;
}

function noteDetection(measures: Measures, { at, endpoints }: HealthSnapshot, id: string): void {
  const health = endpoints[id];
  if (health === undefined) return;
  if (health.ejectedUntil > at) measures.objectEjectedAt ??= at;
  if (health.state === "unhealthy") measures.objectUnhealthyAt ??= at;
}
