import { firstOf } from "../../table/expand.ts";
import type { Canary } from "../../table/policies/canary.ts";

/** nginx takes no longer header (large_client_header_buffers); it also bounds what a pattern may cost. */
const LONGEST = 8192;

const patterns = new WeakMap<Canary, RegExp>();

/**
 * Whether a request is one for the canary; null: the lot decides. The order is that of ingress-nginx
 * (rootfs/etc/nginx/lua/balancer.lua, route_to_alternative_balancer). `session`: which backend the request's session is
 * with; null: it has none.
 */
export function isForCanary(canary: Canary, headers: Headers, session: number | null): boolean | null {
  if (canary.sticky && session !== null) return session > 0;
  const header = canary.header === "" ? null : headers.get(canary.header);
  if (header !== null) {
    if (canary.headerValue !== "") {
      if (header === canary.headerValue) return true;
    } else if (canary.patternFails) {
      return false;
    } else if (canary.headerPattern !== "") {
      if (header.length <= LONGEST && patternOf(canary).test(header)) return true;
    } else if (header === "always" || header === "never") {
      return header === "always";
    }
  }
  const cookie = canary.cookie === "" ? "" : firstOf((headers.get("cookie") ?? "").split(";"), canary.cookie);
  return cookie === "always" || cookie === "never" ? cookie === "always" : null;
}

function patternOf(canary: Canary): RegExp {
  const known = patterns.get(canary) ?? new RegExp(canary.headerPattern);
  patterns.set(canary, known);
  return known;
}
