import type { Redirect } from "../../table/policies/redirect.ts";
import { normaliseTarget, type RequestTarget } from "../../table/target.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import type { RequestRedirectFilter } from "../ir/filters/request-redirect.ts";
import type { MergedRule } from "../ir/merge.ts";
import { ownerName } from "../ir/merge.ts";
import { type MergedRoutes, pathsOf } from "./merged-routes.ts";

/** Browsers give up after about as many (Fetch, "HTTP-redirect fetch", step 7). */
const MOST_HOPS = 20;
/** The order in which the edge comes to them (`src/edge/stages/chain.ts`). */
const ORDER: readonly Redirect["only"][] = ["root", "always", "http"];

/** Redirects that lead through the edge's own rules back to where they began, followed as a browser would. */
export function reportRedirectLoops(routes: MergedRoutes): Diagnostic[] {
  const inLoops = new Set<MergedRule>();
  return routes.hosts.flatMap((host) =>
    host.rules.flatMap((merged) => {
      const redirects = redirectsOf(merged);
      if (inLoops.has(merged) || redirects.length === 0) return [];
      for (const path of redirects.some(({ redirect }) => redirect.only === "root")
        ? ["/", ...pathsOf(merged)]
        : pathsOf(merged)) {
        if (redirects.every(({ redirect }) => isToOwnHttps(redirect, path))) continue;
        for (const scheme of ["https", "http"]) {
          const hops = follow(routes, `${scheme}://${routes.nameOf(host)}${path}`, merged);
          if (hops === null) continue;
          for (const hop of hops) inLoops.add(hop.rule);
          return [finding(merged, hops)];
        }
      }
      return [];
    }),
  );
}

interface Hop {
  readonly url: string;
  readonly rule: MergedRule;
  readonly filter: RequestRedirectFilter;
}

/** The hops of a loop that begins at that rule; null where the way ends, or leads where nobody can say. */
function follow(routes: MergedRoutes, start: string, first: MergedRule): readonly Hop[] | null {
  const hops: Hop[] = [];
  for (let url = start; hops.length < MOST_HOPS; ) {
    const back = hops.findIndex((hop) => hop.url === url);
    if (back >= 0) return back === 0 ? hops : null;
    const normalised = normaliseTarget(url);
    if (!normalised.ok) return null;
    // Most rules redirect plain HTTP alone: their HTTPS needs no decision.
    if (hops.length === 0 && redirectFor(first, normalised.target) === null) return null;
    const decision = routes.decide(url);
    if (decision.kind !== "rule" || (hops.length === 0 && decision.rule !== first)) return null;
    const { target } = normalised;
    const filter = redirectFor(decision.rule, target);
    const location = filter === null ? null : locationOf(filter.redirect, target, url);
    if (filter === null || location === null) return null;
    hops.push({ url, rule: decision.rule, filter });
    url = location;
  }
  return hops;
}

function redirectsOf({ rule }: MergedRule): readonly RequestRedirectFilter[] {
  return rule.filters.filter((filter) => filter.type === "RequestRedirect");
}

/**
 * From plain HTTP to the same host and path by HTTPS, as most rules redirect: the same rule takes it there, and where all
 * its redirects are such none acts. With its slash cut off another rule may take the path.
 */
function isToOwnHttps({ only, location, cutSlash }: Redirect, path: string): boolean {
  const [scheme, host, rest, ...more] = location;
  return (
    only === "http" &&
    (!cutSlash || path === "/" || !path.endsWith("/")) &&
    scheme?.type === "text" &&
    scheme.value === "https://" &&
    (host?.type === "host" || host?.type === "redirect_host") &&
    rest?.type === "request_uri" &&
    more.length === 0
  );
}

function redirectFor(merged: MergedRule, { https, path }: RequestTarget): RequestRedirectFilter | null {
  const redirects = redirectsOf(merged);
  if (redirects.length === 0) return null;
  const found = ORDER.flatMap((only) => redirects.find(({ redirect }) => redirect.only === only) ?? []);
  const acts = ({ only }: Redirect) => only === "always" || (only === "root" ? path === "/" : !https);
  return found.find(({ redirect }) => acts(redirect)) ?? null;
}

/** Where it leads, as an absolute URL; null where that depends on more than the URL. */
function locationOf({ location, cutSlash }: Redirect, target: RequestTarget, from: string): string | null {
  let text = "";
  for (const { type, value } of location) {
    const part = type === "text" ? value : VARIABLES[type]?.(target);
    if (part === undefined) return null;
    text += part;
  }
  if (cutSlash && text.endsWith("/")) text = text.slice(0, -1);
  try {
    const url = new URL(text, from);
    return /^https?:$/.test(url.protocol) && url.port === ""
      ? `${url.protocol}//${url.host}${url.pathname}${url.search}`
      : null;
  } catch {
    return null;
  }
}

type Known =
  | "host"
  | "http_host"
  | "redirect_host"
  | "redirect_port"
  | "request_uri"
  | "args"
  | "is_args"
  | "scheme"
  | "pass_access_scheme";

const scheme = ({ https }: RequestTarget) => (https ? "https" : "http");

/** The variables that the URL alone decides, for a client without a proxy. */
const VARIABLES: Readonly<Partial<Record<string, (target: RequestTarget) => string>>> = {
  host: ({ host }) => host,
  http_host: ({ authority }) => authority,
  redirect_host: ({ host }) => host,
  redirect_port: ({ https }) => (https ? "443" : "80"),
  request_uri: ({ path, query }) => path + query,
  args: ({ query }) => query.slice(1),
  is_args: ({ query }) => (query.length > 1 ? "?" : ""),
  scheme,
  pass_access_scheme: scheme,
} satisfies Record<Known, (target: RequestTarget) => string>;

function finding({ rule }: MergedRule, hops: readonly Hop[]): Diagnostic {
  const [first] = hops;
  const shown = hops.slice(0, 4).map(({ url }) => url);
  const end = hops.length > 4 ? "…" : (first?.url ?? "");
  const says = `a redirect of ${ownerName(rule.owner)} leads back to itself: GET ${[...shown, end].join(" → ")}`;
  const others = hops
    .slice(1)
    .flatMap(({ filter }) => (filter.at === null ? [] : [{ message: `then ${filter.from}`, position: filter.at }]));
  return diagnose("EI5008", first?.filter.at ?? rule.at, says, { related: others.slice(0, 4) });
}
