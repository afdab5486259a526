import { isNewer, type Publication, readPublication } from "../../table/publication.ts";
import { openTable, type Table } from "../../table/reader.ts";
import { type Env, textOf } from "../env.ts";
import { within } from "../health/patience.ts";
import { logTable } from "../observe/log.ts";
import { fetchTable } from "./fetch-table.ts";
import type { FetchedShards } from "./shards.ts";
import { type Source, sourceOf } from "./source.ts";

/** A table that serves requests. */
export interface ServedTable {
  /** Where it is in parts, what is the same for all hosts. */
  readonly table: Table;
  /** Null: the table has its hosts itself. */
  readonly shards: FetchedShards | null;
  /** Null: it lies beside the worker. */
  readonly publication: Publication | null;
}

/** What the status tells of it. */
export interface TablesStatus {
  readonly version: number | null;
  readonly hash: string;
  readonly publishedAt: string | null;
  /** When KV was last read, in milliseconds since the epoch; 0: never. */
  readonly checkedAt: number;
  /** Why what is published does not serve, or not for all hosts; a sentence. */
  readonly problem: string | null;
  /** Null: the table is not in shards. */
  readonly shards: FetchedShards["usage"] | null;
}

/** Milliseconds that requests wait in an isolate that has not looked yet. */
export const FIRST_LOOK = 2_000;
/** And until it looks again after KV failed. */
export const PAUSE = 5_000;

/** Text binding: requests are answered 503 until a published table serves, where that is `true`. */
const REQUIRED = "EDGE_INGRESS_TABLE_REQUIRED";

/**
 * The table that an isolate serves: the one beside the worker, until a newer one is published. Whatever is published that
 * can't be believed or served changes nothing and is reported. A request takes `current` once.
 */
export class FollowedTables {
  #current: ServedTable;
  /** Undefined: not looked up yet; null: there is nothing to follow. */
  #source: Source | null | undefined;
  /** The last entry that was decided about for good. */
  #decided: string | null = null;
  #problem: string | null = null;
  #checkedAt = 0;
  #nextLook = 0;
  #hasLooked = false;
  readonly #waiting: (() => void)[] = [];

  /** Throws where the bytes are no table that can be served. */
  constructor(bundled: ArrayBuffer) {
    const opened = openTable(bundled);
    if (!opened.ok) throw new Error(`the routing table can't be served: ${opened.reason}`);
    this.#current = { table: opened.table, shards: null, publication: null };
  }

  get current(): ServedTable {
    return this.#current;
  }

  get status(): TablesStatus {
    const { table, shards, publication } = this.#current;
    return {
      version: publication?.version ?? null,
      hash: publication?.hash ?? table.contentHash,
      publishedAt: publication?.publishedAt ?? null,
      checkedAt: this.#checkedAt,
      problem: this.#problem ?? shards?.problem ?? null,
      shards: shards?.usage ?? null,
    };
  }

  /** Whether nothing may be served yet. */
  isLacking(env: Env): boolean {
    return this.#current.publication === null && textOf(env, REQUIRED) === "true";
  }

  /**
   * To be called with every request; looks beside it, once in an interval. A promise only in an isolate that has not
   * looked yet: the table beside the worker may have a guard less than the one that was published since.
   */
  refresh(env: Env, waitUntil: (promise: Promise<unknown>) => void, now = Date.now()): Promise<void> | null {
    if (now >= this.#nextLook) {
      this.#source ??= sourceOf(env);
      this.#nextLook = this.#source === null ? Number.POSITIVE_INFINITY : now + this.#source.interval;
      if (this.#source === null) this.#hasLooked = true;
      else waitUntil(this.#look(this.#source, env, now));
    }
    if (this.#hasLooked) return null;
    const looked = new Promise<void>((resolve) => this.#waiting.push(resolve));
    return within(FIRST_LOOK, looked).catch(() => {
      this.#hasLooked = true;
    });
  }

  /** Never rejects. */
  async #look(source: Source, env: Env, now: number): Promise<void> {
    try {
      await this.#follow(source, env);
      this.#checkedAt = Math.max(this.#checkedAt, now);
    } catch (error) {
      this.#report(error instanceof Error ? error.message : String(error));
      this.#nextLook = Math.min(this.#nextLook, now + PAUSE);
    } finally {
      this.#hasLooked = true;
      for (const end of this.#waiting.splice(0)) end();
    }
  }

  /** Throws what may be over at the next look. */
  async #follow(source: Source, env: Env): Promise<void> {
    const text = await source.active();
    if (text === this.#decided) return;
    if (text === null) {
      const { publication } = this.#current;
      this.#report(publication === null ? null : "what was published is no longer there");
      return;
    }
    const read = await readPublication(text, await source.keys());
    if (!read.ok) return this.#decide(text, read.reason);
    const { publication } = read;
    // KV may have shown an older one in between.
    if (isSame(publication, this.#current.publication)) return this.#decide(text, null);
    const stale = this.#staleness(publication, source);
    if (stale !== null) return this.#decide(text, stale);
    const fetched = await fetchTable(publication, source, env, this.#current);
    if (!fetched.ok) return this.#decide(text, `version ${publication.version}: ${fetched.reason}`);
    // A look that began earlier may end later.
    if (this.#staleness(publication, source) !== null) return;
    this.#current = { ...fetched, publication };
    this.#decide(text, null);
    logTable("table-served", { version: publication.version, hash: publication.hash });
  }

  /** Why it may not take the place of the one that serves; null: it may. */
  #staleness(publication: Publication, { notBefore }: Source): string | null {
    const { version, publishedAt } = publication;
    const serving = this.#current.publication;
    if (serving !== null && version < serving.version) {
      return `version ${version} is older than version ${serving.version}, which serves`;
    }
    if (serving !== null && version === serving.version && !isNewer(publication, serving)) {
      return `another publication has version ${version} too: publish again`;
    }
    if (Date.parse(publishedAt) < notBefore) {
      return `version ${version} was published before ${new Date(notBefore).toISOString()}, and what was deployed then serves`;
    }
    return null;
  }

  #decide(text: string, problem: string | null): void {
    this.#decided = text;
    this.#report(problem);
  }

  #report(problem: string | null): void {
    if (problem !== null && problem !== this.#problem) logTable("table-refused", { problem });
    this.#problem = problem;
  }
}

function isSame(a: Publication, b: Publication | null): boolean {
  return a.version === b?.version && a.hash === b.hash && a.publishedAt === b.publishedAt;
}

/** Names what serves, in a word: for the header that proves it. */
export function nameOf({ table, publication }: ServedTable): string {
  return publication === null
    ? `bundled-${table.contentHash.slice(0, 12)}`
    : `${publication.version}-${publication.hash.slice(0, 12)}`;
}
