import { DurableObject } from "cloudflare:workers";
import { openTable } from "../../table/reader.ts";
import type { Env } from "../env.ts";
import { type ProbeApi, Prober } from "./prober.ts";
import type { HealthApi, HealthSnapshot, HealthStatus, OutlierReport, ProbeResult } from "./protocol.ts";
import { Watching } from "./watching.ts";

/**
 * The class of the health object over one routing table. Throws as `createEdge` does. One object of it watches the
 * clusters; others, one at each place that health checks name, only probe for it.
 */
export function createHealthMonitor(bytes: ArrayBuffer) {
  const opened = openTable(bytes);
  if (!opened.ok) throw new Error(`the routing table can't be served: ${opened.reason}`);
  const { table } = opened;

  return class HealthMonitor extends DurableObject<Env> implements HealthApi, ProbeApi {
    readonly #prober: Prober;
    #watching: Watching | null = null;

    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env);
      this.#prober = new Prober(table, env);
    }

    async sync(report: OutlierReport | null): Promise<HealthSnapshot> {
      return this.#watch().sync(report, Date.now());
    }

    async status(): Promise<HealthStatus> {
      return this.#watch().status(Date.now());
    }

    async probe(endpoints: readonly string[]): Promise<Record<string, ProbeResult>> {
      return this.#prober.probeHere(endpoints);
    }

    override async alarm(): Promise<void> {
      return this.#watch().alarm(Date.now());
    }

    /** Made at the first call: an object that only probes has nothing to remember. */
    #watch(): Watching {
      this.#watching ??= new Watching(table, this.ctx, this.#prober, Date.now());
      return this.#watching;
    }
  };
}
