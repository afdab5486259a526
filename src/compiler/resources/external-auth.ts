import type { ExternalAuth } from "../../table/policies/external-auth.ts";
import { httpToken } from "./names.ts";

/** Milliseconds until a service must have answered, unless a policy says otherwise. ingress-nginx waits 60 s. */
export const DEFAULT_AUTH_TIMEOUT = 5_000;

/** What `fetch` sends; CONNECT and TRACE it refuses (fetch.spec.whatwg.org, "forbidden method"). */
export const AUTH_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] as const;

/** What a URL or the connection says, and no header can change. */
const OF_CONNECTION: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "expect",
  "host",
  "keep-alive",
  "proxy-connection",
  "te",
  "trailer",
  "transfer-encoding",
  "upgrade",
]);

/** What keeps a header from being set on the way to a service; null where nothing does. */
export function settableHeader(name: string): string | null {
  const reason = httpToken(name);
  if (reason !== null) return reason;
  return OF_CONNECTION.has(name.toLowerCase()) ? "must not be one of the connection" : null;
}

/** Which answers are kept where only a key is given: `200 202 401 5m` of ingress-nginx. */
export const DEFAULT_AUTH_DURATIONS: NonNullable<ExternalAuth["cache"]>["durations"] = [200, 202, 401].map(
  (status) => ({ from: status, to: status, duration: 300_000 }),
);
