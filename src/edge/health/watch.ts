import type { Endpoint } from "../../table/model.ts";
import type { HealthCheck } from "../../table/policies/health-check.ts";
import type { EndpointHealth, ProbeResult } from "./protocol.ts";
import { tally } from "./quorum.ts";
import type { Rhythm } from "./rhythm.ts";

export type State = EndpointHealth["state"];

/** What outlives the object's memory: changes seldom, for every row written is billed. */
export interface Remembered {
  readonly id: string;
  readonly state: State;
  readonly since: number;
  readonly cause: string;
  readonly lastGoodProbe: number;
  /** Probes in a row that speak against the state. */
  readonly streak: number;
}

/** An endpoint in doubt is probed this often, or in its own interval if that is shorter: HAProxy's `fastinter`. */
export const FAST_INTERVAL = 1_000;

/** Milliseconds by which a probe may come early, to be sent together with others. */
const WINDOW = 500;

/**
 * Milliseconds after which an object is taken out of memory that nothing asks and that waits for nothing
 * (developers.cloudflare.com, "Lifecycle of a Durable Object"): a place on the grid that is longer ago was not missed.
 */
const EVICTION = 10_000;

/** A state is forgotten when no prober has answered for this long, and for three intervals. */
const STATE_LIFETIME = 60_000;

/** Probes of each endpoint that the status shows. */
const PROBE_HISTORY = 20;

/** One endpoint with a health check: its state by rise and fall, and when to look again. */
export class Watch {
  readonly endpoint: Endpoint;
  readonly check: HealthCheck;
  readonly probes: ProbeResult[] = [];
  readonly #rhythm: Rhythm;
  #state: State = "unknown";
  #since: number;
  #cause = "not probed yet";
  #lastGoodProbe = 0;
  #streak = 0;
  #due: number;
  #isHurried = true;
  #isUnderWay = false;
  #lastStart = 0;
  #lastAnswer: number;
  /** Good probes that are still needed to refute what isolates reported. */
  #suspicion = 0;

  constructor(endpoint: Endpoint, check: HealthCheck, rhythm: Rhythm, remembered: Remembered | null, now: number) {
    this.endpoint = endpoint;
    this.check = check;
    this.#rhythm = rhythm;
    this.#since = now;
    this.#lastAnswer = now;
    this.#due = now;
    if (remembered === null) return;
    this.#state = remembered.state;
    this.#since = remembered.since;
    this.#cause = remembered.cause;
    this.#lastGoodProbe = remembered.lastGoodProbe;
    this.#streak = remembered.streak;
    this.#isHurried = this.#state === "unknown" || this.#isInDoubt;
    const isMissed = now - rhythm.before(now) < EVICTION;
    if (!this.#isHurried && !isMissed) this.#due = rhythm.after(now);
  }

  get state(): State {
    return this.#state;
  }

  /** When it is to be probed next. */
  get due(): number {
    return this.#due;
  }

  get health(): Omit<EndpointHealth, "ejectedUntil" | "drain"> {
    return { state: this.#state, since: this.#since, cause: this.#cause, lastGoodProbe: this.#lastGoodProbe };
  }

  get remembered(): Remembered {
    return { id: this.endpoint.id, ...this.health, streak: this.#streak };
  }

  /** True where it is to be probed now; it counts as under way until `record`. */
  start(now: number): boolean {
    if (this.#due > now + (this.#isHurried ? 0 : WINDOW)) return false;
    // One that came between two places of the grid may have come just before the next.
    const pause = this.#isHurried ? this.#fastInterval / 2 : 0;
    this.#isHurried = false;
    this.#due = this.#rhythm.after(Math.max(now, this.#due) + pause);
    if (this.#isUnderWay) return false;
    this.#isUnderWay = true;
    this.#lastStart = now;
    return true;
  }

  /** How a probe ended, at each place. Returns whether anything changed that is to be remembered. */
  record(results: readonly ProbeResult[], now: number): boolean {
    const startedAt = this.#lastStart;
    this.#isUnderWay = false;
    this.probes.unshift(...results);
    this.probes.length = Math.min(this.probes.length, PROBE_HISTORY);
    const verdict = tally(results);
    if (verdict !== "none") this.#lastAnswer = now;
    if (typeof verdict === "string") return false;
    const before = { state: this.#state, streak: this.#streak };
    if (verdict.ok) {
      this.#lastGoodProbe = startedAt;
      this.#suspicion = Math.max(0, this.#suspicion - 1);
    }
    this.#judge(verdict.ok, verdict.cause, now);
    if (this.#state === "unhealthy") this.#suspicion = 0;
    if (this.#isInDoubt || this.#suspicion > 0) this.#hurry(startedAt, now);
    return before.state !== this.#state || before.streak !== this.#streak;
  }

  /** Isolates met failures at that time: it is probed at once, and fast until the thresholds decide. */
  suspect(at: number, now: number): void {
    if (this.#state === "unhealthy" || at <= this.#lastGoodProbe) return;
    this.#suspicion = this.check.healthyThreshold;
    if (!this.#isUnderWay) this.#hurry(this.#lastStart, now);
  }

  /** Forgets a state that nobody has confirmed for too long; true where there was one. */
  expire(now: number): boolean {
    const lifetime = Math.max(STATE_LIFETIME, 3 * this.check.interval + this.check.timeout);
    if (now - this.#lastAnswer < lifetime) return false;
    return this.forget("no prober answers", now);
  }

  /** Back to `unknown`, where the next probe decides; true where that is a change. */
  forget(cause: string, now: number): boolean {
    if (this.#state === "unknown") return false;
    this.#become("unknown", cause, now);
    return true;
  }

  /** Falling: probes speak against a state in which it gets requests. */
  get #isInDoubt(): boolean {
    return this.#state !== "unhealthy" && this.#streak > 0;
  }

  get #fastInterval(): number {
    return Math.min(this.check.interval, FAST_INTERVAL);
  }

  #judge(ok: boolean, cause: string, now: number): void {
    const { healthyThreshold, unhealthyThreshold } = this.check;
    if (this.#state === "unknown" && ok) {
      this.#become("healthy", cause, now);
      return;
    }
    this.#streak = ok === (this.#state === "unhealthy") ? this.#streak + 1 : 0;
    if (this.#streak < (ok ? healthyThreshold : unhealthyThreshold) || this.#streak === 0) return;
    this.#become(ok ? "healthy" : "unhealthy", cause, now);
  }

  #become(state: State, cause: string, now: number): void {
    this.#state = state;
    this.#since = now;
    this.#cause = cause;
    this.#streak = 0;
  }

  #hurry(lastStart: number, now: number): void {
    const due = Math.max(now, lastStart + this.#fastInterval);
    if (due >= this.#due) return;
    this.#due = due;
    this.#isHurried = true;
  }
}
