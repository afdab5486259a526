import type { Oidc } from "../../../../table/policies/oidc.ts";
import { cookiesNamed } from "../../../cookies.ts";
import { logRefusal } from "../../../observe/refusals.ts";
import type { Visit } from "../../visit.ts";
import type { Claims } from "../jwt/claims.ts";
import { boundTo, fullName, now, putCookie } from "./places.ts";
import { Refreshes } from "./refreshes.ts";
import { type Sealer, sealerOf } from "./sealer.ts";
import type { Tokens } from "./tokens.ts";

/** What a browser keeps for the edge, sealed. Times in seconds since the epoch. */
export interface Session {
  readonly claims: Claims;
  readonly begun: number;
  /** When it was sealed last: the idle time counts from there. */
  readonly used: number;
  /** When tokens are to be refreshed, and when they end. */
  readonly refreshAt: number;
  readonly expires: number;
  readonly refresh: string | null;
  /** Null unless clusters get it. */
  readonly access: string | null;
}

/** Browsers keep cookies of at least 4,096 bytes, name and attributes included (RFC 6265 §6.1). */
const PART = 3_500;
export const MOST_PARTS = 4;

/** Claims that speak of the exchange alone. */
const OF_EXCHANGE = ["nonce", "at_hash", "c_hash", "s_hash"];

const refreshes = new Refreshes();

/** Begins one; false where it is too large to be kept by a browser. */
export async function beginSession(tokens: Tokens, policy: Oidc, sealer: Sealer, visit: Visit): Promise<boolean> {
  const session = sessionOf(tokens, { claims: tokens.claims ?? {}, begun: now() }, policy);
  return keep(session, policy, sealer, visit);
}

function sessionOf(
  { claims, access, refresh, refreshAt, expires }: Tokens,
  before: Pick<Session, "claims" | "begun"> & { readonly refresh?: string | null },
  { forwardAccessToken }: Oidc,
): Session {
  return {
    claims: Object.fromEntries(Object.entries(claims ?? before.claims).filter(([name]) => !OF_EXCHANGE.includes(name))),
    begun: before.begun,
    used: now(),
    refreshAt,
    expires,
    refresh: refresh ?? before.refresh ?? null,
    access: forwardAccessToken ? access : null,
  };
}

/** The session of a request, refreshed and renewed as is due; null where there is none that counts. */
export async function currentSession(policy: Oidc, visit: Visit): Promise<Session | null | "undecided"> {
  const sealed = sealedSession(policy, visit);
  if (sealed === null) return null;
  const sealer = await sealerOf(policy, visit);
  if (sealer === null) return "undecided";
  // What opens is what was sealed here.
  const session = (await sealer.open(sealed, boundTo("session", policy, visit))) as Session | undefined;
  if (session === undefined) return refused("a session that is none of this policy and host", policy, visit);
  const { begun, used } = session;
  const time = now();
  if (time >= begun + policy.absoluteTimeout || time >= used + policy.idleTimeout) return null;
  const current = await withFreshTokens(session, policy, visit);
  if (current === null || current === "undecided") return current;
  const isDue = current !== session || time - used >= policy.idleTimeout / 10;
  if (isDue && !(await keep({ ...current, used: time }, policy, sealer, visit))) return "undecided";
  return current;
}

/** Several, where a cookie comes late whose refresh token, and the one after that, were used by others before it. */
const MOST_REFRESHES = 5;

/** The session itself where its tokens need nothing; null where they have ended. */
async function withFreshTokens(session: Session, policy: Oidc, visit: Visit): Promise<Session | null | "undecided"> {
  let current = session;
  for (let count = 0; count < MOST_REFRESHES && now() >= current.refreshAt; count++) {
    if (current.refresh === null || !policy.refreshToken) break;
    const outcome = await refreshes.tokensFor(current.refresh, current.claims, policy, visit);
    if (outcome === "refused") return null;
    if (outcome === "undecided") {
      if (now() >= current.expires) return "undecided";
      break;
    }
    current = sessionOf(outcome, current, policy);
  }
  return now() >= current.expires ? null : current;
}

function refused(reason: string, { name }: Oidc, { requestId }: Visit): null {
  logRefusal({ by: "oidc", reason, requestId, of: name });
  return null;
}

/** A session is sealed as one text; the first part begins with the count of parts. */
function sealedSession(policy: Oidc, visit: Visit): string | null {
  const { headers } = visit.request;
  const name = fullName(policy.cookieNames.session, visit);
  const first = cookiesNamed(headers, name);
  if (first.length === 0) return null;
  const count = Number(first[0]?.[0]);
  if (!(count <= MOST_PARTS)) return refused("a session cookie that is none", policy, visit);
  const parts = [
    first,
    ...Array.from({ length: count - 1 }, (_, part) => cookiesNamed(headers, `${name}.${part + 1}`)),
  ];
  if (parts.some(({ length }) => length !== 1))
    return refused("a session with parts missing or repeated", policy, visit);
  return parts.join("").slice(1);
}

async function keep(session: Session, policy: Oidc, sealer: Sealer, visit: Visit): Promise<boolean> {
  const sealed = await sealer.seal(session, boundTo("session", policy, visit));
  const count = Math.ceil((sealed.length + 1) / PART);
  if (count > MOST_PARTS) {
    const reason = `a session of ${sealed.length} bytes, of ${MOST_PARTS * PART} at most: ask for fewer claims or scopes, or leave tokens out`;
    refused(reason, policy, visit);
    return false;
  }
  const maxAge = Math.min(policy.idleTimeout, session.begun + policy.absoluteTimeout - now());
  const text = `${count}${sealed}`;
  for (const [part, name] of partNames(policy, visit).entries()) {
    if (part < count) putCookie(visit, name, text.slice(part * PART, (part + 1) * PART), maxAge);
    else if (cookiesNamed(visit.request.headers, name).length > 0) putCookie(visit, name, "", 0);
  }
  return true;
}

/** Takes it away from the browser. A copy of it counts until its time is over: the edge remembers no sessions. */
export function endSession(policy: Oidc, visit: Visit): void {
  for (const [part, name] of partNames(policy, visit).entries()) {
    if (part === 0 || cookiesNamed(visit.request.headers, name).length > 0) putCookie(visit, name, "", 0);
  }
}

function partNames({ cookieNames }: Oidc, visit: Visit): string[] {
  const name = fullName(cookieNames.session, visit);
  return Array.from({ length: MOST_PARTS }, (_, part) => (part === 0 ? name : `${name}.${part}`));
}
