import type { Claims } from "./claims.ts";

/**
 * Milliseconds that a token is not verified again. Within them an isolate does not see that its issuer takes back the
 * key; that single tokens are taken back, tokens that are checked without asking the issuer never tell.
 */
export const VERIFIED_FOR = 60_000;

const MOST_TOKENS = 1_000;

/** Tokens that an isolate has verified, under their SHA-256: what it holds opens nothing. The oldest goes first. */
export class VerifiedTokens {
  readonly #tokens = new Map<string, { readonly claims: Claims; readonly until: number }>();

  static async digest(token: string): Promise<string> {
    const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(token));
    return String.fromCharCode(...new Uint8Array(digest));
  }

  get(digest: string): Claims | null {
    const token = this.#tokens.get(digest);
    if (token === undefined) return null;
    if (Date.now() < token.until) return token.claims;
    this.#tokens.delete(digest);
    return null;
  }

  /** `clockSkew` in seconds. */
  add(digest: string, claims: Claims, clockSkew: number): void {
    const expires = (Number(claims.exp) + clockSkew) * 1000;
    if (this.#tokens.size >= MOST_TOKENS) {
      const oldest = this.#tokens.keys().next();
      if (!oldest.done) this.#tokens.delete(oldest.value);
    }
    this.#tokens.set(digest, { claims, until: Math.min(Date.now() + VERIFIED_FOR, expires) });
  }
}
