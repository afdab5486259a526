import type { Backend } from "../../table/model.ts";
import type { Table } from "../../table/reader.ts";
import type { Ejection, EjectionCause, HealthSnapshot } from "../health/protocol.ts";
import { BackendState } from "./backend-state.ts";
import { EndpointState } from "./endpoint-state.ts";
import { type Outcome, OutlierDetector, UNANSWERED } from "./outlier.ts";
import { WeaklyKept } from "./weakly-kept.ts";

/** What was ejected, for the log and the status. */
export interface Ejected {
  /** The backend whose requests go elsewhere; null: those of all. */
  readonly backend: string | null;
  readonly cause: EjectionCause;
  readonly until: number;
}

/**
 * The health of all endpoints as one isolate sees it: what its own requests met, and what the health object says. How
 * the backends answer there is known to this isolate alone: it is not reported, so that no Service's failures move
 * another one's requests anywhere.
 *
 * `version` grows with every change that may move requests, so that who computed a choice knows when to do it again.
 */
export class EndpointStates {
  readonly #table: Table;
  readonly #states: (EndpointState | undefined)[];
  readonly #backends = new WeaklyKept<Backend, BackendState>();
  readonly #detector = new OutlierDetector();
  readonly #unreported = new Map<string, Ejection>();
  #snapshot: HealthSnapshot | null = null;
  #version = 0;

  constructor(table: Table) {
    this.#table = table;
    this.#states = new Array(table.endpointCount);
  }

  get version(): number {
    return this.#version;
  }

  /** The state of the endpoint of that number; one object for the isolate's lifetime. */
  of(index: number): EndpointState {
    const known = this.#states[index];
    if (known !== undefined) return known;
    const state = new EndpointState(this.#table.endpoint(index));
    this.#states[index] = state;
    if (this.#snapshot !== null) this.#applyTo(state, this.#snapshot, 0);
    return state;
  }

  all(): EndpointState[] {
    return Array.from(this.#states, (_, index) => this.of(index));
  }

  /** What is known of the endpoints of another table counts for those of the same id. */
  takeOver(was: EndpointStates): void {
    this.#snapshot = was.#snapshot;
    for (const [id, ejection] of was.#unreported) this.#unreported.set(id, ejection);
    const known = new Map(was.#states.flatMap((state) => (state === undefined ? [] : [[state.endpoint.id, state]])));
    for (let index = 0; index < this.#states.length; index++) {
      const state = known.get(this.#table.endpoint(index).id);
      if (state !== undefined) this.of(index).takeOver(state);
    }
  }

  /** The state of the backend; one object for the isolate's lifetime. */
  ofBackend(backend: Backend): BackendState {
    const known = this.#backends.get(backend);
    if (known !== undefined) return known;
    const endpoints = backend.targets.map(({ endpoint }) => this.of(endpoint.index));
    const state = new BackendState(backend.name, endpoints);
    this.#backends.set(backend, state);
    return state;
  }

  /** Takes in how a try ended; what it ejects, where it does. */
  record(backend: BackendState, state: EndpointState, outcome: Outcome, now: number): Ejected | null {
    const { id } = state.endpoint;
    if (this.#detector.recordReach(state, outcome !== "unanswered", now)) {
      this.#version++;
      const ejected = { cause: UNANSWERED, until: state.ejectedUntil };
      this.#unreported.set(id, { endpoint: id, at: now, ...ejected });
      return { backend: null, ...ejected };
    }
    if (outcome === "unanswered") return null;
    const answers = backend.at(state);
    const cause = this.#detector.record(answers, outcome, now, backend.peers);
    if (cause === null) return null;
    this.#version++;
    return { backend: backend.name, cause, until: answers.ejectedUntil };
  }

  /** Backends that this isolate keeps away from the endpoint for how they answered there. */
  backendEjections(state: EndpointState, now: number): Ejected[] {
    return this.#backends.values().flatMap(({ name, answers }) => {
      const { ejectionCause: cause = null, ejectedUntil: until = 0 } = answers.get(state) ?? {};
      return cause === null || until <= now ? [] : [{ backend: name, cause, until }];
    });
  }

  /** Ejections since the last call, at most one of each endpoint. */
  takeEjections(): Ejection[] {
    const ejections = [...this.#unreported.values()];
    this.#unreported.clear();
    return ejections;
  }

  /** Takes over what the health object says; null: nothing is known any more, so everything counts as healthy. */
  apply(snapshot: HealthSnapshot | null, now: number): void {
    this.#snapshot = snapshot;
    const before = this.#standing();
    for (const state of this.#states) if (state !== undefined) this.#applyTo(state, snapshot, now);
    if (snapshot !== null) this.#recover(snapshot, now);
    if (this.#standing() !== before) this.#version++;
  }

  /** All that a choice depends on and a snapshot may change: most snapshots change nothing, and plans stay. */
  #standing(): string {
    const known = this.#states.filter((state) => state !== undefined);
    const ofEndpoints = known.map((one) =>
      [one.activelyHealthy, one.drained, one.sharedEjectedUntil, one.ejectedUntil, one.returnedAt].join(),
    );
    const ofBackends = this.#backends
      .values()
      .flatMap(({ peers }) => peers.map(({ ejectedUntil, returnedAt }) => `${ejectedUntil} ${returnedAt}`));
    return [...ofEndpoints, ...ofBackends].join(";");
  }

  /** `now` 0: the endpoint is new to this isolate, so that what it was before makes no slow start. */
  #applyTo(state: EndpointState, snapshot: HealthSnapshot | null, now: number): void {
    state.settleIfOver(now);
    const health = snapshot?.endpoints[state.endpoint.id];
    const healthy = health?.state !== "unhealthy";
    if (healthy && !state.activelyHealthy) state.returnedAt = now;
    state.activelyHealthy = healthy;
    state.drained = state.endpoint.cluster.drain || health?.drain === true;
    const sharedUntil = health === undefined || health.ejectedUntil <= now ? 0 : health.ejectedUntil;
    if (sharedUntil === 0 && state.sharedEjectedUntil !== 0) state.beginAnew(now);
    state.sharedEjectedUntil = sharedUntil;
    if (health !== undefined && this.#detector.refute(state, health, now)) {
      this.#unreported.delete(state.endpoint.id);
    }
  }

  #recover({ endpoints }: HealthSnapshot, now: number): void {
    for (const { answers } of this.#backends.values()) {
      for (const [{ endpoint }, state] of answers) {
        const health = state.isEjected(now) ? endpoints[endpoint.id] : undefined;
        if (health !== undefined) this.#detector.recover(state, health, now);
      }
    }
  }
}
