import { createHash } from "node:crypto";
import {
  BackendFlag,
  DIRECTORY_OFFSET,
  EndpointFlag,
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
import { backendName } from "../ir/backend.ts";
import type { Endpoint } from "../ir/cluster.ts";
import type { HttpMatch, ValueMatch } from "../ir/match.ts";
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
  const endpointNumbers = new Map(router.endpoints.map((endpoint, number) => [endpoint.id, number]));
  const rules = new BlockPool();
  const backends = new BlockPool();
  const conditions = new BlockPool();
  const hosts = router.hosts.flatMap((host) => {
    const block = host.rules.flatMap(({ rule, backends: set }) => [
      PATH_TYPES.indexOf(rule.match.path.type),
      text(rule.match.path.value),
      text(ownerName(rule.owner)),
      backends.add(backendSet(set, text, endpointNumbers)),
      rule.timeouts.request,
      rule.timeouts.backendRequest,
      hasConditions(rule.match) ? conditions.add(conditionWords(rule.match, text)) + 1 : 0,
      0,
    ]);
    const flags = host.wildcard === "any-depth" ? HostFlag.anyDepth : 0;
    return [text(host.hostname), flags, rules.add([host.rules.length, ...block])];
  });
  const { offsets, bytes } = strings.bytes();
  const { trustedProxies } = router.settings;
  return assemble({
    stringOffsets: words(offsets),
    stringBytes: bytes,
    settings: words([trustedProxies.length, ...trustedProxies.map(text)]),
    endpoints: words(router.endpoints.flatMap((endpoint) => endpointWords(endpoint, text))),
    hostIndex: words(hostIndex(router.hosts)),
    hosts: words(hosts),
    rules: words(rules.words),
    backends: words(backends.words),
    conditions: words(conditions.words),
    policies: words([]),
  });
}

function collectStrings({ hosts, endpoints, settings }: Router): Iterable<string> {
  const strings = new Set<string>(settings.trustedProxies);
  for (const { cluster, url, transport } of endpoints) {
    strings.add(cluster).add(url.hostname).add(bindingOf(transport)).add(zoneOf(transport));
  }
  for (const { hostname, rules } of hosts) {
    strings.add(hostname);
    for (const { rule, backends } of rules) {
      const { path, method, headers, queryParams } = rule.match;
      strings
        .add(path.value)
        .add(ownerName(rule.owner))
        .add(method ?? "");
      for (const { name, value } of [...headers, ...queryParams]) strings.add(name).add(value);
      for (const { ref } of backends) strings.add(backendName(ref));
    }
  }
  return strings;
}

type Text = (value: string) => number;

function endpointWords({ cluster, url, mode, host, transport }: Endpoint, text: Text): number[] {
  const flags =
    (url.scheme === "https" ? EndpointFlag.https : 0) |
    (mode === "service" ? EndpointFlag.service : 0) |
    (host === "endpoint" ? EndpointFlag.ownHost : 0);
  const way = TRANSPORTS.indexOf(transport.name);
  return [text(cluster), text(url.hostname), url.port, flags, way, text(bindingOf(transport)), text(zoneOf(transport))];
}

function bindingOf(transport: Endpoint["transport"]): string {
  return "binding" in transport ? transport.binding : "";
}

function zoneOf(transport: Endpoint["transport"]): string {
  return "zone" in transport ? transport.zone : "";
}

function backendSet(set: readonly Backend[], text: Text, endpoints: ReadonlyMap<string, number>): number[] {
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

function conditionWords({ method, headers, queryParams }: HttpMatch, text: Text): number[] {
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
