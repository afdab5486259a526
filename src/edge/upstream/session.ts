import type { LoadBalancing } from "../../table/policies/load-balancing.ts";
import { hashText } from "./hash.ts";

export type SessionPersistence = NonNullable<LoadBalancing["sessionPersistence"]>;

/** What a session's cookie says of an endpoint: 8 hex digits that tell nothing of the inside. */
export function sessionToken(endpointId: string): string {
  return hashText(endpointId).toString(16).padStart(8, "0");
}

/** The first value of a cookie, without quotes; null where the request has none of that name (RFC 6265 §5.4). */
export function cookieOf(headers: Headers, name: string): string | null {
  const sent = headers.get("cookie");
  if (sent === null) return null;
  for (const pair of sent.split(";")) {
    const equals = pair.indexOf("=");
    if (equals < 0 || pair.slice(0, equals).trim() !== name) continue;
    return pair
      .slice(equals + 1)
      .trim()
      .replace(/^"(.*)"$/, "$1");
  }
  return null;
}

/** The Set-Cookie that keeps a session with an endpoint. */
export function sessionCookie(session: SessionPersistence, endpointId: string, secure: boolean): string {
  const { sessionName, absoluteTimeout } = session;
  const age = absoluteTimeout === 0 ? "" : `; Max-Age=${absoluteTimeout}`;
  return `${sessionName}=${sessionToken(endpointId)}; Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}${age}`;
}
