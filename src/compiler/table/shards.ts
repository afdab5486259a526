import { hashHost } from "../../table/layout.ts";
import { DEFAULT_RULE_POLICIES, type RulePolicies } from "../../table/policies/rule-policies.ts";
import type { Table } from "../../table/reader.ts";
import { shardOf } from "../../table/sharding.ts";
import { byText } from "../by-text.ts";
import { commonContent } from "./content.ts";
import { encodeContent } from "./encode.ts";
import { words } from "./sections.ts";

type Bytes = Uint8Array<ArrayBuffer>;

/** A table in the parts that `src/table/sharding.ts` describes. */
export interface ShardedTable {
  readonly common: Bytes;
  readonly directory: Bytes;
  readonly shards: readonly Bytes[];
}

/** More would make the list that is signed, and read by each isolate, long. */
export const MOST_SHARDS = 1024;

/** How large shards are, in bytes. */
export interface ShardSizes {
  readonly average: number;
  readonly most: number;
}

/**
 * The parts of a table of so many bytes. Null where one of them would be too large however many there are: then a single
 * host is.
 */
export function splitTable(table: Table, bytes: number, { average, most }: ShardSizes): ShardedTable | null {
  const common = commonContent(table);
  const hosts = Array.from({ length: table.hostCount }, (_, index) => ({
    index,
    hash: hashHost(table.hostname(index)),
  }));
  const directory = [...new Set(hosts.map(({ hash }) => hash))].sort((a, b) => a - b);
  for (let count = countFor(bytes, average); count <= MOST_SHARDS; count *= 2) {
    const members = Array.from({ length: count }, (): number[] => []);
    for (const { index, hash } of hosts) members[shardOf(hash, count)]?.push(index);
    const none = { settings: common.settings, clusters: [], endpoints: [] };
    const shards = members.map((of) => encodeContent({ ...none, hosts: of.map((index) => table.host(index)) }));
    if (shards.every(({ length }) => length <= most)) {
      const policies = askedBesideRequests(table.allPolicies());
      return { common: encodeContent({ ...common, hosts: [], policies }), directory: words(directory), shards };
    }
  }
  return null;
}

function countFor(bytes: number, average: number): number {
  let count = 1;
  while (count < MOST_SHARDS && count * average < bytes) count *= 2;
  return count;
}

/** Of the policies what `neededBindings` and the status of limits read. */
function askedBesideRequests(all: readonly RulePolicies[]): RulePolicies[] {
  return all
    .filter(({ externalAuth, rateLimit, concurrencyLimit }) => (externalAuth ?? rateLimit ?? concurrencyLimit) !== null)
    .map(({ externalAuth, rateLimit, concurrencyLimit }) => ({
      ...DEFAULT_RULE_POLICIES,
      ...{ externalAuth, rateLimit, concurrencyLimit },
    }));
}

/** The whole table of these parts: the same bytes as those that were split. */
export function joinTable(common: Table, shards: readonly Table[]): Bytes {
  const hosts = shards.flatMap((shard) => Array.from({ length: shard.hostCount }, (_, index) => shard.host(index)));
  return encodeContent({ ...commonContent(common), hosts: hosts.sort((a, b) => byText(a.hostname, b.hostname)) });
}
