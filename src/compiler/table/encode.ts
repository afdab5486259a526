import { createHash } from "node:crypto";
import type { NumberOf } from "../../table/codec.ts";
import { FINGERPRINT } from "../../table/fingerprint.ts";
import {
  BackendFlag,
  DIRECTORY_OFFSET,
  EndpointFlag,
  FINGERPRINT_OFFSET,
  FORMAT_VERSION,
  HASH_OFFSET,
  hashHost,
  hostIndexSlots,
  MAGIC,
  PATH_TYPES,
  SECTIONS,
  type Section,
  TRANSPORTS,
  VALUE_MATCH_TYPES,
} from "../../table/layout.ts";
import type { Conditions, ValueCondition } from "../../table/model.ts";
import { type ClusterRecord, clusterRecord } from "../../table/policies/cluster-record.ts";
import { DEFAULT_RULE_POLICIES, type RulePolicies, rulePolicies } from "../../table/policies/rule-policies.ts";
import { type Settings, settings as settingsCodec } from "../../table/settings.ts";
import type { ResolvedRule, Router, VirtualHost } from "../ir/router.ts";
import {
  type BackendContent,
  contentOfRouter,
  type EndpointContent,
  type HostContent,
  type TableContent,
} from "./content.ts";
import { BlockPool, StringPool, words } from "./sections.ts";

/**
 * The bytes of a router's table (`src/table/layout.ts`). They depend on nothing but the router: no time, no file
 * name, no order of input.
 */
export function encodeTable(router: Router): Uint8Array<ArrayBuffer> {
  return encodeContent(contentOfRouter(router));
}

/** The bytes of a table with this content. What a table's reader gives of it gives the same bytes again. */
export function encodeContent(content: TableContent): Uint8Array<ArrayBuffer> {
  const strings = new StringPool(collectStrings(content));
  const text = (value: string) => strings.numberOf(value);
  const rules = new BlockPool();
  const backends = new BlockPool();
  const conditions = new BlockPool();
  const policies = new BlockPool();
  const policyBlocks = new Map<RulePolicies, number>();
  const policyBlock = (written: RulePolicies) => {
    const known = policyBlocks.get(written);
    if (known !== undefined) return known;
    const block = isDefault(written) ? 0 : policies.add(policyWords(written, text)) + 1;
    policyBlocks.set(written, block);
    return block;
  };
  const hosts = content.hosts.flatMap((host) => {
    const block = host.rules.flatMap((rule) => [
      PATH_TYPES.indexOf(rule.pathType),
      text(rule.path),
      text(rule.name),
      backends.add(backendSet(rule.backends, text)),
      rule.requestTimeout,
      rule.backendRequestTimeout,
      rule.conditions === null ? 0 : conditions.add(conditionWords(rule.conditions, text)) + 1,
      policyBlock(rule.policies),
    ]);
    return [text(host.hostname), host.flags, rules.add([host.rules.length, ...block])];
  });
  for (const written of content.policies ?? []) policies.add(policyWords(written, text));
  const { offsets, bytes } = strings.bytes();
  return assemble({
    stringOffsets: words(offsets),
    stringBytes: bytes,
    settings: words(settingWords(content.settings, text)),
    clusters: words(clusterWords(content.clusters, text)),
    endpoints: words(content.endpoints.flatMap((endpoint) => endpointWords(endpoint, text))),
    hostIndex: words(hostIndex(content.hosts)),
    hosts: words(hosts),
    rules: words(rules.words),
    backends: words(backends.words),
    conditions: words(conditions.words),
    policies: words(policies.words),
  });
}

function collectStrings({ hosts, clusters, endpoints, settings, policies: written = [] }: TableContent): Set<string> {
  const strings = new Set<string>();
  const collect = (value: string) => strings.add(value).size;
  settingWords(settings, collect);
  clusterWords(clusters, collect);
  for (const policies of written) policyWords(policies, collect);
  for (const { hostname, binding, zone } of endpoints) strings.add(hostname).add(binding).add(zone);
  const seen = new Set<RulePolicies>();
  for (const { hostname, rules } of hosts) {
    strings.add(hostname);
    for (const { path, name, conditions, backends, policies } of rules) {
      if (!seen.has(policies) && !isDefault(policies)) policyWords(policies, collect);
      seen.add(policies);
      strings.add(path).add(name);
      if (conditions !== null) conditionWords(conditions, collect);
      for (const backend of backends) strings.add(backend.name);
    }
  }
  return strings;
}

