import { httpToken } from "./names.ts";

/** Headers that say something else to servers, to the edge or to what stands between them. */
const TAKEN: ReadonlySet<string> = new Set([
  "age",
  "authorization",
  "baggage",
  "cache-control",
  "client-cert",
  "client-cert-chain",
  "connection",
  "cookie",
  "date",
  "dnt",
  "early-data",
  "expect",
  "forwarded",
  "from",
  "front-end-https",
  "host",
  "idempotency-key",
  "keep-alive",
  "last-event-id",
  "link",
  "location",
  "max-forwards",
  "origin",
  "pragma",
  "prefer",
  "priority",
  "range",
  "referer",
  "set-cookie",
  "te",
  "traceparent",
  "tracestate",
  "trailer",
  "transfer-encoding",
  "true-client-ip",
  "upgrade",
  "user-agent",
  "via",
  "x-client-ip",
  "x-cluster-client-ip",
  "x-csrf-token",
  "x-host",
  "x-method-override",
  "x-real-ip",
  "x-request-id",
  "x-requested-with",
  "x-scheme",
  "x-url-scheme",
  "x-xsrf-token",
]);
const TAKEN_PREFIXES = [
  "accept",
  "access-control-",
  "cf-",
  "content-",
  "fastly-",
  "if-",
  "proxy",
  "sec-",
  "ssl-client-",
  "upgrade-",
  "x-azure-",
  "x-envoy-",
  "x-forwarded",
  "x-http-method",
  "x-original-",
  "x-proxyuser-",
  "x-rewrite-",
];

/** A header by which clusters are told who sends a request. It is taken off what clients send, so it must be free. */
export function identityHeader(name: string): string | null {
  const reason = httpToken(name);
  if (reason !== null) return reason;
  // Servers make one name of `-` and `_`.
  const dashed = name.toLowerCase().replaceAll("_", "-");
  const isTaken = TAKEN.has(dashed) || TAKEN_PREFIXES.some((prefix) => dashed.startsWith(prefix));
  return isTaken
    ? "says something else, and would be taken off what clients send: use another one, as in X-User"
    : null;
}
