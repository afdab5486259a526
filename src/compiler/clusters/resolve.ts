import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { type BackendRef, backendName, type ServiceRef } from "../ir/backend.ts";
import type { BoundService, Endpoint, Target } from "../ir/cluster.ts";
import { type MergedHost, type MergedRule, ownerName } from "../ir/merge.ts";
import { effectivePolicies } from "../ir/policy.ts";
import type { Backend, VirtualHost } from "../ir/router.ts";
import type { ResourceSet } from "../resources/resource.ts";
import { AddressBook, type ClusterAddresses } from "./addresses.ts";
import { AskedServices } from "./asked-services.ts";
import { type EndpointDraft, endpointId } from "./endpoint-draft.ts";
import { inZone, type PlatformOptions, settleTransports } from "./transport.ts";

export interface ResolveResult {
  readonly hosts: readonly VirtualHost[];
  /** The endpoints in use, sorted by id. */
  readonly endpoints: readonly Endpoint[];
  /** Services outside of the clusters that policies ask. */
  readonly services: readonly BoundService[];
  readonly diagnostics: readonly Diagnostic[];
}

/** A backend of one rule, with where its Service answers in the clusters of that rule. */
interface LocatedBackend {
  readonly backend: BackendRef;
  readonly clusters: readonly ClusterAddresses[];
}

/** Weights are kept in 1/65536, so that a cluster's share can be split among its addresses. */
const WEIGHT_UNIT = 65_536;

/** Finds the endpoints of every backend, in all clusters where its rule is written. */
export function resolveBackends(
  hosts: readonly MergedHost[],
  resources: ResourceSet,
  options: PlatformOptions,
): ResolveResult {
  const diagnostics: Diagnostic[] = [];
  const addresses = new AddressBook(resources);
  const drafts = new Map<string, EndpointDraft>();
  const asked = new AskedServices(hosts, addresses, options);
  const drafted = new Set<readonly ClusterAddresses[]>();
  const drained = drainedClusters(resources);
  const reported = new Set<string>();
  const locate = (merged: MergedRule, backend: BackendRef): LocatedBackend => {
    if (backend.ref.kind === "Resource") return { backend, clusters: [] };
    const owners = [merged.rule.owner, ...merged.mergedFrom.map(({ owner }) => owner)];
    const clusters = backend.direct
      ? addresses.ofService(backend.ref, merged.scope)
      : addresses.of(backend.ref, owners, merged.scope);
    if (!drafted.has(clusters)) {
      drafted.add(clusters);
      for (const draft of clusters.flatMap(({ endpoints }) => endpoints)) {
        drafts.set(endpointId(draft), draft);
        if (options.platform === "cloudflare") diagnostics.push(...reportBypass(draft, reported));
      }
    }
    if (!backend.direct)
      diagnostics.push(...reportUnreachable(merged, backend, backend.ref, clusters, drained, reported));
    return { backend, clusters };
  };
  const located = hosts.map((host) => ({
    ...host,
    rules: host.rules.map((merged) => {
      for (const draft of asked.locate(host, merged)) drafts.set(endpointId(draft), draft);
      return { merged, backends: merged.rule.backendRefs.map((backend) => locate(merged, backend)) };
    }),
  }));
  // How an endpoint is reached is settled once all are known; the rules are put together with it then.
  const settled = settleTransports(drafts, options);
  const numbers = new Map([...settled.endpoints.values()].map((endpoint, number) => [endpoint, number]));
  const known = new Map<readonly ClusterAddresses[], readonly Target[]>();
  const targets = (clusters: readonly ClusterAddresses[]) => {
    const found = known.get(clusters) ?? targetsOf(clusters, settled.endpoints);
    known.set(clusters, found);
    return found;
  };
  const numbered = (clusters: readonly ClusterAddresses[]) =>
    targets(clusters).map(({ endpoint, weight }) => ({
      endpoint: numbers.get(endpoint) as number,
      weight,
    }));
  const resolved = located.map(({ rules, ...host }) => ({
    ...host,
    rules: rules.map(({ merged, backends }) => ({
      rule: merged.rule,
      mergedFrom: merged.mergedFrom,
      policies: asked.settle(effectivePolicies(merged.rule), merged, numbered),
      backends: backends.map(
        ({ backend: { ref, weight }, clusters }): Backend => ({
          ref,
          weight,
          targets: targets(clusters),
        }),
      ),
    })),
  }));
  diagnostics.push(
    ...asked.diagnostics,
    ...settled.diagnostics,
    ...hostsOutsideZones(resolved, settled.endpoints),
    ...hostsWithoutRule(resolved, settled.endpoints),
  );
  return { hosts: resolved, endpoints: [...settled.endpoints.values()], services: asked.bound, diagnostics };
}

