import type { Client } from "../../src/edge/client.ts";
import type { Env } from "../../src/edge/env.ts";
import type { EjectionCause } from "../../src/edge/health/protocol.ts";
import { HealthView } from "../../src/edge/health/view.ts";
import { FailureLog } from "../../src/edge/observe/log.ts";
import { EndpointStates } from "../../src/edge/upstream/endpoint-states.ts";
import type { ForwardContext } from "../../src/edge/upstream/exchange.ts";
import { Forwarder } from "../../src/edge/upstream/forward.ts";
import type { Backend } from "../../src/table/model.ts";
import type { Outage } from "./cluster.ts";
import type { Colo } from "./geography.ts";
import { type Measures, SLOW } from "./measures.ts";
import type { VirtualPlatform } from "./platform.ts";
import type { SimulatedRoute } from "./route.ts";

/** What all isolates of a simulation share. */
export interface World {
  readonly route: SimulatedRoute;
  readonly platform: VirtualPlatform;
  readonly measures: Measures;
  /** `index`: of its endpoint. */
  readonly dead: { readonly index: number; readonly outage: Outage } | null;
}

/** Where an isolate runs. */
export interface Surroundings {
  readonly colo: Colo;
  /** Its bindings: the clusters and the health object. */
  readonly env: Env;
  /** All GETs of the colo's clients, and all POSTs, which have a body. */
  readonly get: Request;
  readonly post: Request;
  /** The share of its requests that the dead cluster gets while it is well. */
  readonly deadShare: number;
}

const CLIENT: Client = {
  address: "192.0.2.1",
  isPeer: true,
  scheme: "https",
  forwardedFor: "192.0.2.1",
  forwardedHost: "shop.example.com",
  forwardedProto: "https",
  forwardedPort: "443",
};

/** An isolate of the edge under load: from the match of a rule on it is the edge's own code that runs. */
export class SimulatedIsolate {
  readonly #world: World;
  readonly #around: Surroundings;
  readonly #states: EndpointStates;
  readonly #view: HealthView;
  readonly #forwarder: Forwarder;
  readonly #context: ForwardContext;
  #avoids = false;

  constructor(name: string, world: World, around: Surroundings) {
    const { route, platform, measures } = world;
    const { colo, env } = around;
    this.#world = world;
    this.#around = around;
    this.#states = new EndpointStates(route.table);
    this.#view = new HealthView({
      // A colo's cache goes by it, so that one cache in the simulation can stand for those of all colos.
      contentHash: colo.name,
      onSnapshot: (snapshot) => {
        this.#states.apply(snapshot, platform.queue.now);
        this.#noteAvoidance();
      },
      takeReport: () => {
        const ejections = this.#states.takeEjections();
        return ejections.length === 0 ? null : { isolate: name, colo: colo.name, ejections };
      },
    });
    const log = new CountingLog(measures, () => this.#noteAvoidance());
    this.#forwarder = new Forwarder(route.table, this.#states, this.#view, log);
    this.#context = {
      target: route.target,
      client: CLIENT,
      requestId: name,
      env,
      edits: null,
      waitUntil: () => {},
    };
  }

  request(isGet: boolean): void {
    const { platform, measures, route, dead } = this.#world;
    const { env, get, post, deadShare } = this.#around;
    const { now } = platform.queue;
    const outcomes = isGet ? measures.gets : measures.posts;
    outcomes.sent++;
    measures.open++;
    if (dead !== null && now >= dead.outage.from && now < dead.outage.until) outcomes.meant += deadShare;
    platform.stir();
    this.#view.refresh(env, () => {});
    void this.#forwarder.forward(route.rule, isGet ? get : post, this.#context).then((answer) => {
      measures.open--;
      if (typeof answer === "string" || answer.status >= 500) {
        outcomes.failed++;
        measures.lastFailedSentAt = Math.max(now, measures.lastFailedSentAt ?? 0);
      } else if (platform.queue.now - now > SLOW) measures.slow++;
    });
  }

  /** Notes when this isolate first keeps requests away from the dead cluster. */
  #noteAvoidance(): void {
    const { route, platform, measures, dead } = this.#world;
    const { now } = platform.queue;
    if (this.#avoids || dead === null || now < dead.outage.from) return;
    const state = this.#states.of(dead.index);
    const isEjectedFor = (backend: Backend) => this.#states.ofBackend(backend).at(state).isEjected(now);
    if (state.activelyHealthy && !state.isEjected(now) && !route.rule.backends.some(isEjectedFor)) return;
    this.#avoids = true;
    measures.avoidedAt.push(now);
    if (this.#around.deadShare > 0) measures.avoidedByUsersAt.push(now);
  }
}

/** Counts what the edge would write. */
class CountingLog extends FailureLog {
  readonly #measures: Measures;
  readonly #onEjection: () => void;

  constructor(measures: Measures, onEjection: () => void) {
    super();
    this.#measures = measures;
    this.#onEjection = onEjection;
  }

  override failed(_endpoint: string, _cause: string, _requestId: string, outcome: "next" | "failed"): void {
    if (outcome === "next") this.#measures.retries++;
  }

  override ejected(_endpoint: string, _cause: EjectionCause, _until: number): void {
    this.#onEjection();
  }
}
