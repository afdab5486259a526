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

/** What the cookie of a session holds: its endpoint's token, and which backend of the rule it is with, where that counts. */
export function sessionValue(endpointId: string, backend: number): string {
  return sessionToken(endpointId) + (backend === 0 ? "" : `.${backend}`);
}

const VALUE = /^([0-9a-f]{8})(?:\.(\d))?$/;

/** Null where the cookie is not one of the edge's. */
export function parseSession(value: string | null): { readonly token: string; readonly backend: number } | null {
  const [, token, backend = "0"] = VALUE.exec(value ?? "") ?? [];
  return token === undefined ? null : { token, backend: Number(backend) };
}

/** The Set-Cookie that keeps a session with an endpoint. */
export function sessionCookie(session: SessionPersistence, value: string, secure: boolean): string {
  const { sessionName, absoluteTimeout } = session;
  const age = absoluteTimeout === 0 ? "" : `; Max-Age=${absoluteTimeout}`;
  return `${sessionName}=${value}; Path=/; HttpOnly; SameSite=Lax${secure ? "; Secure" : ""}${age}`;
}
