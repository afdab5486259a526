import { createHash } from "node:crypto";
import type { ClusterBinding, CompileOutput } from "../../compiler/index.ts";
import { isMapping } from "../../compiler/resources/schema.ts";
import { SECRETS_NAMESPACE } from "../../table/policies/secret-ref.ts";
import { TABLE_KEYS, TABLE_NOT_BEFORE, TABLES_NAMESPACE } from "../../table/publication.ts";
import { COMPATIBILITY_DATE, COMPATIBILITY_FLAGS } from "../dev/compatibility.ts";
import { servedBy } from "../dev/served.ts";
import { KEYS_NAMESPACE } from "../keys/namespace.ts";
import { hostsWithoutRoute, routesOf } from "./routes.ts";

/** The Durable Object classes of the edge, each with the migration that made it. A class that comes later is a new line. */
const OBJECTS = [
  { binding: "EDGE_INGRESS_HEALTH", className: "HealthMonitor", tag: "health" },
  { binding: "EDGE_INGRESS_LIMITS", className: "RateLimiter", tag: "limits" },
] as const;

/** The tag of the last migration: a Worker with another one can't take a version beside its own. */
export const LAST_MIGRATION = OBJECTS.at(-1)?.tag ?? "";

/** What a hand-written configuration says, with the values of one environment; of unknown shape. */
export type HandWritten = Readonly<Record<string, unknown>>;

export interface ConfigurationOptions {
  readonly name: string;
  readonly zones: readonly string[];
  readonly customDomains: readonly string[];
  /** Ids of KV namespaces by binding. */
  readonly kv: ReadonlyMap<string, string>;
  readonly bindings: readonly ClusterBinding[];
  readonly written: HandWritten;
  /** The time of the deploy: tables that were published before it are not served by it. */
  readonly now: Date;
}

export interface Configuration {
  /** What `wrangler.json` holds. */
  readonly wrangler: Readonly<Record<string, unknown>>;
  /** What keeps a deploy from being right, as sentences. */
  readonly problems: readonly string[];
  /** What was written by hand and is not taken over, as sentences. */
  readonly notes: readonly string[];
}

/** What the edge is built for, and doors that stay closed: never as written by hand. */
const FIXED = {
  main: "worker.js",
  base_dir: ".",
  compatibility_date: COMPATIBILITY_DATE,
  compatibility_flags: COMPATIBILITY_FLAGS,
  no_bundle: true,
  find_additional_modules: true,
  rules: [{ type: "Data", globs: ["table.bin"], fallthrough: false }],
  workers_dev: false,
  preview_urls: false,
} as const;

/** All lines: the edge writes one only where something failed, and the platform none for each request besides. */
const OBSERVABILITY = {
  enabled: true,
  head_sampling_rate: 1,
  logs: { enabled: true, invocation_logs: false },
} as const;

/** What is built from other files than the edge's own. */
const NOT_TAKEN_OVER = ["build", "env", "site", "assets", "minify", "tsconfig", "$schema"] as const;

/** The wrangler configuration of a compiled edge: the same input, the same configuration. */
export function configurationOf(output: CompileOutput, options: ConfigurationOptions): Configuration {
  const { written, name } = options;
  const hosts = output.report.hosts.map(({ hostname }) => hostname);
  const ways = routing(hosts, options);
  const bound = boundClusters(output, options);
  const ignored = [...NOT_TAKEN_OVER, ...Object.keys(FIXED)].filter((key) => written[key] !== undefined);
  const differing = ignored.filter((key) => {
    return !(key in FIXED) || JSON.stringify(written[key]) !== JSON.stringify(FIXED[key as keyof typeof FIXED]);
  });
  const kept = Object.fromEntries(
    Object.entries(written).filter(([key]) => !ignored.includes(key) && key !== "route" && key !== "routes"),
  );
  return {
    wrangler: {
      observability: OBSERVABILITY,
      ...kept,
      name,
      topLevelName: name,
      ...FIXED,
      vars: { [TABLE_NOT_BEFORE]: options.now.toISOString(), ...asMapping(written.vars) },
      routes: ways.routes,
      durable_objects: {
        bindings: joined(
          listIn(written.durable_objects, "bindings"),
          OBJECTS.map(({ binding, className }) => ({ name: binding, class_name: className })),
          "name",
        ),
      },
      migrations: joined(
        asList(written.migrations),
        OBJECTS.map(({ tag, className }) => ({ tag, new_sqlite_classes: [className] })),
        "tag",
      ),
      ...withList("kv_namespaces", joined(asList(written.kv_namespaces), namespaces(output, options), "binding")),
      ...withList("ratelimits", joined(asList(written.ratelimits), counters(output, name), "name")),
      ...withList("vpc_services", joined(asList(written.vpc_services), bound.services, "binding")),
      ...withList("vpc_networks", joined(asList(written.vpc_networks), bound.networks, "binding")),
    },
    problems: [...ways.problems, ...bound.problems],
    notes: differing.map((key) => `${key} of the hand-written configuration is not taken over`),
  };
}

