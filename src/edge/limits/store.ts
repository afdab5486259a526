import type { LedgerStore, Row } from "./ledger.ts";

const SCHEMA = `CREATE TABLE IF NOT EXISTS bucket (
  name TEXT PRIMARY KEY, until INTEGER, leased_until INTEGER
) WITHOUT ROWID`;

/** Buckets in an object's SQLite. Each row written is billed. */
export class SqlStore implements LedgerStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(SCHEMA);
  }

  load(name: string): Row | null {
    const rows = this.#sql.exec<BucketRow>("SELECT * FROM bucket WHERE name = ?", name).toArray();
    const [row] = rows;
    return row === undefined ? null : { name, until: row.until, leasedUntil: row.leased_until };
  }

  save(rows: readonly Row[]): void {
    for (const { name, until, leasedUntil } of rows) {
      this.#sql.exec("INSERT OR REPLACE INTO bucket VALUES (?, ?, ?)", name, until, leasedUntil);
    }
  }

  drop(name: string): void {
    this.#sql.exec("DELETE FROM bucket WHERE name = ?", name);
  }

  /** Drops what is as if it had never been; whether something is left. */
  clean(now: number): boolean {
    this.#sql.exec("DELETE FROM bucket WHERE until <= ? AND leased_until <= ?", now, now);
    return this.#sql.exec("SELECT 1 FROM bucket LIMIT 1").toArray().length > 0;
  }
}

type BucketRow = { name: string; until: number; leased_until: number };
