/** A route of a wrangler configuration. */
export type WranglerRoute =
  | string
  | { readonly pattern: string; readonly zone_name?: string; readonly custom_domain?: true };

export interface RouteOptions {
  /** Zones of the account, lower case. */
  readonly zones: readonly string[];
  /** Hosts that are served as Custom Domains. */
  readonly customDomains: readonly string[];
}

/** The most routes of one zone (developers.cloudflare.com/workers/platform/limits). */
const MOST_ROUTES = 1_000;

/**
 * A route for each host, or a Custom Domain where it is asked for; `problems` are sentences that keep a deploy from
 * being right. A route ends with `*`: without it, a URL with a query would not be the edge's.
 */
export function routesOf(
  hosts: readonly string[],
  { zones, customDomains }: RouteOptions,
): { readonly routes: readonly WranglerRoute[]; readonly problems: readonly string[] } {
  const problems: string[] = [];
  const unknown = customDomains.filter((name) => !hosts.includes(name));
  for (const name of unknown) problems.push(`--custom-domain ${name}: no rule is for this host alone`);
  const routes = hosts.flatMap((host): WranglerRoute[] => {
    if (host === "*") {
      if (zones.length > 0) return zones.flatMap((zone) => [routeOf(zone, zones), routeOf(`*.${zone}`, zones)]);
      problems.push("there are rules for every host: say with --zone which zones' hosts the edge takes");
      return [];
    }
    if (!customDomains.includes(host)) return [routeOf(host, zones)];
    if (!host.startsWith("*")) return [{ pattern: host, custom_domain: true }];
    problems.push(`${host} can't be a Custom Domain: the platform knows no wildcards there`);
    return [];
  });
  const unique = [...new Map(routes.map((route) => [patternOf(route), route])).values()];
  for (const [zone, ofZone] of Map.groupBy(unique, (route) =>
    typeof route === "string" ? "" : (route.zone_name ?? ""),
  )) {
    if (zone === "" || ofZone.length <= MOST_ROUTES) continue;
    problems.push(`${ofZone.length} routes of zone ${zone}, and the platform takes ${MOST_ROUTES}`);
  }
  return { routes: unique, problems };
}

function routeOf(host: string, zones: readonly string[]): WranglerRoute {
  const name = host.replace(/^\*\./, "");
  const fitting = zones.filter((zone) => name === zone || name.endsWith(`.${zone}`));
  const [zone] = fitting.sort((a, b) => b.length - a.length);
  // Without a zone wrangler looks for the one of the name.
  return zone === undefined ? `${host}/*` : { pattern: `${host}/*`, zone_name: zone };
}

function patternOf(route: WranglerRoute): string {
  return typeof route === "string" ? route : route.pattern;
}

/** The hosts that none of some routes leads to the edge: they were written by hand. */
export function hostsWithoutRoute(hosts: readonly string[], routes: readonly unknown[]): string[] {
  const patterns = routes.flatMap((route): string[] => {
    if (typeof route === "string") return [route];
    const isObject = typeof route === "object" && route !== null && "pattern" in route;
    return isObject && typeof route.pattern === "string" ? [route.pattern] : [];
  });
  // One with `http://` leaves out what comes by https.
  const taken = patterns
    .filter((pattern) => !/^http:/i.test(pattern))
    .map((pattern) => pattern.replace(/^https:\/\//i, "").toLowerCase());
  return hosts.filter((host) => !taken.some((pattern) => leads(pattern, host)));
}

/** Whether a pattern takes every URL of a host. */
function leads(pattern: string, host: string): boolean {
  const slash = pattern.indexOf("/");
  const name = slash < 0 ? pattern : pattern.slice(0, slash);
  // A Custom Domain is a name alone.
  if (slash >= 0 && pattern.slice(slash) !== "/*") return false;
  if (host === "*") return name === "*";
  if (!name.startsWith("*")) return name === host;
  return host.replace(/^\*/, "").endsWith(name.slice(1)) && host !== name.slice(2);
}
