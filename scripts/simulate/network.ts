import type { Env } from "../../src/edge/env.ts";
import { Prober } from "../../src/edge/health/prober.ts";
import { HEALTH_BINDING, type HealthSnapshot, type OutlierReport } from "../../src/edge/health/protocol.ts";
import type { Region } from "../../src/table/policies/health-check.ts";
import type { Table } from "../../src/table/reader.ts";
import type { SimulatedCluster } from "./cluster.ts";
import { CITIES, roundTrip, type Spot } from "./geography.ts";
import { count, type Measures } from "./measures.ts";
import { SimulatedObject } from "./object.ts";
import type { VirtualPlatform } from "./platform.ts";
import type { Random } from "./random.ts";

/** Where the health object lives. The platform puts it near to who asks first. */
const OBJECT_PLACE: Region = "enam";

/** Milliseconds that a cluster takes for an answer: at least, and the mean of what comes on top. */
const SERVICE = { least: 5, mean: 20 };

/** Milliseconds in which it answers its health path. */
const PROBE_SERVICE = 5;

export interface NetworkOptions {
  readonly table: Table;
  /** By the number of their endpoint. */
  readonly clusters: readonly SimulatedCluster[];
  readonly platform: VirtualPlatform;
  readonly measures: Measures;
  readonly random: Random;
  readonly seed: number;
  /** Every request to the object fails. */
  readonly isObjectLost: boolean;
  /** Called with each answer of the object as it is made. */
  readonly onSnapshot: (snapshot: HealthSnapshot) => void;
}

/** What the edge's parts reach over the network: health objects from the colos, clusters from the objects. */
export class Network {
  readonly #options: NetworkOptions;
  readonly #object: SimulatedObject;
  readonly #probers = new Map<string, Prober>();

  constructor(options: NetworkOptions) {
    this.#options = options;
    const { table, platform, measures, seed } = options;
    this.#object = new SimulatedObject(table, this.#envOfObject(OBJECT_PLACE), platform, measures, seed);
  }

  /** The bindings of a worker there by which it reaches the clusters. */
  clustersFrom(spot: Spot): Env {
    return this.#bindings((index, cluster) => {
      const way = roundTrip(spot, cluster.spot);
      return () => this.#send(way, index, cluster);
    });
  }

  /** That of one isolate by which it reaches the health object. */
  healthFrom(spot: Spot): Env {
    const stubs = new Map<string, unknown>();
    const get = (name: string) => {
      const stub = stubs.get(name) ?? this.#stub(spot, name);
      stubs.set(name, stub);
      return stub;
    };
    return { [HEALTH_BINDING]: { idFromName: (name: string) => name, get } };
  }

  #envOfObject(place: Region): Env {
    const from = CITIES[place];
    const probes = this.#bindings((index, cluster) => {
      const way = roundTrip(from, cluster.spot);
      return () => this.#probe(way, index, cluster);
    });
    return { ...this.healthFrom(from), ...probes };
  }

  #bindings(fetchOf: (index: number, cluster: SimulatedCluster) => () => Promise<Response>): Env {
    const { table, clusters } = this.#options;
    const all = clusters.map((cluster, index) => [table.endpoint(index).binding, { fetch: fetchOf(index, cluster) }]);
    return Object.fromEntries(all);
  }

  #stub(from: Spot, name: string) {
    const { platform, measures } = this.#options;
    const [, place] = /^probe (.+)$/.exec(name) ?? [];
    if (place === undefined) {
      const way = roundTrip(from, CITIES[OBJECT_PLACE]);
      let lastAsked = Number.NEGATIVE_INFINITY;
      const sync = (report: OutlierReport | null) => {
        const { time } = platform.queue;
        measures.shortestPause = Math.min(measures.shortestPause, time - lastAsked);
        lastAsked = time;
        return platform.call(way, () => this.#sync(report));
      };
      return { sync };
    }
    const way = roundTrip(from, CITIES[place as Region]);
    const prober = this.#probers.get(place) ?? new Prober(this.#options.table, this.#envOfObject(place as Region));
    this.#probers.set(place, prober);
    return { probe: (ids: readonly string[]) => platform.call(way, () => prober.probeHere(ids)) };
  }

  async #sync(report: OutlierReport | null): Promise<HealthSnapshot> {
    const { measures, platform, isObjectLost, onSnapshot } = this.#options;
    count(measures.objectRequests, platform.queue.time);
    if (isObjectLost) throw new Error("the object is lost");
    const snapshot = await this.#object.sync(report);
    onSnapshot(snapshot);
    return snapshot;
  }

  #send(way: number, index: number, cluster: SimulatedCluster): Promise<Response> {
    const { measures, platform, random } = this.#options;
    count(measures.tries[index], platform.queue.time);
    return this.#answer(cluster, way, SERVICE.least + random.exponential(SERVICE.mean));
  }

  #probe(way: number, index: number, cluster: SimulatedCluster): Promise<Response> {
    const { measures, platform } = this.#options;
    count(measures.probes[index], platform.queue.time);
    return this.#answer(cluster, way, PROBE_SERVICE);
  }

  #answer(cluster: SimulatedCluster, way: number, service: number): Promise<Response> {
    const { platform } = this.#options;
    const { at, status } = cluster.fate(platform.queue.time, way, service);
    return new Promise((resolve, reject) => {
      platform.queue.at(at, () => {
        platform.stir();
        // As the runtime tells it: a refused connection and a reset one alike.
        if (status === null) reject(new Error("Network connection lost."));
        else resolve(new Response(null, { status }));
      });
    });
  }
}