function settingWords(settings: Settings, text: NumberOf): number[] {
  const words: number[] = [];
  settingsCodec.write(settings, words, text);
  return words;
}

function clusterWords(clusters: readonly ClusterRecord[], text: NumberOf): number[] {
  const words: number[] = [];
  for (const cluster of clusters) clusterRecord.write(cluster, words, text);
  return words;
}

function policyWords(policies: RulePolicies, text: NumberOf): number[] {
  const words: number[] = [];
  rulePolicies.write(policies, words, text);
  return words;
}

const DEFAULTS = (Object.keys(DEFAULT_RULE_POLICIES) as (keyof RulePolicies)[]).map(
  (field) => [field, JSON.stringify(DEFAULT_RULE_POLICIES[field])] as const,
);

/** Field by field, as most rules that are not differ in the first ones: the whole as text is a tenth of a compile. */
function isDefault(policies: RulePolicies): boolean {
  return DEFAULTS.every(
    ([field, text]) => policies[field] === DEFAULT_RULE_POLICIES[field] || JSON.stringify(policies[field]) === text,
  );
}

function endpointWords(endpoint: EndpointContent, text: NumberOf): number[] {
  const { cluster, hostname, port, scheme, mode, host, transport, binding, zone } = endpoint;
  const flags =
    (scheme === "https" ? EndpointFlag.https : 0) |
    (mode === "service" ? EndpointFlag.service : 0) |
    (host === "endpoint" ? EndpointFlag.ownHost : 0);
  return [cluster.index, text(hostname), port, flags, TRANSPORTS.indexOf(transport), text(binding), text(zone)];
}

function backendSet(set: readonly BackendContent[], text: NumberOf): number[] {
  return [
    set.length,
    ...set.flatMap(({ name, weight, served, targets }) => [
      text(name),
      weight,
      served ? 0 : BackendFlag.unserved,
      targets.length,
      ...targets.flatMap((target) => [target.endpoint.index, target.weight]),
    ]),
  ];
}

function conditionWords({ method, headers, queryParams }: Conditions, text: NumberOf): number[] {
  const values = (matches: readonly ValueCondition[]) => [
    matches.length,
    ...matches.flatMap(({ type, name, value }) => [VALUE_MATCH_TYPES.indexOf(type), text(name), text(value)]),
  ];
  return [text(method ?? ""), ...values(headers), ...values(queryParams)];
}

function hostIndex(hosts: readonly HostContent[]): number[] {
  const slots = new Array<number>(hostIndexSlots(hosts.length)).fill(0);
  for (const [number, { hostname }] of hosts.entries()) {
    let slot = hashHost(hostname) & (slots.length - 1);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = number + 1;
  }
  return slots;
}

function assemble(sections: Record<Section, Uint8Array>): Uint8Array<ArrayBuffer> {
  const aligned = (length: number) => (length + 3) & ~3;
  const start = DIRECTORY_OFFSET + SECTIONS.length * 8;
  const total = SECTIONS.reduce((sum, section) => sum + aligned(sections[section].length), start);
  const table = new Uint8Array(total);
  const header = new DataView(table.buffer);
  header.setUint32(0, MAGIC, true);
  header.setUint16(4, FORMAT_VERSION, true);
  header.setUint16(6, SECTIONS.length, true);
  header.setUint32(8, total, true);
  header.setUint32(FINGERPRINT_OFFSET, FINGERPRINT, true);
  let offset = start;
  for (const [index, section] of SECTIONS.entries()) {
    header.setUint32(DIRECTORY_OFFSET + index * 8, offset, true);
    header.setUint32(DIRECTORY_OFFSET + index * 8 + 4, sections[section].length, true);
    table.set(sections[section], offset);
    offset += aligned(sections[section].length);
  }
  table.set(createHash("sha256").update(table.subarray(DIRECTORY_OFFSET)).digest(), HASH_OFFSET);
  return table;
}

/** The rules of a table, counted as the report does. */
export function countRules(hosts: readonly VirtualHost[]): number {
  return hosts.reduce((sum, { rules }: { rules: readonly ResolvedRule[] }) => sum + rules.length, 0);
}
