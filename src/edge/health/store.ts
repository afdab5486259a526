import type { HealthEvent } from "./protocol.ts";
import type { Remembered, State } from "./watch.ts";

/** Events that are kept. */
export const EVENT_HISTORY = 1_000;

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS endpoint (
    id TEXT PRIMARY KEY, state TEXT, since INTEGER, cause TEXT, last_good_probe INTEGER, streak INTEGER
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS event (
    number INTEGER PRIMARY KEY, at INTEGER, endpoint TEXT, from_state TEXT, to_state TEXT, cause TEXT
  );
  CREATE TABLE IF NOT EXISTS asked (only INTEGER PRIMARY KEY CHECK (only = 1), at INTEGER);
`;

/** What of the health object outlives its memory, in its SQLite. Each row written is billed. */
export class HealthStore {
  readonly #sql: SqlStorage;

  constructor(sql: SqlStorage) {
    this.#sql = sql;
    sql.exec(SCHEMA);
  }

  /** All that is remembered; what another version wrote and this one can't read counts as not known. */
  endpoints(): Remembered[] {
    const rows = this.#sql.exec<EndpointRow>("SELECT * FROM endpoint").toArray();
    return rows.flatMap(({ id, state, since, cause, last_good_probe: lastGoodProbe, streak }) =>
      isState(state) ? [{ id, state, since, cause, lastGoodProbe, streak }] : [],
    );
  }

  save({ id, state, since, cause, lastGoodProbe, streak }: Remembered): void {
    const values = [id, state, since, cause, lastGoodProbe, streak];
    this.#sql.exec("INSERT OR REPLACE INTO endpoint VALUES (?, ?, ?, ?, ?, ?)", ...values);
  }

  drop(id: string): void {
    this.#sql.exec("DELETE FROM endpoint WHERE id = ?", id);
  }

  addEvent({ at, endpoint, from, to, cause }: HealthEvent): void {
    this.#sql.exec("INSERT INTO event VALUES (NULL, ?, ?, ?, ?, ?)", at, endpoint, from, to, cause);
    this.#sql.exec("DELETE FROM event WHERE number <= (SELECT max(number) FROM event) - ?", EVENT_HISTORY);
  }

  /** The newest first. */
  events(limit: number): HealthEvent[] {
    const rows = this.#sql.exec<EventRow>("SELECT * FROM event ORDER BY number DESC LIMIT ?", limit).toArray();
    return rows.flatMap(({ at, endpoint, from_state: from, to_state: to, cause }) =>
      isState(from) && isState(to) ? [{ at, endpoint, from, to, cause }] : [],
    );
  }

  /** When an isolate last asked, as far as it was written down; null: never. */
  get askedAt(): number | null {
    return this.#sql.exec<{ at: number }>("SELECT at FROM asked").toArray()[0]?.at ?? null;
  }

  set askedAt(at: number) {
    this.#sql.exec("INSERT OR REPLACE INTO asked VALUES (1, ?)", at);
  }
}

type EndpointRow = {
  id: string;
  state: string;
  since: number;
  cause: string;
  last_good_probe: number;
  streak: number;
};

type EventRow = {
  at: number;
  endpoint: string;
  from_state: string;
  to_state: string;
  cause: string;
};

function isState(text: string): text is State {
  return text === "healthy" || text === "unhealthy" || text === "unknown";
}
