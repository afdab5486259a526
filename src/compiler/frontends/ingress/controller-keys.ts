import { FALSE, TRUE } from "./annotations/entry.ts";

/** A key of the controller's ConfigMap that the edge acts on. */
export interface ControllerKey {
  readonly name: string;
  /** Another value counts as if the key were not there, and is reported. */
  readonly takes: (value: string) => boolean;
  /** One sentence for the docs. */
  readonly does: string;
}

const isBoolean = (value: string) => TRUE.includes(value) || FALSE.includes(value);

/** Those of the redirects and of https. They hold for Ingresses of the dialect of ingress-nginx alone. */
export const CONTROLLER_KEYS: readonly ControllerKey[] = [
  { name: "ssl-redirect", takes: isBoolean, does: "What `ssl-redirect` is where an Ingress does not say." },
  { name: "force-ssl-redirect", takes: isBoolean, does: "What `force-ssl-redirect` is where an Ingress does not say." },
  {
    name: "http-redirect-code",
    takes: (value) => ["301", "302", "307", "308"].includes(value),
    does: "The status of the redirect to https: 301, 302, 307 or 308.",
  },
  {
    name: "no-tls-redirect-locations",
    takes: () => true,
    does: "Beginnings of paths that are not redirected to https; `/.well-known/acme-challenge` unless given.",
  },
  {
    name: "preserve-trailing-slash",
    takes: isBoolean,
    does: "What `preserve-trailing-slash` is unless an Ingress says.",
  },
  { name: "use-port-in-redirects", takes: isBoolean, does: "What `use-port-in-redirects` is unless an Ingress says." },
  { name: "relative-redirects", takes: isBoolean, does: "What `relative-redirects` is unless an Ingress says." },
  { name: "hsts", takes: isBoolean, does: "`false`: no `Strict-Transport-Security`." },
  {
    name: "hsts-max-age",
    takes: (value) => /^\d{1,10}$/.test(value),
    does: "Seconds in `Strict-Transport-Security`; a year unless given.",
  },
  {
    name: "hsts-include-subdomains",
    takes: isBoolean,
    does: "Whether `includeSubDomains` is in it; yes unless `false`.",
  },
  { name: "hsts-preload", takes: isBoolean, does: "Whether `preload` is in it; no unless `true`." },
  {
    name: "use-forwarded-headers",
    takes: isBoolean,
    does: "`X-Forwarded-…` of the peers that `--trusted-proxy` names are believed; without one nobody's, which is a warning.",
  },
  {
    name: "compute-full-forwarded-for",
    takes: isBoolean,
    does: "With `use-forwarded-headers`: Services get the whole chain in `X-Forwarded-For`, and not the client alone.",
  },
  {
    name: "enable-underscores-in-headers",
    takes: isBoolean,
    does: "Headers of clients with `_` in their names go on to Services.",
  },
  {
    name: "ignore-invalid-headers",
    takes: isBoolean,
    does: "`false`: headers of clients go on to Services whatever their names are.",
  },
  {
    name: "hide-headers",
    takes: () => true,
    does: "Headers that are taken off Services' answers, besides those that nginx takes off.",
  },
  {
    name: "server-tokens",
    takes: isBoolean,
    does: "With `allow-backend-server-header`: `Server` of Services stays. The edge has no name of its own to tell.",
  },
  { name: "allow-backend-server-header", takes: isBoolean, does: "With `server-tokens`: `Server` of Services stays." },
];

/** True for keys of the controller's ConfigMap whose value the edge acts on. */
export function isHonouredKey(key: string, value: string): boolean {
  return CONTROLLER_KEYS.some(({ name, takes }) => name === key && takes(value.trim()));
}