function targetsOf(clusters: readonly ClusterAddresses[], endpoints: ReadonlyMap<string, Endpoint>): Target[] {
  return clusters.flatMap((cluster) => {
    const share = Math.floor((cluster.weight * WEIGHT_UNIT) / cluster.endpoints.length);
    return cluster.endpoints.map((draft) => ({
      endpoint: endpoints.get(endpointId(draft)) as Endpoint,
      weight: share,
    }));
  });
}

function drainedClusters({ clusters }: ResourceSet): ReadonlySet<string> {
  return new Set(clusters.filter(({ body }) => body.upstream.drain).map(({ metadata }) => metadata.name));
}

function reportUnreachable(
  { rule }: MergedRule,
  backend: BackendRef,
  ref: ServiceRef,
  clusters: readonly ClusterAddresses[],
  drained: ReadonlySet<string>,
  reported: Set<string>,
): Diagnostic[] {
  if (clusters.some(({ cluster, endpoints }) => endpoints.length > 0 && !drained.has(cluster))) return [];
  const reachable = clusters.filter(({ endpoints }) => endpoints.length > 0);
  const who = `Service ${backendName(ref)} of ${ownerName(rule.owner)}`;
  if (reachable.length > 0) {
    const names = reachable.map(({ cluster }) => cluster).join(", ");
    return once(reported, diagnose("EI3005", backend.at, `${who} is held by drained clusters only: ${names}`));
  }
  if (clusters.some(({ portUnknown }) => portUnknown)) {
    return once(reported, diagnose("EI3007", backend.at, `the number of port "${ref.port}" of ${who} is not known`));
  }
  return once(reported, diagnose("EI3001", backend.at, `${who} has no address in any cluster`));
}

function reportBypass({ cluster, url, bypasses, at }: EndpointDraft, reported: Set<string>): Diagnostic[] {
  if (bypasses === null) return [];
  const address = `${url.scheme}://${url.hostname}:${url.port}`;
  const message = `${address} of cluster ${cluster} is reached publicly: the VPC service ${bypasses} leads to the endpoint only`;
  return once(reported, diagnose("EI3008", at, message));
}

function once(reported: Set<string>, diagnostic: Diagnostic): Diagnostic[] {
  const { code, message, position } = diagnostic;
  const key = JSON.stringify([code, message, position]);
  if (reported.has(key)) return [];
  reported.add(key);
  return [diagnostic];
}

function hostsOutsideZones(hosts: readonly VirtualHost[], endpoints: ReadonlyMap<string, Endpoint>): Diagnostic[] {
  if ([...endpoints.values()].every(({ transport }) => transport.name !== "zone-name")) return [];
  const reported = new Set<string>();
  return hosts.flatMap(({ hostname, rules }) => {
    // What arrives at the catch-all is known at run time only: the transport checks it there.
    if (hostname === "*") return [];
    const name = hostname.replace(/^\*\./, "");
    return rules.flatMap(({ rule, backends }) =>
      backends
        .flatMap(({ targets }) => targets)
        .flatMap(({ endpoint }) => {
          const { transport, cluster } = endpoint;
          if (transport.name !== "zone-name" || inZone(name, transport.zone)) return [];
          const message = `host ${hostname} is not in the zone ${transport.zone}, by which cluster ${cluster} is reached`;
          return once(reported, diagnose("EI3006", rule.at, message));
        }),
    );
  });
}

/** With `host: endpoint` a cluster's ingress looks for the endpoint's name among its hosts: one alone can be right. */
function hostsWithoutRule(hosts: readonly VirtualHost[], endpoints: ReadonlyMap<string, Endpoint>): Diagnostic[] {
  if (![...endpoints.values()].some(hasOwnHost)) return [];
  const reachedBy = new Map<Endpoint, Set<string>>();
  for (const { hostname, rules } of hosts) {
    for (const { endpoint } of rules.flatMap(({ backends }) => backends.flatMap(({ targets }) => targets))) {
      if (!hasOwnHost(endpoint)) continue;
      reachedBy.set(endpoint, (reachedBy.get(endpoint) ?? new Set()).add(hostname));
    }
  }
  return [...reachedBy].flatMap(([{ cluster, url, at }, hostnames]) => {
    const own = [url.hostname, url.hostname.replace(/^[^.]+/, "*"), "*"].find((name) => hostnames.has(name));
    const [first, ...others] = [...hostnames].filter((name) => name !== own);
    if (first === undefined) return [];
    const more = others.length === 0 ? "" : ` and ${others.length} more ${others.length === 1 ? "host" : "hosts"}`;
    const which = first === "*" ? "requests to any other host" : first;
    const says = `cluster ${cluster} gets the Host ${url.hostname} for ${which}${more}: its controller must route by X-Forwarded-Host`;
    return [diagnose("EI3009", at, says)];
  });
}

/** Whether a cluster's ingress gets the endpoint's own name as Host. */
function hasOwnHost({ mode, host }: Endpoint): boolean {
  return mode === "ingress" && host === "endpoint";
}
