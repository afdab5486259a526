import type { Env } from "../env.ts";
import { logBug } from "../observe/log.ts";
import { healthNamespaceOf, healthObjectOf } from "./binding.ts";
import { within } from "./patience.ts";
import { type HealthSnapshot, isSnapshot, type OutlierReport, SNAPSHOT_INTERVAL } from "./protocol.ts";
import { readCachedSnapshot, writeCachedSnapshot } from "./snapshot-cache.ts";

/** Milliseconds until a snapshot says nothing any more: without health data all endpoints count as healthy. */
export const SNAPSHOT_LIFETIME = 60_000;

/** Milliseconds until a try is given up. */
const PATIENCE = 5_000;

/** Milliseconds of these that the colo's cache has. */
const CACHE_PATIENCE = 500;

/**
 * Up to so many milliseconds are added to the age at which an isolate asks again, at random: those of one colo got
 * their snapshot from one cache, and the first that asks fills it for the others.
 */
const SPREAD = 1_000;

/** Ejections kept for an object that can't be reached. */
const UNDELIVERED = 1_000;

export interface HealthViewOptions {
  /** Of the isolate's table: colos cache a snapshot for each. */
  readonly contentHash: string;
  /** A new snapshot; null: the last one is too old, so everything counts as healthy. */
  readonly onSnapshot: (snapshot: HealthSnapshot | null) => void;
  /** What there is to tell the object; asked for just before it is sent, and then never again. */
  readonly takeReport: () => OutlierReport | null;
}

/** A snapshot, from the health object or from another isolate. */
interface Found {
  readonly snapshot: HealthSnapshot;
  readonly isNew: boolean;
}

/**
 * The clusters' health as one isolate holds it. Requests read it from memory; what refreshes it runs beside them, with
 * at most one request to the health object in SNAPSHOT_INTERVAL, also after errors. Whatever becomes of the object,
 * no request waits for it or fails for it.
 */
export class HealthView {
  readonly #options: HealthViewOptions;
  #snapshot: HealthSnapshot | null = null;
  /** When to look again; all times in milliseconds since the epoch. */
  #nextTry = 0;
  #nextObjectRequest = 0;
  #undelivered: OutlierReport | null = null;
  readonly #waiting: (() => void)[] = [];
  /** Whether a try is under way that may bring the first snapshot, and none has failed since the last success. */
  #isHopeful = true;

  constructor(options: HealthViewOptions) {
    this.#options = options;
  }

  /** Goes on where the view of another table was. */
  takeOver(was: HealthView): void {
    this.#snapshot = was.#snapshot;
    this.#nextTry = was.#nextTry;
    this.#nextObjectRequest = was.#nextObjectRequest;
    this.#undelivered = was.#undelivered;
    this.#isHopeful = was.#isHopeful;
  }

  /** The latest snapshot that still counts. */
  get snapshot(): HealthSnapshot | null {
    return this.#snapshot;
  }

  /** Milliseconds since the object made the snapshot; null: there is none. */
  age(now: number): number | null {
    return this.#snapshot === null ? null : Math.max(0, now - this.#snapshot.at);
  }

  /** To be called with every request; does almost nothing but once in SNAPSHOT_INTERVAL. */
  refresh(env: Env, waitUntil: (promise: Promise<unknown>) => void, now = Date.now()): void {
    if (now < this.#nextTry) return;
    const end = this.#snapshot === null ? Number.POSITIVE_INFINITY : this.#snapshot.at + SNAPSHOT_LIFETIME;
    if (now >= end) {
      this.#snapshot = null;
      this.#options.onSnapshot(null);
    }
    // A try that was abandoned with its request does not hold up the next one.
    this.#nextTry = now >= end ? now + SNAPSHOT_INTERVAL : Math.min(end, now + SNAPSHOT_INTERVAL);
    if (healthNamespaceOf(env) === null) this.#isHopeful = false;
    else waitUntil(this.#try(env, now));
  }

  /** Something is to be reported: the next request may take it along, if the object was not asked just now. */
  reportSoon(): void {
    this.#nextTry = Math.min(this.#nextTry, this.#nextObjectRequest);
  }

  /**
   * Resolves when the first snapshot has come, could not be had, or the time is over; null: there is nothing to wait
   * for. To be called after `refresh`.
   */
  firstSnapshot(milliseconds: number): Promise<void> | null {
    if (this.#snapshot !== null || !this.#isHopeful || this.#nextTry === 0) return null;
    const ended = new Promise<void>((resolve) => this.#waiting.push(resolve));
    return within(milliseconds, ended).catch(() => undefined);
  }

  /** Never rejects. */
  async #try(env: Env, now: number): Promise<void> {
    try {
      const found = await within(PATIENCE, this.#fetch(env, now)).catch(() => null);
      this.#isHopeful = found !== null;
      if (found === null) return;
      this.#accept(found.snapshot, now);
      if (found.isNew) await writeCachedSnapshot(this.#options.contentHash, found.snapshot).catch(() => undefined);
    } catch (error) {
      logBug(error, "");
    } finally {
      for (const end of this.#waiting.splice(0)) end();
    }
  }

  #accept(snapshot: HealthSnapshot, now: number): void {
    if (snapshot.at <= (this.#snapshot?.at ?? 0)) return;
    this.#snapshot = snapshot;
    const due = Math.min(snapshot.at, now) + SNAPSHOT_INTERVAL + Math.random() * SPREAD;
    this.#nextTry = Math.max(this.#nextObjectRequest, due);
    this.#options.onSnapshot(snapshot);
    for (const end of this.#waiting.splice(0)) end();
  }

  async #fetch(env: Env, now: number): Promise<Found | null> {
    const report = this.#report(now);
    if (report === null) {
      const cached = await within(CACHE_PATIENCE, readCachedSnapshot(this.#options.contentHash)).catch(() => null);
      if (cached !== null && cached.at > (this.#snapshot?.at ?? 0)) return { snapshot: cached, isNew: false };
    }
    const object = healthObjectOf(env);
    if (object === null || Date.now() < this.#nextObjectRequest) return null;
    this.#nextObjectRequest = Date.now() + SNAPSHOT_INTERVAL;
    const snapshot: unknown = await object.sync(report);
    if (!isSnapshot(snapshot)) return null;
    if (report !== null && this.#undelivered === report) this.#undelivered = null;
    return { snapshot, isNew: true };
  }

  /** What is to be reported, with what an earlier try did not deliver. */
  #report(now: number): OutlierReport | null {
    const taken = this.#options.takeReport();
    const kept = this.#undelivered?.ejections.filter(({ until }) => until > now) ?? [];
    const report = taken ?? this.#undelivered;
    this.#undelivered =
      report === null ? null : { ...report, ejections: [...(taken?.ejections ?? []), ...kept].slice(0, UNDELIVERED) };
    if (this.#undelivered?.ejections.length === 0) this.#undelivered = null;
    return this.#undelivered;
  }
}
