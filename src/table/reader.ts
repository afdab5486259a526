import type { Cursor } from "./codec.ts";
import { endpointId } from "./endpoint-id.ts";
import { FINGERPRINT } from "./fingerprint.ts";
import {
  BackendFlag,
  CATCH_ALL,
  DIRECTORY_OFFSET,
  ENDPOINT_WORDS,
  EndpointFlag,
  FINGERPRINT_OFFSET,
  FORMAT_VERSION,
  HASH_BYTES,
  HASH_OFFSET,
  HOST_WORDS,
  HostFlag,
  hashHost,
  MAGIC,
  PATH_TYPES,
  RULE_WORDS,
  SECTIONS,
  type Section,
  TRANSPORTS,
  VALUE_MATCH_TYPES,
  widerName,
} from "./layout.ts";
import { buildHostRouter, type HostRouter } from "./match.ts";
import type { Backend, Cluster, Conditions, Endpoint, Rule, ValueCondition } from "./model.ts";
import { clusterRecord } from "./policies/cluster-record.ts";
import { DEFAULT_RULE_POLICIES, type RulePolicies, rulePolicies } from "./policies/rule-policies.ts";
import { type Settings, settings } from "./settings.ts";

/** Why bytes are no table that this reader can serve. */
export type TableRefusal = "too short" | "not a routing table" | "another format version" | "truncated" | "damaged";

/** Hosts whose decoded rules are kept, of a table and of a shard; the oldest goes first. Bounds the memory of an isolate. */
const DECODED_HOSTS = 4096;
const DECODED_HOSTS_OF_SHARD = 512;

type Sections = Record<Section, Uint32Array>;

/**
 * Checks the header and makes views of the sections: no copy, and of the content only settings and clusters are read.
 * The bytes are not hashed (`verifyContentHash` does): an index that points outside its section throws a RangeError
 * when it is first used, but damage that stays inside is not seen. Of a table in parts (`sharding.ts`), `common`: whose
 * endpoints the numbers of a shard mean; `contentHash`: that of the whole table, for the common part.
 */
export function openTable(
  bytes: ArrayBuffer,
  { common = null, contentHash }: { readonly common?: Table | null; readonly contentHash?: string } = {},
): { ok: true; table: Table } | { ok: false; reason: TableRefusal } {
  if (bytes.byteLength < DIRECTORY_OFFSET) return { ok: false, reason: "too short" };
  const header = new DataView(bytes);
  if (header.getUint32(0, true) !== MAGIC) return { ok: false, reason: "not a routing table" };
  const isOurs =
    header.getUint16(4, true) === FORMAT_VERSION && header.getUint32(FINGERPRINT_OFFSET, true) === FINGERPRINT;
  if (!isOurs) return { ok: false, reason: "another format version" };
  if (header.getUint32(8, true) !== bytes.byteLength) return { ok: false, reason: "truncated" };
  if (header.getUint16(6, true) !== SECTIONS.length) return { ok: false, reason: "damaged" };
  if (bytes.byteLength < DIRECTORY_OFFSET + SECTIONS.length * 8) return { ok: false, reason: "truncated" };
  const sections: Partial<Sections> = {};
  let stringBytes = new Uint8Array();
  for (const [index, section] of SECTIONS.entries()) {
    const offset = header.getUint32(DIRECTORY_OFFSET + index * 8, true);
    const length = header.getUint32(DIRECTORY_OFFSET + index * 8 + 4, true);
    if (offset % 4 !== 0 || offset + length > bytes.byteLength) return { ok: false, reason: "damaged" };
    if (section === "stringBytes") stringBytes = new Uint8Array(bytes, offset, length);
    else if (length % 4 !== 0) return { ok: false, reason: "damaged" };
    else sections[section] = new Uint32Array(bytes, offset, length / 4);
  }
  const slots = (sections.hostIndex as Uint32Array).length;
  if (slots === 0 || (slots & (slots - 1)) !== 0) return { ok: false, reason: "damaged" };
  const hash = contentHash ?? hex(new Uint8Array(bytes, HASH_OFFSET, HASH_BYTES));
  return { ok: true, table: new Table(sections as Sections, stringBytes, hash, common) };
}

/** True when the bytes are those that were compiled. For whoever stores or publishes a table; costs a SHA-256 over it. */
export async function verifyContentHash(bytes: ArrayBuffer): Promise<boolean> {
  if (bytes.byteLength < DIRECTORY_OFFSET) return false;
  const digest = await crypto.subtle.digest("SHA-256", new Uint8Array(bytes, DIRECTORY_OFFSET));
  return hex(new Uint8Array(digest)) === hex(new Uint8Array(bytes, HASH_OFFSET, HASH_BYTES));
}

