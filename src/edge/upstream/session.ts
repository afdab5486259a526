import type { LoadBalancing } from "../../table/policies/load-balancing.ts";
import { cookiesNamed } from "../cookies.ts";
import { hashText } from "./hash.ts";

export type SessionPersistence = NonNullable<LoadBalancing["sessionPersistence"]>;

/** What a session's cookie says of an endpoint: 8 hex digits that tell nothing of the inside. */
export function sessionToken(endpointId: string): string {
  return hashText(endpointId).toString(16).padStart(8, "0");
}

/** The first value of a cookie; null where the request has none of that name. */
export function cookieOf(headers: Headers, name: string): string | null {
  return cookiesNamed(headers, name)[0] ?? null;
}

/** The Set-Cookie that keeps a session with an endpoint. */
export function sessionCookie(session: SessionPersistence, endpointId: string, secure: boolean): string {
  const { sessionName, absoluteTimeout } = session;
  const age = absoluteTimeout === 0 ? "" : `; Max-Age=${absoluteTimeout}`;
  return `${sessionName}=${sessionToken(endpointId)}; Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}${age}`;
}
