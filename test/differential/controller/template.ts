import { Annotations, appRootOf, corsOf, PATH_WITH_CAPTURES, redirectOf } from "./annotations.ts";
import { canaryLines } from "./canary.ts";
import { corsLines } from "./cors.ts";
import { errorLocations, headersFor, informationLines } from "./errors.ts";
import { authLocation, guardLines } from "./guards.ts";
import type { Watched } from "./manifests.ts";
import { DEFAULT_SERVER, DEFAULT_UPSTREAM, isPattern, type Location, type Server, serversOf } from "./servers.ts";

/** One set of manifests, and where nginx is to serve and find what belongs to it. */
export interface Site {
  /** A word, unique among the sites. */
  readonly id: string;
  readonly watched: Watched;
  /** `unix:PATH` of each scheme. */
  readonly listen: { readonly http: string; readonly https: string };
  /** `host:port` by `namespace/name:port`; a Service that is not in it has no endpoints. */
  readonly addresses: ReadonlyMap<string, string>;
  /** Writes a file with this text; gives its path. */
  readonly file: (name: string, text: string) => string;
}

/** What all locations of a site ask of it. */
export interface Writing extends Site {
  readonly scheme: "http" | "https";
  /** The name of an upstream in the whole configuration. */
  readonly upstream: (name: string) => string;
  readonly has: (upstream: string) => boolean;
  readonly setting: (key: string) => string | undefined;
}

/**
 * The part of nginx.conf that the controller would write for these manifests
 * (kubernetes/ingress-nginx:rootfs/etc/nginx/template/nginx.tmpl). What it leaves to Lua is written in nginx's own words:
 * the redirect to https, HSTS, the choice of the canary, the redirect from and to www, Services without endpoints.
 */
export function siteLines(site: Site): readonly string[] {
  const { servers, redirects, alternatives } = serversOf(site.watched);
  const names = [...site.addresses].map(([service, address]) => [service.replace(/[/:]/g, "-"), address] as const);
  const known = new Set(names.map(([name]) => name));
  const upstream = (name: string) => (alternatives.has(name) ? `$${idOf(site.id, name)}` : idOf(site.id, name));
  const setting = (key: string) => site.watched.config[key];
  const writing = (scheme: Writing["scheme"]): Writing => ({
    ...site,
    scheme,
    upstream,
    has: (name) => known.has(name) || name === DEFAULT_UPSTREAM,
    setting,
  });
  return [
    ...names.flatMap(([name, address]) => upstreamLines(plainId(site.id, name, alternatives.has(name)), address)),
    ...upstreamLines(idOf(site.id, DEFAULT_UPSTREAM), `unix:${site.listen.http}.default`),
    ...[...alternatives].flatMap(([primary, { upstream: other, ingress }]) => {
      const variable = idOf(site.id, primary);
      return canaryLines(variable, plainId(site.id, primary, true), idOf(site.id, other), new Annotations(ingress));
    }),
    ...(["http", "https"] as const).flatMap((scheme) => [
      ...servers.flatMap((server) => serverLines(server, writing(scheme))),
      ...redirects.flatMap(({ from, to }) => [
        `server { server_name ${quoted(from)}; ${listenLine(writing(scheme), false)}`,
        // ngx_srv_redirect.lua, of a controller that listens at 80 and 443.
        `return ${setting("http-redirect-code") ?? 308} ${scheme}://${to}:${portOf(scheme)}$request_uri_cut; }`,
      ]),
    ]),
    `server { listen unix:${site.listen.http}.default; location / { return 404; } }`,
  ];
}

function upstreamLines(name: string, address: string): readonly string[] {
  return [`upstream ${name} { server ${address} max_fails=0; keepalive 16; }`];
}

function idOf(site: string, name: string): string {
  return `${site}_${name.replace(/[^a-z0-9]/g, "_")}`;
}

function plainId(site: string, name: string, hasAlternative: boolean): string {
  return idOf(site, name) + (hasAlternative ? "_primary" : "");
}

function portOf(scheme: Writing["scheme"]): string {
  return scheme === "http" ? "80" : "443";
}

function listenLine({ listen, scheme }: Writing, isDefault: boolean): string {
  return `listen unix:${listen[scheme]}${isDefault ? " default_server" : ""}${scheme === "https" ? " ssl" : ""};`;
}

/** Aliases are other names of the server, without its certificate: certificate.lua finds none under them. */
function serverLines(server: Server, writing: Writing): readonly string[] {
  const { hostname, aliases } = server;
  const isDefault = hostname === DEFAULT_SERVER;
  const lines = (names: readonly string[], isCertified: boolean) => [
    `server { server_name ${names.map(quoted).join(" ")}; ${listenLine(writing, isDefault)}`,
    ...errorLocations(server, writing),
    ...server.locations.flatMap((location) => locationLines(location, { ...server, isCertified }, writing)),
    "}",
  ];
  const own = lines([serverName(hostname)], server.isCertified);
  return aliases.length === 0 ? own : [...own, ...lines(aliases, false)];
}

