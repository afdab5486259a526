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
  HostFlag,
  hashHost,
  hostIndexSlots,
  MAGIC,
  PATH_TYPES,
  SECTIONS,
  type Section,
  TRANSPORTS,
  VALUE_MATCH_TYPES,
} from "../../table/layout.ts";
import { type ClusterRecord, clusterRecord } from "../../table/policies/cluster-record.ts";
import { DEFAULT_RULE_POLICIES, type RulePolicies, rulePolicies } from "../../table/policies/rule-policies.ts";
import { settings as settingsCodec } from "../../table/settings.ts";
import { backendName } from "../ir/backend.ts";
import type { Endpoint } from "../ir/cluster.ts";
import type { HttpMatch, PathMatch, ValueMatch } from "../ir/match.ts";
import { ownerName } from "../ir/merge.ts";
import type { Backend, ResolvedRule, Router, VirtualHost } from "../ir/router.ts";
import { BlockPool, StringPool } from "./sections.ts";

/**
 * The bytes of a router's table (`src/table/layout.ts`). They depend on nothing but the router: no time, no file
 * name, no order of input.
 */
export function encodeTable(router: Router): Uint8Array<ArrayBuffer> {
  const strings = new StringPool(collectStrings(router));
  const text = (value: string) => strings.numberOf(value);
  const clusterNumbers = new Map(router.clusters.map(({ name }, number) => [name, number]));
  const endpointNumbers = new Map(router.endpoints.map((endpoint, number) => [endpoint.id, number]));
  const rules = new BlockPool();
  const backends = new BlockPool();
  const conditions = new BlockPool();
  const policies = new BlockPool();
  const hosts = router.hosts.flatMap((host) => {
    const block = host.rules.flatMap(({ rule, backends: set, policies: written }) => [
      PATH_TYPES.indexOf(rule.match.path.type),
      text(pathText(rule.match.path)),
      text(ownerName(rule.owner)),
      backends.add(backendSet(set, text, endpointNumbers)),
      rule.timeouts.request,
      rule.timeouts.backendRequest,
      hasConditions(rule.match) ? conditions.add(conditionWords(rule.match, text)) + 1 : 0,
      isDefault(written) ? 0 : policies.add(policyWords(written, text)) + 1,
    ]);
    return [text(host.hostname), hostFlags(host), rules.add([host.rules.length, ...block])];
  });
  const { offsets, bytes } = strings.bytes();
  return assemble({
    stringOffsets: words(offsets),
    stringBytes: bytes,
    settings: words(settingWords(router, text)),
    clusters: words(clusterWords(router.clusters, text)),
    endpoints: words(router.endpoints.flatMap((endpoint) => endpointWords(endpoint, clusterNumbers, text))),
    hostIndex: words(hostIndex(router.hosts)),
    hosts: words(hosts),
    rules: words(rules.words),
    backends: words(backends.words),
    conditions: words(conditions.words),
    policies: words(policies.words),
  });
}

function collectStrings({ hosts, clusters, endpoints, settings }: Router): Iterable<string> {
  const strings = new Set<string>();
  const collect = (value: string) => strings.add(value).size;
  settingWords({ settings }, collect);
  clusterWords(clusters, collect);
  for (const { url, transport } of endpoints) {
    strings.add(url.hostname).add(bindingOf(transport)).add(zoneOf(transport));
  }
  for (const { hostname, rules } of hosts) {
    strings.add(hostname);
    for (const { rule, backends, policies } of rules) {
      if (!isDefault(policies)) policyWords(policies, collect);
      const { path, method, headers, queryParams } = rule.match;
      strings
        .add(pathText(path))
        .add(ownerName(rule.owner))
        .add(method ?? "");
      for (const { name, value } of [...headers, ...queryParams]) strings.add(name).add(value);
      for (const { ref } of backends) strings.add(backendName(ref));
    }
  }
  return strings;
}

function hostFlags({ wildcard, rules }: VirtualHost): number {
  const written = rules.filter(({ rule }) => rule.owner.kind !== "Edge");
  const isNginx = written.length > 0 && written.every(({ rule }) => rule.owner.dialect === "ingress-nginx");
  return (wildcard === "any-depth" ? HostFlag.anyDepth : 0) | (isNginx ? HostFlag.mergesSlashes : 0);
}

function pathText(path: PathMatch): string {
  return path.type === "RegularExpression" ? path.source : path.value;
}

function settingWords({ settings }: Pick<Router, "settings">, text: NumberOf): number[] {
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

function endpointWords(
  { cluster, url, mode, host, transport }: Endpoint,
  clusters: ReadonlyMap<string, number>,
  text: NumberOf,
): number[] {
  const flags =
    (url.scheme === "https" ? EndpointFlag.https : 0) |
    (mode === "service" ? EndpointFlag.service : 0) |
    (host === "endpoint" ? EndpointFlag.ownHost : 0);
  const way = TRANSPORTS.indexOf(transport.name);
  const binding = text(bindingOf(transport));
  return [clusters.get(cluster) as number, text(url.hostname), url.port, flags, way, binding, text(zoneOf(transport))];
}

function bindingOf(transport: Endpoint["transport"]): string {
  return "binding" in transport ? transport.binding : "";
}

function zoneOf(transport: Endpoint["transport"]): string {
  return "zone" in transport ? transport.zone : "";
}

function backendSet(set: readonly Backend[], text: NumberOf, endpoints: ReadonlyMap<string, number>): number[] {
  return [
    set.length,
    ...set.flatMap(({ ref, weight, targets }) => [
      text(backendName(ref)),
      weight,
      ref.kind === "Service" ? 0 : BackendFlag.unserved,
      targets.length,
      ...targets.flatMap((target) => [endpoints.get(target.endpoint.id) as number, target.weight]),
    ]),
  ];
}

function hasConditions({ method, headers, queryParams }: HttpMatch): boolean {
  return method !== null || headers.length > 0 || queryParams.length > 0;
}

function conditionWords({ method, headers, queryParams }: HttpMatch, text: NumberOf): number[] {
  const values = (matches: readonly ValueMatch[]) => [
    matches.length,
    ...matches.flatMap(({ type, name, value }) => [VALUE_MATCH_TYPES.indexOf(type), text(name), text(value)]),
  ];
  return [text(method ?? ""), ...values(headers), ...values(queryParams)];
}

function hostIndex(hosts: readonly VirtualHost[]): number[] {
  const slots = new Array<number>(hostIndexSlots(hosts.length)).fill(0);
  for (const [number, { hostname }] of hosts.entries()) {
    let slot = hashHost(hostname) & (slots.length - 1);
    while (slots[slot] !== 0) slot = (slot + 1) & (slots.length - 1);
    slots[slot] = number + 1;
  }
  return slots;
}

function words(values: readonly number[]): Uint8Array {
  const bytes = new Uint8Array(values.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, value] of values.entries()) view.setUint32(index * 4, value, true);
  return bytes;
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
