import { Annotations, canaryOf } from "./annotations.ts";
import type { Ingress, Path, ServiceBackend, Watched } from "./manifests.ts";

/** A `location` of a server, as the controller has it before it writes it. */
export interface Location {
  readonly path: string;
  readonly type: "Exact" | "Prefix";
  readonly backend: string;
  /** Whose annotations it has; null for the default server. */
  readonly ingress: Ingress | null;
  /** The rule's Service and port, as the default backend is told. */
  readonly service: ServiceBackend["service"] | null;
  /** The implicit `/`, until a rule takes it. */
  readonly isDefault: boolean;
}

export interface Server {
  readonly hostname: string;
  readonly aliases: readonly string[];
  readonly locations: readonly Location[];
  readonly isCertified: boolean;
}

/** The name that leads to it, or null: not to be redirected. */
export interface WwwRedirect {
  readonly from: string;
  readonly to: string;
}

/** A canary's Service stands in for the primary one, wherever that is asked. */
export type Alternatives = ReadonlyMap<string, { readonly upstream: string; readonly ingress: Ingress }>;

export interface Servers {
  readonly servers: readonly Server[];
  readonly redirects: readonly WwwRedirect[];
  readonly alternatives: Alternatives;
}

export const DEFAULT_SERVER = "_";
export const DEFAULT_UPSTREAM = "upstream-default-backend";

interface Building {
  readonly locations: Location[];
  aliases: readonly string[];
  isCertified: boolean;
  isWww: boolean;
}

/** internal/ingress/controller/controller.go: createServers, getBackendServers, getConfiguration. */
export function serversOf({ ingresses }: Watched): Servers {
  const primaries = ingresses.filter((ingress) => canaryOf(new Annotations(ingress)) === null);
  const canaries = ingresses.filter((ingress) => !primaries.includes(ingress));
  const building = created(primaries);
  for (const ingress of primaries) addPaths(ingress, building);
  const servers = [...building].map(
    ([hostname, { locations, aliases, isCertified }]): Server => ({
      hostname,
      aliases: [...new Set(aliases)].filter((alias) => !building.has(alias)).sort(),
      isCertified,
      locations: expanded(locations.toSorted(byPath)),
    }),
  );
  return {
    servers,
    redirects: [...building].flatMap(([hostname, { isWww }]) => (isWww ? redirectTo(hostname, building) : [])),
    alternatives: alternativesOf(canaries, building),
  };
}

function created(ingresses: readonly Ingress[]): Map<string, Building> {
  const usual = { path: "/", type: "Prefix", isDefault: true, service: null } as const;
  const none = { ...usual, backend: DEFAULT_UPSTREAM, ingress: null };
  const building = new Map([
    [
      DEFAULT_SERVER,
      { locations: [none] as Location[], aliases: [] as readonly string[], isCertified: false, isWww: false },
    ],
  ]);
  for (const ingress of ingresses) {
    const { defaultBackend, rules = [], tls = [] } = ingress.spec;
    const backend = defaultBackend === undefined ? DEFAULT_UPSTREAM : upstreamName(ingress, defaultBackend);
    const catchAll = building.get(DEFAULT_SERVER)?.locations ?? [];
    if (defaultBackend !== undefined && rules.length === 0 && catchAll[0]?.isDefault === true) {
      catchAll[0] = { ...none, backend, ingress, isDefault: false };
    }
    for (const { host = DEFAULT_SERVER } of rules) {
      if (!building.has(host)) {
        const locations = [{ ...usual, backend, ingress }];
        building.set(host, { locations, aliases: [], isCertified: false, isWww: false });
      }
      const server = building.get(host) as Building;
      if (server.aliases.length === 0) server.aliases = new Annotations(ingress).list("server-alias");
      if (host !== DEFAULT_SERVER && tls.length > 0) server.isCertified = true;
    }
  }
  return building;
}

function addPaths(ingress: Ingress, building: ReadonlyMap<string, Building>): void {
  for (const { host = DEFAULT_SERVER, http } of ingress.spec.rules ?? []) {
    const server = building.get(host) as Building;
    for (const path of http?.paths ?? []) {
      const location = locationOf(path, ingress);
      const same = server.locations.findIndex((each) => each.path === location.path);
      const known = server.locations[same];
      if (known === undefined || known.type !== location.type) server.locations.push(location);
      else if (known.isDefault) server.locations[same] = location;
      else continue;
      if (new Annotations(ingress).boolean("from-to-www-redirect")) server.isWww = true;
    }
  }
}

function locationOf({ path = "", pathType, backend }: Path, ingress: Ingress): Location {
  const type = pathType === "Exact" ? "Exact" : "Prefix";
  const upstream = upstreamName(ingress, backend);
  return {
    path: path === "" ? "/" : path,
    type,
    backend: upstream,
    ingress,
    service: backend.service,
    isDefault: false,
  };
}

export function upstreamName({ metadata }: Pick<Ingress, "metadata">, { service }: ServiceBackend): string {
  return `${metadata.namespace}-${service.name}-${service.port.number}`;
}

/** Longer paths first; of equal length the last of the alphabet. */
function byPath(a: Location, b: Location): number {
  return b.path.length - a.path.length || (a.path < b.path ? 1 : a.path > b.path ? -1 : 0);
}

/** location.go, updateServerLocations: a Prefix becomes `/x/` and, where nobody has it, `= /x`. */
function expanded(locations: readonly Location[]): readonly Location[] {
  const exact = new Set(locations.filter(({ type }) => type === "Exact").map(({ path }) => path));
  return locations.flatMap((location) => {
    const { path, type } = location;
    if (path === "/" || type === "Exact" || isPattern(location)) return [location];
    const slashed = { ...location, path: path.endsWith("/") ? path : `${path}/` };
    return exact.has(path) ? [slashed] : [slashed, { ...location, type: "Exact" as const }];
  });
}

/** template.go, enforceRegexModifier, for one location. */
export function isPattern({ ingress, path }: Location): boolean {
  if (ingress === null) return false;
  const annotations = new Annotations(ingress);
  const target = annotations.text("rewrite-target");
  return annotations.boolean("use-regex") || (target !== undefined && target !== path);
}

/** pkg/util/ingress/ingress.go, BuildRedirects. */
function redirectTo(to: string, building: ReadonlyMap<string, Building>): readonly WwwRedirect[] {
  const from = to.startsWith("www.") ? to.slice(4) : `www.${to}`;
  return building.has(from) ? [] : [{ from, to }];
}

/** controller.go, mergeAlternativeBackends; the first alternative of a Service is the one that counts (balancer.lua). */
function alternativesOf(canaries: readonly Ingress[], building: ReadonlyMap<string, Building>): Alternatives {
  const found = new Map<string, { upstream: string; ingress: Ingress }>();
  for (const ingress of canaries) {
    for (const { host = DEFAULT_SERVER, http } of ingress.spec.rules ?? []) {
      for (const path of http?.paths ?? []) {
        const own = locationOf(path, ingress);
        const primary = building.get(host)?.locations.find((each) => each.path === own.path && each.type === own.type);
        const isMerged = primary !== undefined && ![own.backend, DEFAULT_UPSTREAM].includes(primary.backend);
        if (isMerged && !found.has(primary.backend)) found.set(primary.backend, { upstream: own.backend, ingress });
      }
    }
  }
  return found;
}
