import type { NginxHeaders } from "../../table/nginx-headers.ts";
import type { Client } from "../client.ts";

/** Headers of one connection, not of the message (RFC 9110 §7.6.1), and what RFC 9113 §8.2.2 adds. */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  "connection",
  "keep-alive",
  "proxy-connection",
  "proxy-authenticate",
  "proxy-authorization",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/**
 * What a client may claim about itself or the way it came: never passed on as sent. `Proxy` is CVE-2016-5385
 * (httpoxy); with `CF-Connecting-IP` a cluster behind Cloudflare answers error 1000; `X-Original-URL` and
 * `X-Rewrite-URL` move the path in frameworks that believe them, past the rule that was matched.
 */
const CLAIMS: ReadonlySet<string> = new Set([
  "cf-connecting-ip",
  "cf-connecting-ipv6",
  "client-cert",
  "client-cert-chain",
  "fastly-client-ip",
  "forwarded",
  "front-end-https",
  "proxy",
  "true-client-ip",
  "x-azure-clientip",
  "x-client-ip",
  "x-cluster-client-ip",
  // Holds the edge's token (`observe/trace.ts`).
  "x-edge-ingress-trace",
  "x-forwarded",
  "x-host",
  "x-proxyuser-ip",
  "x-real-ip",
  "x-scheme",
  "x-url-scheme",
]);
const CLAIMING = [
  "x-forwarded-",
  "x-original-",
  "x-rewrite-",
  "x-envoy-",
  "ssl-client-",
  "cf-cert-",
  "cf-client-cert-",
] as const;

/** Headers by which frameworks take one method for another: what carries one is not what its method says. */
export const METHOD_OVERRIDES = ["x-http-method-override", "x-http-method", "x-method-override"] as const;

/** True where an application may read another method than the request's: such a request is never sent twice. */
export function overridesMethod(headers: Headers): boolean {
  return METHOD_OVERRIDES.some((name) => headers.has(name));
}

const isClaim = (name: string) => {
  // CGI and WSGI make one name of `-` and `_`: X_Real_IP would take the place of the edge's own.
  const dashed = name.replaceAll("_", "-");
  return HOP_BY_HOP.has(name) || CLAIMS.has(dashed) || CLAIMING.some((prefix) => dashed.startsWith(prefix));
};

const removedFromRequest = remembered(isClaim);

/** Names that nginx knows (`underscores_in_headers`, `ignore_invalid_headers`): it passes over a header of another one. */
const NGINX_NAMES = { plain: /^[0-9a-z-]+$/, underscores: /^[0-9a-z_-]+$/, any: /^/ } as const;

const removedByNginx = Object.fromEntries(
  Object.entries(NGINX_NAMES).map(([names, taken]) => [
    names,
    remembered((name) => isClaim(name) || !taken.test(name)),
  ]),
) as Readonly<Record<NginxHeaders["names"], (name: string) => boolean>>;

const NAMES_REMEMBERED = 512;

/** Header names are few and come again: each is judged once, up to a bound that hostile names can't pass. */
function remembered(judge: (name: string) => boolean): (name: string) => boolean {
  const known = new Map<string, boolean>();
  return (name) => {
    const before = known.get(name);
    if (before !== undefined) return before;
    const verdict = judge(name);
    if (known.size < NAMES_REMEMBERED) known.set(name, verdict);
    return verdict;
  };
}

/** What the headers of a request depend on besides itself. */
interface Upstream {
  /** Of the rule's policies. */
  readonly identityHeaders?: readonly string[];
  /** How ingress-nginx would treat them; null: it does not stand in between, or does so itself. */
  readonly nginx?: NginxHeaders | null;
}

/**
 * Puts the headers of a request to a cluster in place; `sent` are the client's, `headers` the request's own copy.
 * Crossing into the runtime is what costs here (`npm run bench -- edge`: about 1 µs to read a header, 4 to set one):
 * one pass over the names, and changes only where something stands.
 */
