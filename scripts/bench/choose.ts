import { encodeTable } from "../../src/compiler/table/encode.ts";
import { Balancer, type Selection } from "../../src/edge/upstream/balancer.ts";
import { EndpointStates } from "../../src/edge/upstream/endpoint-states.ts";
import { sessionToken } from "../../src/edge/upstream/session.ts";
import { placeOf } from "../../src/table/place.ts";
import { REGIONS } from "../../src/table/policies/health-check.ts";
import {
  DEFAULT_LOAD_BALANCING,
  DEFAULT_SESSION,
  type LoadBalancing,
} from "../../src/table/policies/load-balancing.ts";
import { openTable } from "../../src/table/reader.ts";
import { routerOf } from "../../test/support/router.ts";
import { median } from "./load.ts";

const CLUSTERS = 8;
const CHOICES = 1_000_000;
const ROUNDS = 7;
/** Nanoseconds: what issue 4 allows. */
const MOST = 1000;

const hashOf = (boundedLoad: number) => ({ type: "SourceIP", name: "", template: [], boundedLoad }) as const;
const session = { ...DEFAULT_SESSION, sessionName: "session", absoluteTimeout: 0 };

/** Ways to choose; each request has a key of its own, a place (one of four) and a session. */
const ways: Readonly<Record<string, Partial<LoadBalancing>>> = {
  Nearest: { type: "Nearest" },
  Weighted: { type: "Weighted" },
  LeastLatency: { type: "LeastLatency" },
  ConsistentHash: { type: "ConsistentHash", consistentHash: hashOf(0) },
  "ConsistentHash with bounded load": { type: "ConsistentHash", consistentHash: hashOf(125) },
  "a session": { sessionPersistence: session },
};

/** Nanoseconds of `Balancer.first`, reading place and key included; beside them a draw by chance, without any health. */
export async function benchChoose(): Promise<void> {
  const { backend, states, now } = upstream();
  const choices = Object.entries(ways).map(([way, policy]) => {
    const balancer = new Balancer(backend, { ...DEFAULT_LOAD_BALANCING, ...policy }, states);
    const choose = (index: number) => {
      if (typeof balancer.first(requests[index & 1023] as Selection, now) === "string")
        throw new Error("nobody serves");
    };
    return { way, choose };
  });
  // An edge has all kinds in use: the code is compiled for all of them before one is measured.
  for (const { choose } of choices) measure(choose);
  for (const { way, choose } of choices) {
    console.log(`choose, ${CLUSTERS} clusters, ${way}: ${measure(choose)} ns (at most ${MOST})`);
  }
  const { targets } = backend;
  let chosen = 0;
  const chance = measure(() => {
    chosen += targets[Math.floor(Math.random() * targets.length)]?.endpoint.index ?? 0;
  });
  console.log(`by chance alone: ${chance} ns (mean index ${(chosen / CHOICES / (ROUNDS + 1)).toFixed(1)})`);
  const balancer = new Balancer(backend, DEFAULT_LOAD_BALANCING, states);
  const plan = measure((index) => {
    states.apply(null, now);
    balancer.first(requests[index & 1023] as Selection, now);
  }, CHOICES / 100);
  console.log(`a new plan, as after each change of health: ${plan} ns`);
}

/** Eight clusters in eight regions, measured and in use. */
function upstream() {
  const names = Array.from({ length: CLUSTERS }, (_, index) => `cluster-${index}`);
  const clusters = Object.fromEntries(
    names.map((name, index) => [name, { region: REGIONS[index] as string as never }]),
  );
  const targets = Object.fromEntries(names.map((name, index) => [name, 1 + (index % 3)]));
  const rules = [{ hostname: "shop.test", path: "/", service: "shop", targets }];
  const opened = openTable(encodeTable(routerOf({ rules, clusters })).buffer);
  if (!opened.ok) throw new Error(opened.reason);
  const backend = opened.table.routerFor("shop.test")?.rules[0]?.backends[0];
  if (backend === undefined) throw new Error("the table has no backend");
  const states = new EndpointStates(opened.table);
  const now = Date.now();
  for (const [index, state] of states.all().entries()) {
    state.measure(20 + index, now);
    state.pending = index;
  }
  return { backend, states, now };
}

const PLACES = [
  { colo: "LIS", country: "PT", continent: "EU", latitude: "38.71", longitude: "-9.14" },
  { colo: "IAD", country: "US", continent: "NA", latitude: "39.04", longitude: "-77.48" },
  { colo: "SIN", country: "SG", continent: "AS", latitude: "1.35", longitude: "103.82" },
  { colo: "GRU", country: "BR", continent: "SA", latitude: "-23.55", longitude: "-46.63" },
];
const tokens = upstream().backend.targets.map(({ endpoint }) => sessionToken(endpoint.id));
const requests = Array.from(
  { length: 1024 },
  (_, index): Selection => ({
    place: () => placeOf(PLACES[index & 3]),
    hashKey: () => `198.51.100.${index}`,
    sessionToken: () => tokens[index % CLUSTERS] ?? null,
  }),
);

/** The median of some rounds, in whole nanoseconds; the first is for the compiler. */
function measure(choose: (index: number) => void, count = CHOICES): number {
  const rounds: number[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const start = performance.now();
    for (let index = 0; index < count; index++) choose(index);
    if (round > 0) rounds.push(((performance.now() - start) * 1e6) / count);
  }
  return Math.round(median(rounds));
}
