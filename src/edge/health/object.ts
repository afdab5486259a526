import { DurableObject } from "cloudflare:workers";
import type { Env } from "../env.ts";
import { FollowedTables } from "../tables/followed-tables.ts";
import { type ProbeApi, Prober } from "./prober.ts";
import type { HealthApi, HealthSnapshot, HealthStatus, OutlierReport, ProbeResult } from "./protocol.ts";
import { Watching } from "./watching.ts";

/**
 * The class of the health object over one routing table, or over those that are published while it runs. Throws as
 * `createEdge` does. One object of it watches the clusters; others, one at each place that health checks name, only probe
 * for it.
 */
export function createHealthMonitor(source: ArrayBuffer | FollowedTables) {
  const tables = source instanceof FollowedTables ? source : new FollowedTables(source);

  return class HealthMonitor extends DurableObject<Env> implements HealthApi, ProbeApi {
    #served = tables.current;
    #prober: Prober;
    #watching: Watching | null = null;

    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env);
      this.#prober = new Prober(this.#served.table, env);
    }

    async sync(report: OutlierReport | null): Promise<HealthSnapshot> {
      await this.#follow();
      return this.#watch().sync(report, Date.now());
    }

    async status(): Promise<HealthStatus> {
      return this.#watch().status(Date.now());
    }

    async probe(endpoints: readonly string[]): Promise<Record<string, ProbeResult>> {
      await this.#follow();
      return this.#prober.probeHere(endpoints);
    }

    override async alarm(): Promise<void> {
      return this.#watch().alarm(Date.now());
    }

    /** Probes that are under way end by the table under which they began. */
    async #follow(): Promise<void> {
      const looking = tables.refresh(this.env, (promise) => this.ctx.waitUntil(promise));
      if (looking !== null) await looking;
      if (this.#served === tables.current) return;
      this.#served = tables.current;
      this.#prober = new Prober(this.#served.table, this.env);
      this.#watching = null;
    }

    /** Made at the first call: an object that only probes has nothing to remember. */
    #watch(): Watching {
      this.#watching ??= new Watching(this.#served.table, this.ctx, this.#prober, Date.now());
      return this.#watching;
    }
  };
}