/** template.go, buildServerName. */
function serverName(hostname: string): string {
  if (!hostname.startsWith("*.")) return hostname;
  return `~^(?<subdomain>[\\w-]+)\\.${hostname.slice(2).replaceAll(".", "\\.")}$`;
}

function locationLines(location: Location, server: Server, writing: Writing): readonly string[] {
  const annotations = new Annotations(
    location.ingress ?? { metadata: { name: "", namespace: "", creationTimestamp: "" }, spec: {} },
  );
  const root = appRootOf(annotations);
  const toHttps = redirectToHttps(location, server, annotations, writing);
  const cors = corsOf(annotations);
  const redirect = redirectOf(annotations);
  const auth = authLocation(location, annotations, writing);
  const vhost = annotations.text("upstream-vhost");
  const denied = deniedBecause(annotations, writing);
  return [
    ...(root === undefined ? [] : [`if ($uri = /) { return 302 $scheme://$http_host${root}; }`]),
    ...(auth?.lines ?? []),
    `location ${matchOf(location, server)} {`,
    ...informationLines(location),
    `port_in_redirect ${annotations.boolean("use-port-in-redirects") ? "on" : "off"};`,
    ...(writing.scheme === "https" ? hstsLines(writing) : []),
    ...(denied
      ? ["return 503;", "}"]
      : [
          ...guardLines(annotations, writing, location.path, auth?.path ?? null),
          ...(cors === null ? [] : corsLines(cors, redirect === null ? toHttps : [])),
          ...bodySize(annotations),
          `proxy_set_header Host ${vhost === undefined ? "$http_host" : quoted(vhost)};`,
          ...forwardedLines(writing, annotations),
          ...answerLines(annotations, writing),
          ...(annotations.text("configuration-snippet")?.split("\n") ?? []),
          ...errorLines(location, annotations, writing),
          ...(annotations.boolean("relative-redirects") ? ["absolute_redirect off;"] : []),
          ...(redirect === null ? [] : [`return ${redirect.code} ${redirect.url};`]),
          ...toHttps,
          ...proxyLines(location, annotations, writing),
          "}",
        ]),
  ];
}

/** template.go, buildLocation. */
function matchOf({ path, type }: Location, { locations }: Server): string {
  if (locations.some(isPattern)) return `~* ${quoted(`^${path}`)}`;
  return type === "Exact" ? `= ${quoted(path)}` : quoted(path);
}

/** template.go, sanitizeQuotedRegex: backslashes and quotes come out as they were written. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, "\\$&")}"`;
}

/** lua_ingress.lua, redirect_to_https: after what the rewrite module does, except that `rewrite … break` ends that here. */
function redirectToHttps(
  { path }: Location,
  { isCertified }: Server,
  annotations: Annotations,
  { scheme, setting }: Writing,
): readonly string[] {
  const usual = (name: string, otherwise: boolean) =>
    annotations.boolean(name, setting(name) === undefined ? otherwise : setting(name) === "true");
  const free = (setting("no-tls-redirect-locations") ?? "/.well-known/acme-challenge").split(",");
  if (scheme === "https" || free.some((each) => each.trim() !== "" && path.startsWith(each.trim()))) return [];
  if (!usual("force-ssl-redirect", false) && !(isCertified && usual("ssl-redirect", true))) return [];
  const port = annotations.boolean("use-port-in-redirects") ? ":443" : "";
  const uri = usual("preserve-trailing-slash", false) ? "$request_uri" : "$request_uri_cut";
  return [`return ${setting("http-redirect-code") ?? 308} https://$http_host_name${port}${uri};`];
}

/** lua_ingress.lua, header: it looks at the scheme alone, for it does not call the function that knows of certificates. */
function hstsLines({ setting }: Writing): readonly string[] {
  if (setting("hsts") === "false") return [];
  const subdomains = setting("hsts-include-subdomains") === "false" ? "" : "; includeSubDomains";
  const preload = setting("hsts-preload") === "true" ? "; preload" : "";
  const value = `max-age=${setting("hsts-max-age") ?? 31536000}${subdomains}${preload}`;
  return [`more_set_headers "Strict-Transport-Security: ${value}";`];
}

/** annotations/customheaders/main.go: without its ConfigMap, or with a name that is not allowed, nothing is served. */
function deniedBecause(annotations: Annotations, { watched: { configMaps }, setting }: Writing): boolean {
  const name = annotations.text("custom-headers");
  if (name === undefined) return false;
  const allowed = (setting("global-allowed-response-headers") ?? "").split(",").map((each) => each.trim());
  const names = Object.keys(configMaps.get(name) ?? {});
  return !configMaps.has(name) || names.some((each) => !allowed.includes(each));
}

