import { hashHost } from "../../table/layout.ts";
import type { HostRouter } from "../../table/match.ts";
import type { Part, Publication } from "../../table/publication.ts";
import { openTable, type Table } from "../../table/reader.ts";
import { routerIn, shardOf } from "../../table/sharding.ts";
import { within } from "../health/patience.ts";
import { logTable } from "../observe/log.ts";
import { fetchPart, refusal } from "./fetch-part.ts";
import type { Source } from "./source.ts";

/**
 * Bytes of shards that an isolate keeps; what was not used for longest goes first. With all their hosts decoded they take five
 * times that (100,000 hosts of three rules, in Node), and those of the version before are there for a moment too.
 */
export const MOST_KEPT = 8 * 1024 * 1024;
/** And how many, small ones: a new version reads those that take their place. */
const MOST_SHARDS_KEPT = 256;
/** Bytes of shards that are read at a time; further ones wait. A single one may have more. */
const MOST_UNDER_WAY = 8 * 1024 * 1024;
/** Shards of a new version that are read at a time: an invocation has six connections. */
const READERS = 6;
/** Milliseconds for all of them: behind a request the platform gives 30 s. */
export const TAKE_OVER = 20_000;
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

/** What served before. */
export interface Before {
  readonly table: Table;
  readonly shards: FetchedShards | null;
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
  /** Reads that have not ended, and who waits for that. */
  readonly #underWay = new Map<number, { readonly since: number; readonly bytes: number }>();
  readonly #waiting: (() => void)[] = [];
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
   * Fetches the shards of hosts that were in use, so that no request has to wait for them, and what is bad there is known
   * before this serves: as many as are kept, those that were used last. Those that are the same are taken as they are.
   * Rejects where one can't be had, or all of them not in time.
   */
  async takeOver({ table, shards: before }: Before): Promise<void> {
    const { publication, shards } = this.#of;
    const known =
      before === null ? [] : [...before.#kept].map(([index, { bytes }]) => [before.#hashOf(index), bytes] as const);
    const bytesOf = new Map(known);
    const wanted = before === null ? this.#shardsOf(table.decodedHosts()) : this.#inPlaceOf(before);
    const taken: number[] = [];
    let room = MOST_KEPT;
    for (const index of new Set(wanted.reverse())) {
      room -= (shards[index] as Part).bytes;
      if (room < 0 || taken.length === MOST_SHARDS_KEPT) break;
      taken.unshift(index);
    }
    const next = taken.values();
    const read = async () => {
      for (const index of next) await this.#load(index, bytesOf.get(this.#hashOf(index)));
    };
    const all = Promise.all(Array.from({ length: READERS }, read)).then(
      () => null,
      (error: unknown) => ({ error }),
    );
    const late = `version ${publication.version}: its shards in use take more than ${TAKE_OVER / 1000} s`;
    const failed = await within(TAKE_OVER, all).catch(() => ({ error: new Error(late) }));
    if (failed !== null) throw failed.error;
  }

  #hashOf(index: number): string {
    return this.#of.shards[index]?.hash ?? "";
  }

  #shardsOf(hostnames: readonly string[]): number[] {
    return hostnames.map((hostname) => shardOf(hashHost(hostname), this.#of.shards.length));
  }

  /** What the hosts of shards of another version are in now, those that were used last at the end. */
  #inPlaceOf(before: FetchedShards): number[] {
    const ratio = this.#of.shards.length / before.#of.shards.length;
    return [...before.#kept.keys()].flatMap((index) =>
      Array.from({ length: Math.max(1, ratio) }, (_, child) => Math.floor(index * ratio) + child),
    );
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
    const awaited = loading;
    return within(PATIENCE, awaited.table).catch(() => {
      // It may come all the same: nobody is kept from waiting for it.
      if (this.#loading.get(index) === awaited)
        this.#fail(index, `${this.#told(index)} takes more than ${PATIENCE / 1000} s`, 0);
      throw new NotHad();
    });
  }

  async #loadReported(index: number): Promise<Table> {
    try {
      const table = await this.#load(index);
      this.#failed.delete(index);
      return table;
    } catch (error) {
      this.#fail(index, error instanceof Error ? error.message : String(error), PAUSE);
      throw error;
    } finally {
      this.#loading.delete(index);
    }
  }

  #fail(index: number, problem: string, pause: number): void {
    if (problem !== this.#failed.get(index)?.problem) logTable("table-refused", { problem });
    this.#failed.set(index, { until: Date.now() + pause, problem });
  }

  #told(index: number): string {
    const { publication, shards } = this.#of;
    return `version ${publication.version}: its shard ${index + 1} of ${shards.length}`;
  }

  /** `known`: its bytes, where they are there. */
  async #load(index: number, known?: ArrayBuffer): Promise<Table> {
    const bytes = known ?? (await this.#read(index));
    const opened = openTable(bytes, { common: this.#common });
    if (!opened.ok) throw new Error(`${this.#told(index)} ${refusal(opened.reason)}`);
    this.#keep(index, { table: opened.table, bytes });
    return opened.table;
  }

  async #read(index: number): Promise<ArrayBuffer> {
    const { publication, shards, source } = this.#of;
    const part = shards[index] as Part;
    while (!this.#hasRoomFor(part)) await new Promise<void>((resolve) => this.#waiting.push(resolve));
    this.#underWay.set(index, { since: Date.now(), bytes: part.bytes });
    try {
      return await fetchPart(publication, part, source, this.#told(index));
    } finally {
      this.#underWay.delete(index);
      for (const go of this.#waiting.splice(0)) go();
    }
  }

  #hasRoomFor({ bytes }: Part): boolean {
    let all = 0;
    for (const [index, read] of this.#underWay) {
      // It was lost with the request that began it.
      if (Date.now() - read.since > 3 * PATIENCE) this.#underWay.delete(index);
      else all += read.bytes;
    }
    return all === 0 || all + bytes <= MOST_UNDER_WAY;
  }

  #keep(index: number, kept: Kept): void {
    this.#bytes += kept.bytes.byteLength - (this.#kept.get(index)?.bytes.byteLength ?? 0);
    this.#kept.delete(index);
    this.#kept.set(index, kept);
    for (const [oldest, { bytes }] of this.#kept) {
      if ((this.#bytes <= MOST_KEPT && this.#kept.size <= MOST_SHARDS_KEPT) || oldest === index) break;
      this.#kept.delete(oldest);
      this.#bytes -= bytes.byteLength;
    }
  }
}

/** A shard can't be had now. */
class NotHad extends Error {}
