import type { Table } from "../../table/reader.ts";
import { logBug, logHealth } from "../observe/log.ts";
import { HealthBook } from "./book.ts";
import type { Prober } from "./prober.ts";
import type { HealthSnapshot, HealthStatus, OutlierReport, ProbeResult } from "./protocol.ts";
import { HealthStore } from "./store.ts";

/** Milliseconds without a question after which probing ends, so that an edge that nobody uses costs nothing. */
export const UNASKED_LIFETIME = 3_600_000;

/** Milliseconds by which the last question is known after a restart: each time that it is written down is billed. */
const ASKED_GRAIN = 300_000;

/** Milliseconds to the next attempt after a fault. */
const AFTER_FAULT = 10_000;

/** An alarm that is so many milliseconds late is lost: the platform gives up after several retries. */
const ALARM_LOST = 15_000;

/** Milliseconds between looks at whether the next alarm is due while probes are under way. */
const LOOK = 250;

/** Events that the status shows. */
const EVENTS_SHOWN = 100;

/** The health object while it is in memory: the book, driven by alarms and questions, and what is written down. */
export class Watching {
  readonly #storage: DurableObjectStorage;
  readonly #store: HealthStore;
  readonly #book: HealthBook;
  readonly #prober: Prober;
  #askedAt: number;
  #askedWritten: number;
  /** When the alarm is set to go off; null: it is not set; undefined: not known since the object was started. */
  #alarmAt: number | null | undefined;

  constructor(table: Table, ctx: DurableObjectState, prober: Prober, now: number) {
    this.#storage = ctx.storage;
    this.#store = new HealthStore(ctx.storage.sql);
    this.#prober = prober;
    const remembered = this.#store.endpoints();
    this.#book = new HealthBook(table, remembered, seedOf(ctx.id), now);
    for (const { id } of remembered) if (!this.#book.watches(id)) this.#store.drop(id);
    this.#askedWritten = this.#store.askedAt ?? 0;
    this.#askedAt = this.#askedWritten;
  }

  async sync(report: OutlierReport | null, now: number): Promise<HealthSnapshot> {
    this.#askedAt = now;
    if (now - this.#askedWritten >= ASKED_GRAIN) {
      this.#store.askedAt = now;
      this.#askedWritten = now;
    }
    if (report !== null) this.#book.report(report, now);
    this.#book.expire(now);
    this.#writeDown();
    await this.#setAlarm(now);
    return this.#book.snapshot(now);
  }

  async status(now: number): Promise<HealthStatus> {
    return this.#book.status(this.#store.events(EVENTS_SHOWN), now);
  }

  /** Never rejects: the platform would repeat it a few times, and then never again. */
  async alarm(now: number): Promise<void> {
    this.#alarmAt = null;
    try {
      if (now - this.#askedAt < UNASKED_LIFETIME) await this.#round(now);
      else this.#rest(now);
    } catch (error) {
      logBug(error, "");
      await this.#setAlarmAt(now + AFTER_FAULT).catch(() => undefined);
    }
  }

  async #round(now: number): Promise<void> {
    this.#book.expire(now);
    const due = this.#book.due(now);
    // Before anything that can fail or be cut off. Where it fails, the first probe that ends tries again.
    await this.#setAlarm(now).catch((error: unknown) => logBug(error, ""));
    this.#writeDown();
    let isEnded = false;
    const probing = this.#prober
      .probe(due, (endpoint, results) => this.#ended(endpoint, results))
      .finally(() => {
        isEnded = true;
      });
    // Alarms come one after the other: a probe that takes long must not hold up the others, and goes on without us.
    while (!isEnded && Date.now() < (this.#alarmAt ?? Number.POSITIVE_INFINITY)) {
      await Promise.race([probing, scheduler.wait(LOOK)]);
    }
  }

  /** Nobody asks: what was known is no longer, and no alarm is set until somebody does. */
  #rest(now: number): void {
    this.#book.forget("nobody has asked for an hour", now);
    this.#writeDown();
  }

  #ended(endpoint: string, results: readonly ProbeResult[]): void {
    const now = Date.now();
    this.#book.record(endpoint, results, now);
    this.#writeDown();
    void this.#setAlarm(now).catch((error: unknown) => logBug(error, ""));
  }

  /** Never throws: what can't be written is known all the same, until the object ends. */
  #writeDown(): void {
    try {
      for (const event of this.#book.takeEvents()) {
        logHealth(event);
        this.#store.addEvent(event);
      }
      for (const change of this.#book.takeChanges()) this.#store.save(change);
    } catch (error) {
      logBug(error, "");
    }
  }

  /** Sets the alarm where it is not set, or later than something is due. */
  async #setAlarm(now: number): Promise<void> {
    const due = this.#book.nextDue();
    if (due === null) return;
    if (this.#alarmAt === undefined) this.#alarmAt = await this.#storage.getAlarm();
    const at = this.#alarmAt;
    if (at === null || due < at || now - at > ALARM_LOST) await this.#setAlarmAt(Math.max(due, now));
  }

  async #setAlarmAt(at: number): Promise<void> {
    this.#alarmAt = at;
    await this.#storage.setAlarm(at).catch((error: unknown) => {
      this.#alarmAt = null;
      throw error;
    });
  }
}

/** Other than another edge's, the same for the life of this one: the id is 64 hex digits. */
function seedOf(id: DurableObjectId): number {
  return Number.parseInt(id.toString().slice(0, 8), 16);
}
