import { closest } from "../../diagnostics/suggest.ts";
import { FALSE, TRUE } from "./annotations/entry.ts";
import { looksLikeGuard } from "./annotations/guard-names.ts";
import { OTHER_KEYS } from "./controller-keys-elsewhere.ts";

/**
 * What becomes of a key of the controller's ConfigMap. `edge`: acted on. `annotation`: what the annotation of that name is
 * where an Ingress does not say. `guard`: keeps requests out and is not acted on. `missing`: not acted on. `platform`, `cluster`:
 * the business of the zone, or of the clusters alone.
 */
export type ControllerKeyEffect = "edge" | "annotation" | "guard" | "missing" | "platform" | "cluster";

/** A key of the ConfigMap of ingress-nginx's controller (docs/user-guide/nginx-configuration/configmap.md there, and config.go). */
export interface ControllerKey {
  readonly name: string;
  readonly effect: ControllerKeyEffect;
  /** Of `edge`: another value counts as if the key were not there, and is reported. */
  readonly takes?: (value: string) => boolean;
  /** Values that ask for nothing. */
  readonly inert?: readonly string[];
  /** Of `annotation`: whether it keeps requests out, so that it holds for Ingresses of every dialect. */
  readonly guards?: boolean;
  /** One sentence for the docs. */
  readonly does: string;
}

const isBoolean = (value: string) => TRUE.includes(value) || FALSE.includes(value);
const anything = () => true;

const edge = (name: string, takes: (value: string) => boolean, does: string): ControllerKey => ({
  name,
  effect: "edge",
  takes,
  does,
});
const asAnnotation = (name: string): ControllerKey => ({
  name,
  effect: "annotation",
  does: `What \`${name}\` is where an Ingress does not say.`,
});
const guard = (name: string, does: string, inert: readonly string[] = []): ControllerKey => ({
  name,
  effect: "guard",
  inert,
  does,
});
const missing = (name: string, does: string, inert: readonly string[] = []): ControllerKey => ({
  name,
  effect: "missing",
  inert,
  does,
});

const REDIRECTS: readonly ControllerKey[] = [
  edge("ssl-redirect", isBoolean, "What `ssl-redirect` is where an Ingress does not say."),
  edge("force-ssl-redirect", isBoolean, "What `force-ssl-redirect` is where an Ingress does not say."),
  edge(
    "http-redirect-code",
    (value) => ["301", "302", "307", "308"].includes(value),
    "The status of the redirect to https: 301, 302, 307 or 308.",
  ),
  edge(
    "no-tls-redirect-locations",
    anything,
    "Beginnings of paths that are not redirected to https; `/.well-known/acme-challenge` unless given.",
  ),
  edge("preserve-trailing-slash", isBoolean, "What `preserve-trailing-slash` is unless an Ingress says."),
  edge("use-port-in-redirects", isBoolean, "What `use-port-in-redirects` is unless an Ingress says."),
  edge("relative-redirects", isBoolean, "What `relative-redirects` is unless an Ingress says."),
  edge("hsts", isBoolean, "`false`: no `Strict-Transport-Security`."),
  edge(
    "hsts-max-age",
    (value) => /^\d{1,10}$/.test(value),
    "Seconds in `Strict-Transport-Security`; a year unless given.",
  ),
  edge("hsts-include-subdomains", isBoolean, "Whether `includeSubDomains` is in it; yes unless `false`."),
  edge("hsts-preload", isBoolean, "Whether `preload` is in it; no unless `true`."),
];

const HEADERS: readonly ControllerKey[] = [
  edge(
    "use-forwarded-headers",
    isBoolean,
    "`X-Forwarded-…` of the peers that `--trusted-proxy` names are believed; without one nobody's, which is a warning.",
  ),
  edge(
    "compute-full-forwarded-for",
    isBoolean,
    "With `use-forwarded-headers`: Services get the whole chain in `X-Forwarded-For`, and not the client alone.",
  ),
  edge("enable-underscores-in-headers", isBoolean, "Headers of clients with `_` in their names go on to Services."),
  edge("ignore-invalid-headers", isBoolean, "`false`: headers of clients go on to Services whatever their names are."),
  edge("hide-headers", anything, "Headers that are taken off Services' answers, besides those that nginx takes off."),
  edge(
    "server-tokens",
    isBoolean,
    "With `allow-backend-server-header`: `Server` of Services stays. The edge has no name of its own to tell.",
  ),
  edge("allow-backend-server-header", isBoolean, "With `server-tokens`: `Server` of Services stays."),
  edge(
    "add-headers",
    anything,
    "Names the ConfigMap whose headers every answer of an Ingress's rules gets; it must be among the manifests.",
  ),
  edge(
    "proxy-set-headers",
    anything,
    "Names the ConfigMap whose headers requests to Services get; it must be among the manifests.",
  ),
  edge("proxy-add-original-uri-header", isBoolean, "`X-Original-URI` to Services: path and query."),
  edge("global-allowed-response-headers", anything, "The headers that `custom-headers` may set."),
  missing(
    "forwarded-for-header",
    "From where a client's address is taken: on the platform CF-Connecting-IP, of a `--trusted-proxy` X-Forwarded-For.",
    ["X-Forwarded-For", "CF-Connecting-IP"],
  ),
  missing("forwarded-host-header", "From where the Host of a trusted proxy is taken: always X-Forwarded-Host.", [
    "X-Forwarded-Host",
  ]),
  missing("generate-request-id", "`false`: requests without X-Request-ID get none. The edge gives them one.", TRUE),
];

