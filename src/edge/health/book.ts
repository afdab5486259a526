import type { Cluster, Endpoint } from "../../table/model.ts";
import type { Table } from "../../table/reader.ts";
import { Ejections } from "./ejections.ts";
import { PROBES_AT_ONCE, PROBES_PER_ALARM, type Probed } from "./probed.ts";
import type {
  EndpointHealth,
  HealthEvent,
  HealthSnapshot,
  HealthStatus,
  OutlierReport,
  ProbeResult,
} from "./protocol.ts";
import { Rhythm } from "./rhythm.ts";
import { type Remembered, type State, Watch } from "./watch.ts";

/** No table may make the object spin. Milliseconds. */
const SHORTEST_INTERVAL = 100;

const UNCHECKED = { state: "unknown", since: 0, cause: "no health check", lastGoodProbe: 0 } as const;

/**
 * What the health object knows and decides: which endpoints to probe when, what their probes mean, what isolates
 * agree on. No input or output, and time comes in as `now`, so that a simulation can drive it.
 */
export class HealthBook {
  readonly #endpoints = new Map<string, Endpoint>();
  readonly #watches = new Map<string, Watch>();
  readonly #drained: string[] = [];
  readonly #ejections = new Ejections();
  readonly #changed = new Set<Watch>();
  #events: HealthEvent[] = [];

  /** `remembered`: by an earlier object, perhaps of another table. `seed`: tells this edge's probes from another's. */
  constructor(table: Table, remembered: readonly Remembered[], seed: number, now: number) {
    for (let index = 0; index < table.endpointCount; index++) {
      const endpoint = table.endpoint(index);
      this.#endpoints.set(endpoint.id, endpoint);
      if (endpoint.cluster.drain) this.#drained.push(endpoint.id);
    }
    const checked = [...this.#endpoints.values()].filter(({ healthCheck }) => healthCheck !== null);
    const known = new Map(remembered.map((one) => [one.id, one]));
    // No more in one place of the grid than can be probed at once; fewer places make fewer alarms, which are billed.
    const places = Math.ceil(checked.length / PROBES_AT_ONCE);
    for (const [index, endpoint] of checked.entries()) {
      const check = endpoint.healthCheck;
      if (check === null) continue;
      const place = index % places;
      const offset = ((place + fraction(seed)) / places) % 1;
      const interval = Math.max(check.interval, SHORTEST_INTERVAL);
      const rhythm = new Rhythm(interval, check.jitterPercent, offset, seed + place);
      this.#watches.set(endpoint.id, new Watch(endpoint, check, rhythm, known.get(endpoint.id) ?? null, now));
    }
  }

  /** Whether the endpoint has a health check. */
  watches(endpoint: string): boolean {
    return this.#watches.has(endpoint);
  }

  /** When something is to be probed next; null: never. */
  nextDue(): number | null {
    let next: number | null = null;
    for (const { due } of this.#watches.values()) if (next === null || due < next) next = due;
    return next;
  }

  /** What to probe now; each is under way until `record` is called for it, whatever became of the probe. */
  due(now: number): Probed[] {
    const due: Probed[] = [];
    for (const watch of this.#watches.values()) {
      if (due.length === PROBES_PER_ALARM) break;
      if (watch.start(now)) due.push({ endpoint: watch.endpoint, locations: watch.check.locations });
    }
    return due;
  }

  /** How the probe of an endpoint ended, at each place. */
  record(endpoint: string, results: readonly ProbeResult[], now: number): void {
    const watch = this.#watches.get(endpoint);
    if (watch === undefined) return;
    this.#change(watch, now, () => watch.record(results, now));
    this.#ejections.refute(endpoint, watch.health);
  }

  /** What an isolate has seen. An endpoint with a health check is probed at once: a suspicion can be checked. */
  report(report: OutlierReport, now: number): void {
    const clusterOf = (endpoint: string): Cluster | null => this.#endpoints.get(endpoint)?.cluster ?? null;
    for (const { endpoint, at } of this.#ejections.take(report, clusterOf, now)) {
      const watch = this.#watches.get(endpoint);
      watch?.suspect(Math.min(at, now), now);
      if (watch !== undefined) this.#ejections.refute(endpoint, watch.health);
    }
  }

  /** Forgets what no prober has confirmed for too long: without health data an endpoint counts as healthy. */
  expire(now: number): void {
    for (const watch of this.#watches.values()) this.#change(watch, now, () => watch.expire(now));
  }

  /** Forgets all states: nobody watches any more. */
  forget(cause: string, now: number): void {
    for (const watch of this.#watches.values()) this.#change(watch, now, () => watch.forget(cause, now));
  }

  snapshot(now: number): HealthSnapshot {
    const watched = [...this.#watches.values()].map((watch) => watch.endpoint.id);
    const ids = new Set([...watched, ...this.#drained, ...this.#ejections.endpoints(now)]);
    return { at: now, endpoints: Object.fromEntries([...ids].map((id) => [id, this.#health(id, now)])) };
  }

  /** `events`: the newest first. */
  status(events: readonly HealthEvent[], now: number): HealthStatus {
    const probes = [...this.#watches.values()].map((watch) => [watch.endpoint.id, [...watch.probes]]);
    const ejections = this.#ejections.endpoints(now).map((id) => [id, this.#ejections.running(id, now)]);
    return {
      ...this.snapshot(now),
      probes: Object.fromEntries(probes),
      events,
      ejections: Object.fromEntries(ejections),
    };
  }

  /** What is to be written down since the last call. */
  takeChanges(): Remembered[] {
    const changes = [...this.#changed].map(({ remembered }) => remembered);
    this.#changed.clear();
    return changes;
  }

  /** What happened since the last call, the oldest first. */
  takeEvents(): HealthEvent[] {
    const events = this.#events;
    this.#events = [];
    return events;
  }

  #health(id: string, now: number): EndpointHealth {
    return {
      ...(this.#watches.get(id)?.health ?? UNCHECKED),
      ejectedUntil: this.#ejections.sharedUntil(id, now),
      drain: this.#endpoints.get(id)?.cluster.drain ?? false,
    };
  }

  #change(watch: Watch, now: number, apply: () => boolean): void {
    const from: State = watch.state;
    if (!apply()) return;
    this.#changed.add(watch);
    const { state: to, cause } = watch.health;
    if (from !== to) this.#events.push({ at: now, endpoint: watch.endpoint.id, from, to, cause });
  }
}

/** Of the seed, 0 to 1. */
function fraction(seed: number): number {
  return (seed >>> 0) / 2 ** 32;
}