function bodySize(annotations: Annotations): readonly string[] {
  const size = annotations.text("proxy-body-size") ?? "1m";
  return /^\d+[kKmMgG]?$/.test(size) ? [`client_max_body_size ${size};`] : [];
}

function forwardedLines({ scheme }: Writing, annotations: Annotations): readonly string[] {
  const connection = annotations.text("connection-proxy-header") ?? "$connection_upgrade";
  return Object.entries({
    Upgrade: "$http_upgrade",
    Connection: connection,
    "X-Request-ID": "$req_id",
    "X-Real-IP": "$remote_addr",
    "X-Forwarded-For": "$remote_addr",
    "X-Forwarded-Host": "$http_host",
    "X-Forwarded-Port": portOf(scheme),
    "X-Forwarded-Proto": scheme,
    "X-Forwarded-Scheme": scheme,
    "X-Scheme": scheme,
    "X-Original-Forwarded-For": "$http_x_forwarded_for",
    "X-Original-Forwarded-Host": "$http_x_forwarded_host",
    Proxy: '""',
    // Not the controller's: the client's address comes by it here, and it is no header of the client.
    "CF-Connecting-IP": '""',
  }).map(([name, value]) => `proxy_set_header ${name} ${value};`);
}

function answerLines(annotations: Annotations, { watched: { configMaps } }: Writing): readonly string[] {
  const custom = Object.entries(configMaps.get(annotations.text("custom-headers") ?? "") ?? {});
  const chars = "[-A-Za-z0-9._~:/]+";
  const domain = annotations.text("proxy-cookie-domain", new RegExp(`^(?:off|${chars}\\s+${chars})$`)) ?? "off";
  const path = annotations.text("proxy-cookie-path", new RegExp(`^(?:off|${chars}\\s+${chars})$`)) ?? "off";
  return [
    `proxy_cookie_domain ${domain};`,
    `proxy_cookie_path ${path};`,
    ...custom.map(
      ([name, value]) =>
        `more_set_headers ${quoted(`${name}: ${value}`.replaceAll("$", () => "$" + "{literal_dollar}"))};`,
    ),
  ];
}

function errorLines(location: Location, annotations: Annotations, writing: Writing): readonly string[] {
  const codes = annotations.list("custom-http-errors");
  const intercepts = codes.length > 0 && !annotations.boolean("disable-proxy-intercept-errors");
  const page = errorUpstream(location, annotations, writing);
  return [
    ...(intercepts ? ["proxy_intercept_errors on;"] : []),
    ...codes.map((code) => `error_page ${code} = @custom_${page}_${code};`),
  ];
}

/** The upstream of the pages: the annotation's Service where it has endpoints; not for what the default backend answers. */
export function errorUpstream({ ingress, backend }: Location, annotations: Annotations, { has }: Writing): string {
  const service = annotations.text("default-backend");
  const name = `${ingress?.metadata.namespace}-${service}-80`;
  return service !== undefined && backend !== DEFAULT_UPSTREAM && has(name) ? name : DEFAULT_UPSTREAM;
}

/** template.go, buildProxyPass. A Service without endpoints is `default-backend`'s, or 503 (balancer.lua, rewrite). */
function proxyLines(location: Location, annotations: Annotations, writing: Writing): readonly string[] {
  const { path } = location;
  const standIn = errorUpstream(location, annotations, writing);
  const isAway = !writing.has(location.backend);
  if (isAway && standIn === DEFAULT_UPSTREAM) return ["return 503;"];
  const backend = isAway ? standIn : location.backend;
  const target = annotations.text("rewrite-target", PATH_WITH_CAPTURES);
  const prefix = annotations.text("x-forwarded-prefix", PATH_WITH_CAPTURES);
  const from = annotations.text("proxy-redirect-from") ?? "off";
  const to = annotations.text("proxy-redirect-to") ?? "off";
  const rewrite =
    target === undefined || target === path
      ? []
      : [
          `rewrite ${quoted(`(?i)${path}`)} ${target} break;`,
          ...(prefix === undefined ? [] : [`proxy_set_header X-Forwarded-Prefix "${prefix}";`]),
        ];
  return [
    ...(isAway ? headersFor("503") : []),
    ...rewrite,
    `proxy_pass http://${writing.upstream(backend)};`,
    ...(from === "off" || from === "default" ? [`proxy_redirect ${from};`] : []),
    ...(from !== "off" && from !== "default" && to !== "off" ? [`proxy_redirect ${from} ${to};`] : []),
  ];
}
