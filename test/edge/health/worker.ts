/// <reference types="@cloudflare/vitest-plugin/types" />
// The main module of the tests in workerd: its health object runs beside them, over the table and the endpoints that
// they choose.

import { DurableObject } from "cloudflare:workers";
import { encodeTable } from "../../../src/compiler/table/encode.ts";
import type { Env } from "../../../src/edge/env.ts";
import { createHealthMonitor } from "../../../src/edge/health/object.ts";
import type { HealthApi, OutlierReport } from "../../../src/edge/health/protocol.ts";
import type { RateLimiter } from "../../../src/edge/limits/object.ts";
import { type RouterSketch, routerOf } from "../../support/router.ts";

/** An endpoint of a test. */
export type Answer = (request: Request) => Response | Promise<Response>;

declare global {
  namespace Cloudflare {
    interface Env {
      readonly EDGE_INGRESS_HEALTH: DurableObjectNamespace;
      readonly EDGE_INGRESS_LIMITS: DurableObjectNamespace<RateLimiter>;
    }
  }
}

type Monitor = InstanceType<ReturnType<typeof createHealthMonitor>>;

let current: ReturnType<typeof createHealthMonitor> | null = null;
const bindings: Record<string, unknown> = {};

/** Deploys: objects that start from now on are over this table. */
export function deploy(sketch: RouterSketch, endpoints: Readonly<Record<string, Answer>> = {}): void {
  current = createHealthMonitor(encodeTable(routerOf(sketch)).buffer);
  bind(endpoints);
}

/** What answers under the names of endpoints; known to objects that run already. */
export function bind(endpoints: Readonly<Record<string, Answer>>): void {
  const bound = Object.entries(endpoints).map(([name, answer]) => [
    name,
    { fetch: async (request: Request) => answer(request) },
  ]);
  for (const name of Object.keys(bindings)) delete bindings[name];
  Object.assign(bindings, Object.fromEntries(bound));
}

export class HealthMonitor extends DurableObject<Env> implements HealthApi {
  readonly #monitor: Monitor;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    if (current === null) throw new Error("nothing is deployed");
    this.#monitor = new current(
      ctx,
      new Proxy(env, { get: (target, name) => Reflect.get(name in bindings ? bindings : target, name) }),
    );
  }

  get name(): string | undefined {
    return this.ctx.id.name;
  }

  async sync(report: OutlierReport | null) {
    return this.#monitor.sync(report);
  }

  async status() {
    return this.#monitor.status();
  }

  async probe(endpoints: readonly string[]) {
    return this.#monitor.probe(endpoints);
  }

  override async alarm() {
    return this.#monitor.alarm();
  }
}

export { RateLimiter } from "../../../src/edge/limits/object.ts";

export default { fetch: () => new Response("the tests call the parts") };
