import type { Endpoint } from "../../table/model.ts";
import type { SessionPersistence } from "../../table/policies/load-balancing.ts";
import { cookiesNamed } from "../cookies.ts";
import { hashText } from "./hash.ts";
import { misreadsSameSiteNone } from "./same-site.ts";

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

/** What the cookie is called beside the one of a cluster's own ingress. */
const OF_EDGE = "-EDGE";

/** What the session's cookie holds; null: the request has none. */
export function sessionValueIn(headers: Headers, { sessionName, besidesIngress }: SessionPersistence): string | null {
  const own = besidesIngress ? cookieOf(headers, sessionName + OF_EDGE) : null;
  return own ?? cookieOf(headers, sessionName);
}

/** What the cookie depends on besides its policy. */
export interface SessionContext {
  /** Whether the client came by https. */
  readonly secure: boolean;
  /** Whose answer it goes along with. */
  readonly mode: Endpoint["mode"];
  /** Of the rule. */
  readonly path: string;
  readonly userAgent: string;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** The Set-Cookie that keeps a session with an endpoint, its attributes in the order of lua-resty-cookie. */
export function sessionCookie(session: SessionPersistence, value: string, context: SessionContext): string {
  const { sessionName, absoluteTimeout, domain, expires, sameSite } = session;
  const name = session.besidesIngress && context.mode === "ingress" ? sessionName + OF_EDGE : sessionName;
  const isLeftOut =
    sameSite === "" ||
    (sameSite === "None" && session.conditionalSameSiteNone && misreadsSameSiteNone(context.userAgent));
  return [
    `${name}=${value}`,
    ...(expires === 0 ? [] : [`Expires=${new Date(context.now + expires * 1000).toUTCString()}`]),
    ...(absoluteTimeout === 0 ? [] : [`Max-Age=${absoluteTimeout}`]),
    ...(domain === "" ? [] : [`Domain=${domain}`]),
    `Path=${session.path === "" ? context.path : session.path}`,
    ...(context.secure || session.secure ? ["Secure"] : []),
    "HttpOnly",
    ...(isLeftOut ? [] : [`SameSite=${sameSite}`]),
  ].join("; ");
}
