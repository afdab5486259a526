import type { HostRouter } from "../../table/match.ts";
import type { Part, Publication } from "../../table/publication.ts";
import { openTable, type Table } from "../../table/reader.ts";
import { routerIn } from "../../table/sharding.ts";
import { within } from "../health/patience.ts";
import { logTable } from "../observe/log.ts";
import { fetchPart, refusal } from "./fetch-part.ts";
import type { Source } from "./source.ts";

/**
 * Bytes of shards that an isolate keeps; what was not used for longest goes first. With all their hosts decoded they take five
 * times that (100,000 hosts of three rules, in Node), and those of the version before are there for a moment too.
 */
export const MOST_KEPT = 8 * 1024 * 1024;
/** Milliseconds that a request waits for a shard. */
export const PATIENCE = 5_000;
/** And until one that could not be had is asked for again. */
export const PAUSE = 5_000;
/** And how long the status tells of it where nobody does. */
const TOLD = 60_000;

type WaitUntil = (promise: Promise<unknown>) => void;

interface Kept {
  readonly table: Table;
  readonly bytes: ArrayBuffer;
}

/** What shards are those of. */
interface ShardsOf {
  readonly publication: Publication;
  readonly shards: readonly Part[];
  readonly source: Source;
}

/** The shards of one publication, each fetched when a host of it is first asked for. */
export class FetchedShards {
  readonly #common: Table;
  readonly #directory: Uint32Array;
  readonly #of: ShardsOf;
  /** The one that was used last at the end. */
  readonly #kept = new Map<number, Kept>();
  #bytes = 0;
  readonly #loading = new Map<number, { readonly since: number; readonly table: Promise<Table> }>();
  /** Why a shard could not be had when it was last asked for. */
  readonly #failed = new Map<number, { readonly until: number; readonly problem: string }>();

  constructor(common: Table, directory: Uint32Array, of: ShardsOf) {
    this.#common = common;
    this.#directory = directory;
    this.#of = of;
  }

  /** Why not all hosts are served; null: nothing is known to stand against it. */
  get problem(): string | null {
    const now = Date.now();
    for (const { until, problem } of this.#failed.values()) if (now < until + TOLD) return problem;
    return null;
  }

  get usage(): { readonly count: number; readonly kept: number; readonly bytes: number } {
    return { count: this.#of.shards.length, kept: this.#kept.size, bytes: this.#bytes };
  }

  /**
   * The rules for a normalised host, as the whole table has them. `unavailable` where its shard can't be had: nobody knows then
   * which guards stand before it, and the version before may have less of them.
   */
  routerFor(host: string, waitUntil: WaitUntil): HostRouter | null | Promise<HostRouter | null | "unavailable"> {
    const shard = (index: number) => this.#use(index) ?? this.#wait(index, waitUntil);
    const router = routerIn({ directory: this.#directory, count: this.#of.shards.length, shard }, host);
    if (!(router instanceof Promise)) return router;
    return router.catch((error: unknown) => {
      if (error instanceof NotHad) return "unavailable";
      throw error;
    });
  }

  /**
   * Fetches what others that were in use lie in now, so that no request has to wait for it, and what is bad there is known
   * before it serves. Those that are the same are taken as they are. Rejects where one can't be had.
   */
  async takeOver(before: FetchedShards): Promise<void> {
    const [was, is] = [before.#of.shards, this.#of.shards];
    const known = new Map([...before.#kept].map(([index, { bytes }]) => [was[index]?.hash, bytes]));
    for (const index of [...before.#kept.keys()]) {
      const same = Math.floor((index * is.length) / was.length);
      if (!this.#kept.has(same)) await this.#load(same, known.get(is[same]?.hash));
    }
  }

  #use(index: number): Table | null {
    const kept = this.#kept.get(index);
    if (kept === undefined) return null;
    this.#kept.delete(index);
    this.#kept.set(index, kept);
    return kept.table;
  }

  async #wait(index: number, waitUntil: WaitUntil): Promise<Table> {
    const now = Date.now();
    if (now < (this.#failed.get(index)?.until ?? 0)) throw new NotHad();
    let loading = this.#loading.get(index);
    // One that is lost with the request that began it must not keep others waiting for ever.
    if (loading === undefined || now - loading.since > 2 * PATIENCE) {
      loading = { since: now, table: this.#loadReported(index) };
      this.#loading.set(index, loading);
      waitUntil(loading.table.catch(() => undefined));
    }
    return within(PATIENCE, loading.table).catch(() => {
      throw new NotHad();
    });
  }

  async #loadReported(index: number): Promise<Table> {
    try {
      const table = await this.#load(index);
      this.#failed.delete(index);
      return table;
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      if (problem !== this.#failed.get(index)?.problem) logTable("table-refused", { problem });
      this.#failed.set(index, { until: Date.now() + PAUSE, problem });
      throw error;
    } finally {
      this.#loading.delete(index);
    }
  }

  /** `known`: its bytes, where they are there. */
  async #load(index: number, known?: ArrayBuffer): Promise<Table> {
    const { publication, shards, source } = this.#of;
    const told = `version ${publication.version}: its shard ${index + 1} of ${shards.length}`;
    const bytes = known ?? (await fetchPart(publication, shards[index] as Part, source, told));
    const opened = openTable(bytes, { common: this.#common });
    if (!opened.ok) throw new Error(`${told} ${refusal(opened.reason)}`);
    this.#keep(index, { table: opened.table, bytes });
    return opened.table;
  }

  #keep(index: number, kept: Kept): void {
    this.#bytes += kept.bytes.byteLength - (this.#kept.get(index)?.bytes.byteLength ?? 0);
    this.#kept.delete(index);
    this.#kept.set(index, kept);
    for (const [oldest, { bytes }] of this.#kept) {
      if (this.#bytes <= MOST_KEPT || oldest === index) break;
      this.#kept.delete(oldest);
      this.#bytes -= bytes.byteLength;
    }
  }
}

/** A shard can't be had now. */
class NotHad extends Error {}
