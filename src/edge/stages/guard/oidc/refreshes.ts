import { encode } from "jose/base64url";
import type { Oidc } from "../../../../table/policies/oidc.ts";
import { within } from "../../../health/patience.ts";
import { logRefusal } from "../../../observe/refusals.ts";
import type { Visit } from "../../visit.ts";
import { FETCH_PATIENCE } from "../fetch-json.ts";
import { RETRY_INTERVAL } from "../fetched.ts";
import type { Claims } from "../jwt/claims.ts";
import { discoveryOf } from "./discovery.ts";
import { boundTo } from "./places.ts";
import { askTokens, type Tokens } from "./tokens.ts";

type Outcome = Tokens | "refused" | "undecided";

/**
 * Milliseconds for which what a refresh token gave is given again: requests that were on their way with the old cookie
 * would else use it twice, and a provider that rotates them takes that for theft and ends the session (RFC 9700 §4.14.2).
 */
export const GIVEN_AGAIN_FOR = 5 * 60_000;

const MOST = 1_000;

interface Known {
  readonly since: number;
  readonly ended: Promise<Outcome>;
  /** Null while it is under way. */
  outcome: Outcome | null;
  until: number;
}

/** Refreshes of an isolate, by the digest of the refresh token: each is used once. */
export class Refreshes {
  readonly #known = new Map<string, Known>();

  async tokensFor(refresh: string, claims: Claims, policy: Oidc, visit: Visit): Promise<Outcome> {
    const bytes = new TextEncoder().encode(boundTo("refresh", policy, visit, refresh));
    const key = encode(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));
    const known = this.#known.get(key);
    if (known !== undefined && Date.now() < known.until) {
      // One that is lost with the request that began it must not keep others waiting for ever.
      return known.outcome ?? within(2 * FETCH_PATIENCE, known.ended).catch(() => "undecided" as const);
    }
    return this.#begin(key, refreshed(refresh, claims, policy, visit), visit);
  }

  #begin(key: string, asked: Promise<Outcome>, { waitUntil }: Visit): Promise<Outcome> {
    const since = Date.now();
    const ended = asked.catch(() => "undecided" as const);
    const known: Known = { since, ended, outcome: null, until: since + 4 * FETCH_PATIENCE };
    this.#known.delete(key);
    if (this.#known.size >= MOST) {
      const oldest = this.#known.keys().next();
      if (!oldest.done) this.#known.delete(oldest.value);
    }
    this.#known.set(key, known);
    const kept = ended.then((outcome) => {
      known.outcome = outcome;
      known.until = Date.now() + (outcome === "undecided" ? RETRY_INTERVAL : GIVEN_AGAIN_FOR);
      return outcome;
    });
    waitUntil(kept);
    return kept;
  }
}

/** OpenID Connect Core 1.0 §12: a new ID token is of the same person. */
async function refreshed(refresh: string, before: Claims, policy: Oidc, visit: Visit): Promise<Outcome> {
  const { requestId, waitUntil } = visit;
  const discovery = await discoveryOf(policy.issuer).current(waitUntil);
  if (discovery === null) return "undecided";
  const grant = { grant_type: "refresh_token", refresh_token: refresh };
  const tokens = await askTokens(policy, discovery, grant, visit);
  const reason =
    "is" in tokens
      ? tokens.reason
      : tokens.claims !== null && tokens.claims.sub !== before.sub
        ? "ID token: of somebody else"
        : null;
  if (reason !== null) logRefusal({ by: "oidc", reason: `refresh: ${reason}`, requestId, of: policy.name });
  if ("is" in tokens) return tokens.is;
  return reason === null ? tokens : "refused";
}
