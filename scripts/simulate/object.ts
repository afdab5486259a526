import { DatabaseSync, type SQLInputValue } from "node:sqlite";
import type { Env } from "../../src/edge/env.ts";
import { Prober } from "../../src/edge/health/prober.ts";
import type { HealthSnapshot, OutlierReport } from "../../src/edge/health/protocol.ts";
import { Watching } from "../../src/edge/health/watching.ts";
import type { Table } from "../../src/table/reader.ts";
import { count, type Measures } from "./measures.ts";
import type { VirtualPlatform } from "./platform.ts";
import type { Scheduled } from "./queue.ts";
import { Random } from "./random.ts";

/** What the edge's own health object runs on: alarms by virtual time, and an SQLite whose writes are counted. */
export class SimulatedObject {
  readonly #watching: Watching;
  readonly #platform: VirtualPlatform;
  readonly #measures: Measures;
  readonly #database = new DatabaseSync(":memory:");
  #alarm: Scheduled | null = null;
  /** Alarms of one object come one after the other. */
  #isAlarmed = false;
  #isOverdue = false;

  constructor(table: Table, env: Env, platform: VirtualPlatform, measures: Measures, seed: number) {
    this.#platform = platform;
    this.#measures = measures;
    const random = new Random(seed);
    const digits = Array.from({ length: 64 }, () => Math.floor(random.next() * 16).toString(16));
    const id = digits.join("");
    // The parts of the platform's state that the health object uses.
    const state: unknown = { id, storage: this.#storage };
    this.#watching = new Watching(table, state as DurableObjectState, new Prober(table, env), platform.queue.now);
  }

  sync(report: OutlierReport | null): Promise<HealthSnapshot> {
    return this.#watching.sync(report, this.#platform.queue.now);
  }

  readonly #storage = {
    sql: { exec: (sql: string, ...values: SQLInputValue[]) => this.#exec(sql, values) },
    getAlarm: async () => this.#alarm?.time ?? null,
    setAlarm: async (at: number) => {
      this.#wrote(1);
      if (this.#alarm !== null) this.#alarm.run = null;
      this.#alarm = this.#platform.queue.at(at, () => {
        this.#alarm = null;
        if (this.#isAlarmed) this.#isOverdue = true;
        else this.#goOff();
      });
    },
  };

  #goOff(): void {
    this.#platform.stir();
    this.#isAlarmed = true;
    this.#isOverdue = false;
    void this.#watching.alarm(this.#platform.queue.now).then(() => {
      this.#isAlarmed = false;
      if (this.#isOverdue) this.#goOff();
    });
  }

  #exec(sql: string, values: SQLInputValue[]) {
    if (/^\s*CREATE/.test(sql)) this.#database.exec(sql);
    else if (/^\s*SELECT/.test(sql)) {
      const rows = this.#database.prepare(sql).all(...values);
      return { toArray: () => rows };
    } else this.#wrote(Number(this.#database.prepare(sql).run(...values).changes));
    return { toArray: () => [] };
  }

  /** As they are billed: setting an alarm is one too. */
  #wrote(rows: number): void {
    count(this.#measures.rowsWritten, this.#platform.queue.time, rows);
  }
}
