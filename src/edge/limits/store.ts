import type { Row } from "./bucket-entry.ts";
import type { LedgerStore } from "./ledger.ts";

const SCHEMA = `CREATE TABLE IF NOT EXISTS bucket (
  name TEXT PRIMARY KEY, until INTEGER, leased_until INTEGER
) WITHOUT ROWID`;

const COUNTS = `CREATE TABLE IF NOT EXISTS quota (
  name TEXT PRIMARY KEY, until INTEGER, used INTEGER, most INTEGER
) WITHOUT ROWID`;

/** Buckets in an object's SQLite. Each row written is billed. */
export class SqlStore implements LedgerStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(SCHEMA);
    sql.exec(COUNTS);
  }

  load(name: string): Row | null {
    const rows = this.#sql.exec<BucketRow>("SELECT * FROM bucket WHERE name = ?", name).toArray();
    const [row] = rows;
    if (row !== undefined) return { name, until: row.until, leasedUntil: row.leased_until };
    const [count] = this.#sql.exec<CountRow>("SELECT * FROM quota WHERE name = ?", name).toArray();
    return count === undefined ? null : { name, until: count.until, leasedUntil: 0, count };
  }

  save(rows: readonly Row[]): void {
    for (const { name, until, leasedUntil, count } of rows) {
      if (count !== undefined) {
        this.#sql.exec("INSERT OR REPLACE INTO quota VALUES (?, ?, ?, ?)", name, until, count.used, count.most);
      } else this.#sql.exec("INSERT OR REPLACE INTO bucket VALUES (?, ?, ?)", name, until, leasedUntil);
    }
  }

  drop(name: string): void {
    this.#sql.exec("DELETE FROM bucket WHERE name = ?", name);
    this.#sql.exec("DELETE FROM quota WHERE name = ?", name);
  }

  /** Drops what is as if it had never been; whether something is left. */
  clean(now: number): boolean {
    this.#sql.exec("DELETE FROM bucket WHERE until <= ? AND leased_until <= ?", now, now);
    this.#sql.exec("DELETE FROM quota WHERE until <= ?", now);
    return this.#sql.exec("SELECT 1 FROM bucket UNION ALL SELECT 1 FROM quota LIMIT 1").toArray().length > 0;
  }
}

type BucketRow = { name: string; until: number; leased_until: number };
type CountRow = { name: string; until: number; used: number; most: number };
