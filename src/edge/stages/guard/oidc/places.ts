import type { Oidc } from "../../../../table/policies/oidc.ts";
import { LOCAL_CLIENT_ADDRESS } from "../../../client.ts";
import { textOf } from "../../../env.ts";
import type { Visit } from "../../visit.ts";

/** Whether a request came over a way on which cookies and codes may go: TLS, or plain HTTP on the machine of `dev`. */
export function isPrivate(visit: Visit): boolean {
  return visit.client.scheme === "https" || isLocal(visit);
}

function isLocal({ client, env }: Visit): boolean {
  return client.scheme === "http" && textOf(env, LOCAL_CLIENT_ADDRESS) !== null;
}

/** Scheme, host and port of a request, as the browser has them. */
export function originOf({ client, target }: Visit): string {
  return `${client.scheme}://${target.host}${target.port}`;
}

/** What a thing is sealed for: nobody takes it to another policy, provider, client or host. */
export function boundTo(what: string, { name, issuer, clientId }: Oidc, { target }: Visit, ...more: string[]): string {
  return JSON.stringify([what, name, issuer, clientId, target.host, ...more]);
}

/** The name as the browser has it: `__Host-` lets no other host, and nothing that came in clear, set it (RFC 6265bis). */
export function fullName(name: string, visit: Visit): string {
  return isLocal(visit) ? name : `__Host-${name}`;
}

/** `maxAge` in seconds; 0 takes the cookie away. */
export function putCookie(visit: Visit, fullName: string, value: string, maxAge: number): void {
  const secure = isLocal(visit) ? "" : "; Secure";
  const cookie = `${fullName}=${value}; Path=/; Max-Age=${maxAge}; HttpOnly; SameSite=Lax${secure}`;
  visit.toClient.append("set-cookie", cookie);
}

/** Leads the browser on, and leaves no trace of where it was. */
export function redirect(location: string, { requestId }: Visit): Response {
  const headers = {
    location,
    "cache-control": "no-store",
    "referrer-policy": "no-referrer",
    "x-request-id": requestId,
  };
  return new Response(null, { status: 302, headers });
}

/** Seconds since the epoch. */
export function now(): number {
  return Math.floor(Date.now() / 1000);
}