const GUARDS: readonly ControllerKey[] = [
  ...[
    ["whitelist-source-range", "The client addresses that are let in, where an Ingress has no list of its own."],
    ["denylist-source-range", "The client addresses that get 403, where an Ingress has no list of its own."],
  ].map(([name = "", does = ""]): ControllerKey => ({ name, effect: "annotation", guards: true, does })),
  edge(
    "block-cidrs",
    anything,
    "Client addresses that get 403, but at Ingresses that have an access list: so nginx inherits it. One that can't be read is an error.",
  ),
  guard("block-user-agents", "Clients by User-Agent that get 403."),
  guard("block-referers", "Requests by Referer that get 403."),
  guard("enable-modsecurity", "A firewall.", FALSE),
  guard("enable-owasp-modsecurity-crs", "Rules of a firewall.", FALSE),
  guard("modsecurity-snippet", "Rules of a firewall."),
  ...["main-snippet", "http-snippet", "server-snippet", "location-snippet", "global-auth-snippet"].map((name) =>
    guard(name, "Lines of nginx's configuration, which may keep requests out."),
  ),
  edge(
    "proxy-body-size",
    anything,
    "What `proxy-body-size` is where an Ingress does not say; what is no size comes to 1m.",
  ),
  ...[
    "url",
    "method",
    "signin",
    "signin-redirect-param",
    "response-headers",
    "request-redirect",
    "cache-key",
    "cache-duration",
    "always-set-cookie",
  ].map((name) =>
    edge(`global-auth-${name}`, anything, `What \`auth-${name}\` is where an Ingress has no \`auth-url\`.`),
  ),
  edge("limit-req-status-code", anything, "The status of refusals by `limit-rps` and `limit-rpm`; 503 unless given."),
  edge("limit-conn-status-code", anything, "The status of refusals by `limit-connections`; 503 unless given."),
  missing(
    "no-auth-locations",
    "Beginnings of paths that are free of authentication: always `/.well-known/acme-challenge` alone.",
    ["/.well-known/acme-challenge"],
  ),
];

const DEFAULTS: readonly ControllerKey[] = [
  "app-root",
  "proxy-connect-timeout",
  "proxy-read-timeout",
  "proxy-send-timeout",
  "proxy-next-upstream",
  "proxy-next-upstream-timeout",
  "proxy-next-upstream-tries",
  "proxy-redirect-from",
  "proxy-redirect-to",
  "proxy-cookie-domain",
  "proxy-cookie-path",
  "proxy-http-version",
  "custom-http-errors",
  "disable-proxy-intercept-errors",
  "limit-rate",
  "limit-rate-after",
  "upstream-hash-by",
].map(asAnnotation);

const OTHERS: readonly ControllerKey[] = [
  missing(
    "retry-non-idempotent",
    "POST and PATCH are tried again too. Say it by `proxy-next-upstream`: `non_idempotent`.",
    FALSE,
  ),
  missing("enable-opentelemetry", "Spans of requests.", FALSE),
  missing(
    "allow-cross-namespace-resources",
    "Annotations may name Secrets and ConfigMaps of other namespaces. The edge refuses that.",
    FALSE,
  ),
  missing("ssl-reject-handshake", "No TLS for unknown hosts.", FALSE),
];

/** Every key of the controller, those that the edge acts on first. */
export const CONTROLLER_KEYS: readonly ControllerKey[] = [
  ...REDIRECTS,
  ...HEADERS,
  ...GUARDS,
  ...DEFAULTS,
  ...OTHERS,
  ...OTHER_KEYS,
];

const BY_NAME: ReadonlyMap<string, ControllerKey> = new Map(CONTROLLER_KEYS.map((key) => [key.name, key]));

const NAMES: readonly string[] = [...BY_NAME.keys()];

export function controllerKey(name: string): ControllerKey | null {
  return BY_NAME.get(name) ?? null;
}

/** The key that a mistyped one most likely stands for; null where none is near. */
export function nearestControllerKey(name: string): ControllerKey | null {
  const near = closest(name, NAMES);
  return near === null ? null : controllerKey(near);
}

/** True for a name that nobody knows, but that suggests that it keeps somebody out. `near`: the key that it may stand for. */
export function mayGuard(name: string, near: ControllerKey | null): boolean {
  return looksLikeGuard(name) || near?.effect === "guard" || near?.guards === true;
}

/** True for keys of the controller's ConfigMap whose value the edge acts on. */
export function isHonouredKey(name: string, value: string): boolean {
  const key = controllerKey(name);
  return key?.effect === "edge" && key.takes?.(value.trim()) === true;
}