function routing(hosts: readonly string[], options: ConfigurationOptions) {
  const { routes = [], route } = options.written;
  const own = [...asList(routes), ...(route === undefined ? [] : [route])];
  if (own.length === 0) return routesOf(hosts, options);
  const problems = hostsWithoutRoute(hosts, own).map(
    (host) => `no route of the hand-written configuration leads ${host === "*" ? "every host" : host} to the edge`,
  );
  return { routes: own, problems };
}

/** The private ways to clusters. An endpoint whose binding leads nowhere would answer every request with 502. */
function boundClusters({ router }: CompileOutput, { bindings, written }: ConfigurationOptions) {
  const known = new Map(bindings.map((each) => [each.binding, each]));
  const byHand = new Set(
    ["services", "vpc_services", "vpc_networks"].flatMap((key) =>
      asList(written[key]).map((each) => textIn(each, "binding")),
    ),
  );
  const services = new Map<string, object>();
  const networks = new Map<string, object>();
  const problems: string[] = [];
  for (const { transport, cluster, url } of router.endpoints) {
    if (transport.name !== "service-binding" && transport.name !== "network-binding") continue;
    const { binding } = transport;
    const way = known.get(binding);
    if (way?.kind === "vpcService") services.set(binding, { binding, service_id: way.id });
    else if (way?.kind === "vpcNetwork") networks.set(binding, { binding, ...networkOf(way.id) });
    else if (!byHand.has(binding)) {
      problems.push(
        `${url.scheme}://${url.hostname}:${url.port} of cluster ${cluster} needs the binding ${binding}, and nothing says what it leads to: ` +
          "give the Cluster `via`, or its zone with --zone, or `host: endpoint`",
      );
    }
  }
  for (const { binding, url } of router.services) {
    if (byHand.has(binding)) continue;
    problems.push(
      `${url.scheme}://${url.hostname}:${url.port}, which guards ask, needs the binding ${binding} in a configuration of your own (--config)`,
    );
  }
  return { services: [...services.values()], networks: [...networks.values()], problems };
}

/** A tunnel, or the whole mesh of the account (developers.cloudflare.com/workers-vpc/configuration/vpc-networks). */
function networkOf(id: string): object {
  return id.startsWith("cf1:") ? { network_id: id } : { tunnel_id: id };
}

function namespaces(output: CompileOutput, { kv }: ConfigurationOptions): object[] {
  const { usesKeys } = servedBy(output);
  const withId = (binding: string) => {
    const id = kv.get(binding);
    return id === undefined ? { binding } : { binding, id };
  };
  const wanted = new Set([...(usesKeys ? [KEYS_NAMESPACE] : []), ...kv.keys()]);
  return [...wanted].sort().map(withId);
}

/** The platform's counters, one for each limit and period. Its number is this Worker's: others would count along. */
function counters(output: CompileOutput, name: string): object[] {
  return servedBy(output).counters.map(({ binding, requests, period }) => ({
    name: binding,
    namespace_id: `${createHash("sha256").update(`${name} ${binding}`).digest().readUInt32BE(0) & 0x7fffffff}`,
    simple: { limit: requests, period },
  }));
}

/** Whether the edge may find Secrets in KV. */
export function bindsSecretsInKv({ wrangler }: Configuration): string | null {
  const entry = asList(wrangler.kv_namespaces).find((each) => textIn(each, "binding") === SECRETS_NAMESPACE);
  return entry === undefined ? null : textIn(entry, "id");
}

/** Whether tables that are published may serve in the place of the deployed one: then that one tells little. */
export function followsPublished({ wrangler }: Configuration): boolean {
  const namespaces = asList(wrangler.kv_namespaces).map((each) => textIn(each, "binding"));
  return namespaces.includes(TABLES_NAMESPACE) || TABLE_KEYS in asMapping(wrangler.vars);
}

/** Entries written by hand and generated ones; of one name the hand-written one stays. */
function joined(byHand: readonly unknown[], generated: readonly object[], key: string): unknown[] {
  const names = new Set(byHand.map((each) => textIn(each, key)));
  return [...byHand, ...generated.filter((each) => !names.has(textIn(each, key)))];
}

function withList(key: string, list: readonly unknown[]): Record<string, unknown> {
  return list.length === 0 ? {} : { [key]: list };
}

function listIn(value: unknown, key: string): readonly unknown[] {
  return asList(asMapping(value)[key]);
}

function asMapping(value: unknown): Readonly<Record<string, unknown>> {
  return isMapping(value) ? value : {};
}

function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

function textIn(value: unknown, key: string): string {
  const text = asMapping(value)[key];
  return typeof text === "string" ? text : "";
}