/** In lower case. */
export function hex(bytes: Uint8Array): string {
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** A routing table over its bytes; hosts are decoded when they are first asked for. */
export class Table {
  /** SHA-256 of the content, 64 hex digits. */
  readonly contentHash: string;
  readonly settings: Settings;
  /** In the order of their names. */
  readonly clusters: readonly Cluster[];
  readonly #sections: Sections;
  readonly #stringBytes: Uint8Array;
  readonly #common: Table | null;
  readonly #decoder = new TextDecoder();
  readonly #routers = new Map<number, HostRouter>();
  readonly #endpoints: (Endpoint | undefined)[] = [];
  readonly #policies = new Map<number, RulePolicies>();
  readonly #backendSets = new Map<number, readonly Backend[]>();

  constructor(sections: Sections, stringBytes: Uint8Array, contentHash: string, common: Table | null) {
    this.#sections = sections;
    this.#common = common;
    this.#stringBytes = stringBytes;
    this.contentHash = contentHash;
    this.settings = settings.read(this.#cursor("settings", 0));
    this.clusters = this.#readClusters();
  }

  get hostCount(): number {
    return this.#sections.hosts.length / HOST_WORDS;
  }

  /** The hostname of host `index`, in the table's order (by code unit). */
  hostname(index: number): string {
    return this.#string(word(this.#sections.hosts, index * HOST_WORDS));
  }

  /**
   * The rules for a normalised host: its own, else those of the nearest wildcard (one label, or any depth where the
   * wildcard says so), else the catch-all's. No host falls through to another one's rules.
   */
  routerFor(host: string): HostRouter | null {
    for (let name: string | null = host; name !== null; name = widerName(name)) {
      const router = this.routerOf(name, host);
      if (router !== null) return router;
    }
    return null;
  }

  /** The rules of a name that `widerName` leads to from a host, where they take requests for that host. */
  routerOf(name: string, host: string): HostRouter | null {
    const index = this.#find(name);
    if (index < 0) return null;
    const isNear = name === host || name === CATCH_ALL || host.indexOf(".") === host.length - name.length + 1;
    return isNear || this.#hasFlag(index, HostFlag.anyDepth) ? this.router(index) : null;
  }

  /** Host `index` as it stands in the table. */
  host(index: number): { readonly hostname: string; readonly flags: number; readonly rules: readonly Rule[] } {
    const { hosts } = this.#sections;
    const at = index * HOST_WORDS;
    return { hostname: this.hostname(index), flags: word(hosts, at + 1), rules: this.#rules(word(hosts, at + 2)) };
  }

  /** The decoded rules of host `index`; the same object at every call while it is kept. */
  router(index: number): HostRouter {
    const known = this.#routers.get(index);
    if (known !== undefined) return known;
    const { hostname, flags, rules } = this.host(index);
    const router = buildHostRouter(hostname, rules, (flags & HostFlag.mergesSlashes) !== 0);
    if (this.#routers.size >= (this.#common === null ? DECODED_HOSTS : DECODED_HOSTS_OF_SHARD)) {
      const oldest = this.#routers.keys().next();
      if (!oldest.done) this.#routers.delete(oldest.value);
    }
    this.#routers.set(index, router);
    return router;
  }

  /** Names of hosts that were asked for, those that are decoded longest first. */
  decodedHosts(): string[] {
    return [...this.#routers.values()].map(({ hostname }) => hostname);
  }

  get endpointCount(): number {
    return this.#sections.endpoints.length / ENDPOINT_WORDS;
  }

  /** The endpoint of that number; one object for the table's lifetime. */
  endpoint(index: number): Endpoint {
    if (this.#common !== null) return this.#common.endpoint(index);
    const known = this.#endpoints[index];
    if (known !== undefined) return known;
    const at = index * ENDPOINT_WORDS;
    const { endpoints } = this.#sections;
    const flags = word(endpoints, at + 3);
    const cluster = this.clusters[word(endpoints, at)];
    if (cluster === undefined) throw new RangeError("routing table is damaged: unknown cluster");
    const hostname = this.#string(word(endpoints, at + 1));
    const port = word(endpoints, at + 2);
    const scheme = flags & EndpointFlag.https ? "https" : "http";
    const mode = flags & EndpointFlag.service ? "service" : "ingress";
    const id = endpointId({ cluster: cluster.name, mode, url: { scheme, hostname, port } });
    const ofService = cluster.serviceChecks.find((one) => one.endpoint === id)?.healthCheck ?? null;
    const endpoint: Endpoint = {
      index,
      id,
      cluster,
      healthCheck: mode === "ingress" ? cluster.healthCheck : ofService,
      hostname,
      port,
      scheme,
      mode,
      host: flags & EndpointFlag.ownHost ? "endpoint" : "client",
      transport: named(TRANSPORTS, word(endpoints, at + 4)),
      binding: this.#string(word(endpoints, at + 5)),
      zone: this.#string(word(endpoints, at + 6)),
    };
    this.#endpoints[index] = endpoint;
    return endpoint;
  }

  #readClusters(): Cluster[] {
    const cursor = this.#cursor("clusters", 0);
    const clusters: Cluster[] = [];
    while (cursor.at < cursor.words.length) {
      clusters.push({ ...clusterRecord.read(cursor), index: clusters.length });
    }
    return clusters;
  }

  /** The policies of all rules, each once: all of them are read, so for what concerns no request. */
  allPolicies(): RulePolicies[] {
    const all: RulePolicies[] = [];
    const cursor = this.#cursor("policies", 0);
    while (cursor.at < cursor.words.length) all.push(rulePolicies.read(cursor));
    return all;
  }

  #policiesAt(offset: number): RulePolicies {
    const known = this.#policies.get(offset);
    if (known !== undefined) return known;
    const policies = rulePolicies.read(this.#cursor("policies", offset));
    this.#policies.set(offset, policies);
    return policies;
  }

  #cursor(section: Section, at: number): Cursor {
    return { words: this.#sections[section], at, textOf: (number) => this.#string(number) };
  }

  #find(host: string): number {
    const { hostIndex, hosts } = this.#sections;
    const mask = hostIndex.length - 1;
    for (let slot = hashHost(host) & mask, probes = 0; probes <= mask; slot = (slot + 1) & mask, probes++) {
      const entry = word(hostIndex, slot);
      if (entry === 0) return -1;
      if (this.#equals(word(hosts, (entry - 1) * HOST_WORDS), host)) return entry - 1;
    }
    return -1;
  }

  #hasFlag(index: number, flag: number): boolean {
    return (word(this.#sections.hosts, index * HOST_WORDS + 1) & flag) !== 0;
  }

  #rules(block: number): readonly Rule[] {
    const { rules } = this.#sections;
    return Array.from({ length: word(rules, block) }, (_, index) => this.#rule(block + 1 + index * RULE_WORDS));
  }

  #rule(at: number): Rule {
    const { rules } = this.#sections;
    const conditions = word(rules, at + 6);
    const policies = word(rules, at + 7);
    return {
      pathType: named(PATH_TYPES, word(rules, at)),
      path: this.#string(word(rules, at + 1)),
      name: this.#string(word(rules, at + 2)),
      backends: this.#backendSet(word(rules, at + 3)),
      requestTimeout: word(rules, at + 4),
      backendRequestTimeout: word(rules, at + 5),
      conditions: conditions === 0 ? null : this.#conditions(conditions - 1),
      policies: policies === 0 ? DEFAULT_RULE_POLICIES : this.#policiesAt(policies - 1),
    };
  }

  #backendSet(offset: number): readonly Backend[] {
    const known = this.#backendSets.get(offset);
    if (known !== undefined) return known;
    const { backends } = this.#sections;
    let at = offset + 1;
    const set = Array.from({ length: word(backends, offset) }, () => {
      const count = word(backends, at + 3);
      const targets = Array.from({ length: count }, (_, index) => ({
        endpoint: this.endpoint(word(backends, at + 4 + index * 2)),
        weight: word(backends, at + 5 + index * 2),
      }));
      const backend: Backend = {
        name: this.#string(word(backends, at)),
        weight: word(backends, at + 1),
        served: (word(backends, at + 2) & BackendFlag.unserved) === 0,
        targets,
      };
      at += 4 + count * 2;
      return backend;
    });
    this.#backendSets.set(offset, set);
    return set;
  }

  #conditions(offset: number): Conditions {
    const { conditions } = this.#sections;
    let at = offset + 1;
    const values = (): ValueCondition[] => {
      const count = word(conditions, at++);
      return Array.from({ length: count }, () => {
        const type = named(VALUE_MATCH_TYPES, word(conditions, at));
        const name = this.#string(word(conditions, at + 1));
        const value = this.#string(word(conditions, at + 2));
        at += 3;
        return { type, name, value };
      });
    };
    return { method: this.#string(word(conditions, offset)) || null, headers: values(), queryParams: values() };
  }

  #string(index: number): string {
    const start = word(this.#sections.stringOffsets, index);
    const end = word(this.#sections.stringOffsets, index + 1);
    return this.#decoder.decode(this.#stringBytes.subarray(start, end));
  }

  #equals(index: number, text: string): boolean {
    const start = word(this.#sections.stringOffsets, index);
    if (word(this.#sections.stringOffsets, index + 1) - start !== text.length) return false;
    for (let at = 0; at < text.length; at++) {
      if (this.#stringBytes[start + at] !== text.charCodeAt(at)) return false;
    }
    return true;
  }
}

function word(section: Uint32Array, index: number): number {
  const value = section[index];
  if (value === undefined) throw new RangeError("routing table is damaged: index outside its section");
  return value;
}

function named<Name extends string>(names: readonly Name[], index: number): Name {
  const name = names[index];
  if (name === undefined) throw new RangeError("routing table is damaged: unknown kind");
  return name;
}
