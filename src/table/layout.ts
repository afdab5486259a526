/**
 * The binary routing table, format version 1. All numbers are little-endian u32 unless said otherwise; every section
 * starts at a multiple of 4, so that it can be read through a `Uint32Array` without copying.
 *
 * ```text
 * byte  size  content
 *    0     4  magic "EIRT"
 *    4     2  u16 format version (1)
 *    6     2  u16 number of sections (11)
 *    8     4  length of the whole table in bytes
 *   12     4  fingerprint of what the words mean (`fingerprint.ts`): another one is another format, whatever the version
 *   16    32  SHA-256 of the bytes from 48 to the end: the table's identity ("content hash")
 *   48   8×n  section directory: per section { offset, length in bytes }, in the order of `Section`
 *    …     …  the sections
 * ```
 *
 * | section | records |
 * | --- | --- |
 * | `stringOffsets` | n+1 offsets into `stringBytes`; string k is the bytes [offset k, offset k+1). String 0 is empty |
 * | `stringBytes` | UTF-8, each string once, sorted by code unit |
 * | `settings` | `settings` (`settings.ts`) |
 * | `clusters` | `clusterRecord` (`policies/cluster-record.ts`), one after the other, sorted by name |
 * | `endpoints` | 7 each: { cluster number, hostname string, port, flags (`EndpointFlag`), transport (`TRANSPORTS` index), binding string, zone string } |
 * | `hostIndex` | open-addressed, linear probing, a power of two of slots: { host number + 1, or 0 }; hash: `hashHost` |
 * | `hosts` | 3 each: { hostname string, flags (`HostFlag`), offset of its block in `rules` } sorted by hostname |
 * | `rules` | blocks { number of rules, rule… } of 8 words a rule: { path type (`PATH_TYPES` index), path string, name string, backend set offset, request timeout ms, backend request timeout ms, conditions offset + 1 or 0, policies offset + 1, or 0 for the defaults }; in order of precedence |
 * | `backends` | sets { number of backends, backend… }, backend: { name string, weight, flags (`BackendFlag`), number of targets, { endpoint number, weight }… } |
 * | `conditions` | { method string, number of header matches, { type (`VALUE_MATCH_TYPES` index), name string, value string }…, number of query matches, { same }… } |
 * | `policies` | `rulePolicies` (`policies/rule-policies.ts`), each once |
 *
 * Offsets inside a section count u32 words from the section's start. Equal blocks, backend sets, conditions and
 * policies are stored once. A reader refuses any other format version: there is no partial reading of a newer table.
 * The path of a rule of the type RegularExpression is an expression of ECMAScript under the flag `i` (`patternOfRule`).
 */

export const MAGIC = 0x54524945;
export const FORMAT_VERSION = 1;
export const FINGERPRINT_OFFSET = 12;
export const HASH_OFFSET = 16;
export const HASH_BYTES = 32;
export const DIRECTORY_OFFSET = 48;

/** The sections in the order of the directory. */
export const SECTIONS = [
  "stringOffsets",
  "stringBytes",
  "settings",
  "clusters",
  "endpoints",
  "hostIndex",
  "hosts",
  "rules",
  "backends",
  "conditions",
  "policies",
] as const;
export type Section = (typeof SECTIONS)[number];

export const ENDPOINT_WORDS = 7;
export const HOST_WORDS = 3;
export const RULE_WORDS = 8;

/** Bits of an endpoint's flags. */
export const EndpointFlag = {
  /** `https`; unset: `http`. */
  https: 1,
  /** The load balancer of one Service; unset: the cluster's own ingress. */
  service: 2,
  /** The endpoint sees its own name as Host; unset: the client's. */
  ownHost: 4,
} as const;

/** Bits of a host's flags. */
export const HostFlag = {
  /** The `*` of a wildcard host stands for any number of labels; unset: for one. */
  anyDepth: 1,
  /** Its rules are of the dialect of ingress-nginx, which merges slashes before it matches. */
  mergesSlashes: 2,
} as const;

/** Bits of a backend's flags. */
export const BackendFlag = {
  /** Not a Service (Ingress `resource`): requests are answered 503. */
  unserved: 1,
} as const;

/** How the edge reaches an endpoint (docs/architecture.md, "How the edge reaches a cluster"). */
export const TRANSPORTS = ["service-binding", "network-binding", "zone-name", "public-name"] as const;
export type TransportName = (typeof TRANSPORTS)[number];

export const PATH_TYPES = ["Exact", "PathPrefix", "RegularExpression"] as const;
export type PathType = (typeof PATH_TYPES)[number];

export const VALUE_MATCH_TYPES = ["Exact", "RegularExpression"] as const;

/** The hostname of the rules for hosts that have none of their own. */
export const CATCH_ALL = "*";

/**
 * Whose rules are asked where those of a name don't take a host: of `a.b.test` those of `*.b.test`, of `*.test`, and of the
 * catch-all, in this order. Null: nobody's any more.
 */
export function widerName(name: string): string | null {
  if (name === CATCH_ALL) return null;
  const dot = name.indexOf(".", name.startsWith("*") ? 2 : 0);
  return dot > 0 ? `*${name.slice(dot)}` : CATCH_ALL;
}

/** FNV-1a over the low bytes of the characters: hostnames are ASCII after normalisation. */
export function hashHost(host: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < host.length; index++) {
    hash = Math.imul(hash ^ (host.charCodeAt(index) & 0xff), 0x01000193);
  }
  return hash >>> 0;
}

/** Slots of the host index for so many hosts: at most half full, so that probing stays short. */
export function hostIndexSlots(hosts: number): number {
  let slots = 4;
  while (slots < hosts * 2) slots *= 2;
  return slots;
}
