import type { Table } from "../../table/reader.ts";
import type { Ejection, EjectionCause, HealthSnapshot } from "../health/protocol.ts";
import { EndpointState } from "./endpoint-state.ts";
import { beginAnew, type Outcome, OutlierDetector, settleIfOver } from "./outlier.ts";

/**
 * The health of all endpoints as one isolate sees it: what its own requests met, and what the health object says.
 * `version` grows with every change that may move requests, so that who computed a choice knows when to do it again.
 */
export class EndpointStates {
  readonly #table: Table;
  readonly #states: (EndpointState | undefined)[];
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

  /** Takes in how a try ended; the cause where the endpoint is ejected for it. */
  record(state: EndpointState, outcome: Outcome, now: number): EjectionCause | null {
    const cause = this.#detector.record(state, outcome, now, this.#states);
    if (cause === null) return null;
    this.#version++;
    const { id } = state.endpoint;
    this.#unreported.set(id, { endpoint: id, at: now, until: state.ejectedUntil, cause });
    return cause;
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
    for (const state of this.#states) if (state !== undefined) this.#applyTo(state, snapshot, now);
    this.#version++;
  }

  /** `now` 0: the endpoint is new to this isolate, so that what it was before makes no slow start. */
  #applyTo(state: EndpointState, snapshot: HealthSnapshot | null, now: number): void {
    settleIfOver(state, now);
    const health = snapshot?.endpoints[state.endpoint.id];
    const healthy = health?.state !== "unhealthy";
    if (healthy && !state.activelyHealthy) state.returnedAt = now;
    state.activelyHealthy = healthy;
    state.drained = state.endpoint.cluster.drain || health?.drain === true;
    const sharedUntil = health === undefined || health.ejectedUntil <= now ? 0 : health.ejectedUntil;
    if (sharedUntil === 0 && state.sharedEjectedUntil !== 0) beginAnew(state, now);
    state.sharedEjectedUntil = sharedUntil;
    if (health !== undefined && this.#detector.refute(state, health, now)) {
      this.#unreported.delete(state.endpoint.id);
    }
  }
}
