import { hashHost, widerName } from "./layout.ts";
import type { HostRouter } from "./match.ts";
import type { Table } from "./reader.ts";

/**
 * A large table in parts, each read when it is needed. The **common** part is a table without hosts: settings, clusters,
 * endpoints, and the policies that something is asked of beside requests (limits, bindings). A **shard** is a table of hosts
 * alone, whose endpoints are those of the common part. The **directory** tells of a name in which shard it is, or that it is in
 * none: the hashes of all names (`hashHost`), u32, little-endian, in ascending order. Shard k of 2^b has the names whose
 * hash begins with the bits of k: another host changes one shard alone.
 *
 * So a host is looked up name by name (`widerName`), as in a whole table, and a shard is read for a name that is there: for
 * one shard, unless hashes collide or a wildcard does not reach so deep.
 */

/** The shard of a name with this hash. `shards`: a power of two. */
export function shardOf(hash: number, shards: number): number {
  // A shift by 32 bits would be one by none.
  return shards === 1 ? 0 : hash >>> (Math.clz32(shards) + 1);
}

/** What of a sharded table is needed to look a host up. */
export interface Shards {
  readonly directory: Uint32Array;
  /** A power of two. */
  readonly count: number;
  /** A promise where it is not there yet. */
  shard(index: number): Table | Promise<Table>;
}

/**
 * The rules for a normalised host, the same as `Table.routerFor` finds in the whole table. A promise where a shard has to be
 * awaited, which rejects as that does. `from`: the name to begin with.
 */
export function routerIn(
  shards: Shards,
  host: string,
  from: string | null = host,
): HostRouter | null | Promise<HostRouter | null> {
  for (let name = from; name !== null; name = widerName(name)) {
    const hash = hashHost(name);
    if (!isListed(shards.directory, hash)) continue;
    const shard = shards.shard(shardOf(hash, shards.count));
    if (shard instanceof Promise) {
      const asked = name;
      return shard.then((table) => table.routerOf(asked, host) ?? routerIn(shards, host, widerName(asked)));
    }
    const router = shard.routerOf(name, host);
    if (router !== null) return router;
  }
  return null;
}

/** Whether a directory has this hash. */
export function isListed(directory: Uint32Array, hash: number): boolean {
  let low = 0;
  let high = directory.length;
  while (low < high) {
    const middle = (low + high) >>> 1;
    const found = directory[middle] as number;
    if (found === hash) return true;
    if (found < hash) low = middle + 1;
    else high = middle;
  }
  return false;
}
