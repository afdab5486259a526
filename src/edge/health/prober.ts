import type { Endpoint } from "../../table/model.ts";
import type { Table } from "../../table/reader.ts";
import type { Env } from "../env.ts";
import { healthNamespaceOf } from "./binding.ts";
import { within } from "./patience.ts";
import { probe } from "./probe.ts";
import { PROBES_AT_ONCE, type Probed } from "./probed.ts";
import type { ProbeResult } from "./protocol.ts";

/** What the objects at other places answer to; endpoints that their table does not name are left out. */
export interface ProbeApi {
  probe(endpoints: readonly string[]): Promise<Readonly<Record<string, ProbeResult>>>;
}

/** Milliseconds that an object at another place has beside the time of its probes: it may have to be started there. */
const REMOTE_PATIENCE = 3_000;

/** Probes endpoints, from here or through objects at other places. */
export class Prober {
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #env: Env;
  #running = 0;
  readonly #queue: (() => void)[] = [];

  constructor(table: Table, env: Env) {
    this.#env = env;
    for (let index = 0; index < table.endpointCount; index++) {
      const endpoint = table.endpoint(index);
      this.#endpoints.set(endpoint.id, endpoint);
    }
  }

  /** Probes each of them, and tells as soon as it is known how that ended at each place. Never rejects. */
  async probe(all: readonly Probed[], ended: (endpoint: string, results: ProbeResult[]) => void): Promise<void> {
    const asked = new Map(locationsOf(all).map((location) => [location, this.#askAt(location, all)]));
    await Promise.all(
      all.map(async ({ endpoint: { id }, locations }) => {
        const places = locations.map(async (location) => (await asked.get(location))?.[id] ?? noAnswer(location));
        const here = async (): Promise<ProbeResult> => (await this.probeHere([id]))[id] ?? noAnswer("");
        ended(id, await Promise.all(places.length === 0 ? [here()] : places));
      }),
    );
  }

  /** Probes from here. */
  async probeHere(ids: readonly string[]): Promise<Record<string, ProbeResult>> {
    const results = await Promise.all(ids.map((id) => this.#inTurn(() => this.#probeOne(id))));
    return Object.fromEntries(results.flatMap((result, index) => (result === null ? [] : [[ids[index], result]])));
  }

  async #probeOne(id: string): Promise<ProbeResult | null> {
    const endpoint = this.#endpoints.get(id);
    const check = endpoint?.healthCheck ?? null;
    if (endpoint === undefined || check === null) return null;
    const at = Date.now();
    const verdict = await probe(endpoint, check, this.#env);
    return { at, took: Date.now() - at, ...verdict, location: "", answered: true };
  }

  async #askAt(location: string, all: readonly Probed[]): Promise<Record<string, ProbeResult>> {
    const endpoints = all.filter(({ locations }) => locations.includes(location)).map(({ endpoint }) => endpoint);
    const timeouts = endpoints.map(({ healthCheck }) => healthCheck?.timeout ?? 0);
    const limit = Math.max(...timeouts) * Math.ceil(endpoints.length / PROBES_AT_ONCE) + REMOTE_PATIENCE;
    const ids = endpoints.map(({ id }) => id);
    const asking = (async () => objectAt(location, this.#env).probe(ids))();
    const results = await within(limit, asking).catch(() => ({}));
    return Object.fromEntries(Object.entries(results).map(([id, result]) => [id, { ...result, location }]));
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running < PROBES_AT_ONCE) this.#running++;
    else await new Promise<void>((resolve) => this.#queue.push(resolve));
    try {
      return await work();
    } finally {
      const next = this.#queue.shift();
      if (next === undefined) this.#running--;
      else next();
    }
  }
}

function locationsOf(all: readonly Probed[]): string[] {
  return [...new Set(all.flatMap(({ locations }) => locations))];
}

/** The object that probes from that place: created there at its first use, and there for good. */
function objectAt(location: string, env: Env): ProbeApi {
  const namespace = healthNamespaceOf(env);
  if (namespace === null) throw new Error("no health object");
  const id = namespace.idFromName(`probe ${location}`);
  const stub: unknown = namespace.get(id, { locationHint: location as DurableObjectLocationHint });
  return stub as ProbeApi;
}

function noAnswer(location: string): ProbeResult {
  return { at: Date.now(), took: 0, ok: false, cause: "the prober did not answer", location, answered: false };
}