export function prepareRequestHeaders(
  sent: Headers,
  headers: Headers,
  client: Client,
  requestId: string,
  { identityHeaders = [], nginx = null }: Upstream = {},
): void {
  removeListed(sent, headers, nginx === null ? removedFromRequest : removedByNginx[nginx.names]);
  if (identityHeaders.length > 0) removeListed(sent, headers, tellsIdentity(identityHeaders));
  const forwardedFor = nginx === null || nginx.fullForwardedFor ? client.forwardedFor : client.address;
  if (forwardedFor !== null) headers.set("x-forwarded-for", forwardedFor);
  if (client.address !== null) headers.set("x-real-ip", client.address);
  headers.set("x-forwarded-host", client.forwardedHost);
  headers.set("x-forwarded-proto", client.forwardedProto);
  headers.set("x-forwarded-port", client.forwardedPort);
  headers.set("x-request-id", requestId);
  if (nginx === null) return;
  headers.set("x-forwarded-scheme", client.forwardedProto);
  headers.set("x-scheme", client.forwardedProto);
  setOriginal("x-forwarded-for", sent, headers);
  setOriginal("x-forwarded-host", sent, headers);
}

/** What a client claimed, under the name that says that it is no more than that. */
function setOriginal(name: string, sent: Headers, headers: Headers): void {
  const value = sent.get(name);
  if (value !== null) headers.set(name.replace("x-", "x-original-"), value);
}

const identityJudges = new WeakMap<readonly string[], (name: string) => boolean>();

/**
 * Whether a server may take a name for one of these: CGI makes `_` of `-`, some of every other sign too. What is no name
 * of HTTP at all (RFC 9110 §5.6.2), and gets through the runtime, is not left to servers to read.
 */
function tellsIdentity(identityHeaders: readonly string[]): (name: string) => boolean {
  const known = identityJudges.get(identityHeaders);
  if (known !== undefined) return known;
  const names = new Set(identityHeaders.map(withoutSigns));
  const judge = remembered((name) => names.has(withoutSigns(name)) || /[^!-~]/.test(name));
  identityJudges.set(identityHeaders, judge);
  return judge;
}

/** Takes off a header in every spelling that a server may take for the same name. */
export function removeSpellings(headers: Headers, name: string): void {
  const plain = withoutSigns(name);
  for (const sent of [...headers.keys()]) {
    if (withoutSigns(sent) === plain) headers.delete(sent);
  }
}

const withoutSigns = (name: string) => name.replace(/[^0-9a-z]+/g, "-");

/** Puts the headers of a cluster's answer in place; `sent` are those it came with, `headers` the answer's own copy. */
export function prepareResponseHeaders(
  sent: Headers,
  headers: Headers,
  requestId: string,
  nginx: NginxHeaders | null = null,
): void {
  removeListed(sent, headers, nginx === null ? isHopByHop : hides(nginx));
  headers.set("x-request-id", requestId);
}

const isHopByHop = (name: string) => HOP_BY_HOP.has(name);

const hiding = new WeakMap<NginxHeaders, (name: string) => boolean>();

function hides(nginx: NginxHeaders): (name: string) => boolean {
  const known = hiding.get(nginx);
  if (known !== undefined) return known;
  const names = new Set([...HOP_BY_HOP, ...nginx.hidden]);
  const judge = (name: string) => names.has(name);
  hiding.set(nginx, judge);
  return judge;
}

/** `upgrade` stays for a WebSocket: workerd makes the handshake from it. */
function removeListed(sent: Headers, headers: Headers, listed: (name: string) => boolean): void {
  for (const name of sent.keys()) {
    if (!listed(name)) continue;
    if (name === "upgrade" && isWebSocket(sent)) continue;
    if (name === "connection") removeNamedByConnection(sent, headers);
    headers.delete(name);
  }
}

function isWebSocket(headers: Headers): boolean {
  return headers.get("upgrade")?.toLowerCase() === "websocket";
}

const TOKEN = /^[!#$%&'*+\-.^_`|~0-9a-z]+$/;
/** What a client can't have removed by naming it in Connection. */
const NOT_REMOVABLE: ReadonlySet<string> = new Set(["host", "content-length", "upgrade"]);

function removeNamedByConnection(sent: Headers, headers: Headers): void {
  for (const part of (sent.get("connection") ?? "").split(",")) {
    const name = part.trim().toLowerCase();
    if (TOKEN.test(name) && !NOT_REMOVABLE.has(name)) headers.delete(name);
  }
}

const REQUEST_ID = /^[A-Za-z0-9._~:/+=@-]{1,128}$/;

/** The client's X-Request-ID where it is harmless, else 32 hex digits as ingress-nginx makes them. */
export function requestIdOf(headers: Headers): string {
  const sent = headers.get("x-request-id");
  return sent !== null && REQUEST_ID.test(sent) ? sent : crypto.randomUUID().replaceAll("-", "");
}
