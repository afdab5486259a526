/** Whose an API key is, and what it may do. */
export interface ApiKeyTerms {
  readonly owner: string;
  readonly scopes: readonly string[];
  /** Name of a rate plan. */
  readonly plan: string | null;
  /** ISO 8601, as the two below. */
  readonly createdAt: string;
  readonly expiresAt: string | null;
  readonly revokedAt: string | null;
}

/** What KV holds of an API key, under `recordName`. The key itself is nowhere: whoever reads all of it can call nothing. */
export interface ApiKeyRecord extends ApiKeyTerms {
  /** Of the whole key: see `hashOfKey`. */
  readonly hash: string;
}

/** Of base62. */
export const KEY_ID_LENGTH = 12;

/** Of base62: 256 bits. */
export const KEY_SECRET_LENGTH = 43;

const KEY = /^ei_([0-9A-Za-z]{12})_[0-9A-Za-z]{43}$/;
const KEY_ID = /^[0-9A-Za-z]{12}$/;

/** The id in a key, which is no secret; null for a text that is no key. */
export function idOfKey(key: string): string | null {
  return KEY.exec(key)?.[1] ?? null;
}

export function isKeyId(text: string): boolean {
  return KEY_ID.test(text);
}

/** The prefix of all names in KV. */
export const RECORDS = "key/";

export function recordName(id: string): string {
  return RECORDS + id;
}

/**
 * SHA-256 in hex. A key is 256 random bits, so no list of likely ones exists that a slow hash or a pepper would have to
 * protect; its id salts it.
 */
export async function hashOfKey(key: string): Promise<string> {
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(key));
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Visible ASCII with single spaces within: what can be told in a header as it is. */
export function isOwner(text: string): boolean {
  return text.length <= 128 && /^[!-~]+(?: [!-~]+)*$/.test(text);
}

/** RFC 6749 §3.3: also of the names of rate plans. */
export function isScope(text: string): boolean {
  return text.length <= 64 && /^[!#-[\]-~]+$/.test(text);
}

/** The record in a value of KV; null for anything else. */
export function parseApiKeyRecord(value: string): ApiKeyRecord | null {
  try {
    const record: unknown = JSON.parse(value);
    return isRecord(record) ? record : null;
  } catch {
    return null;
  }
}

function isRecord(value: unknown): value is ApiKeyRecord {
  if (!isApiKeyTerms(value)) return false;
  const { hash } = value as { readonly hash?: unknown };
  return typeof hash === "string" && /^[0-9a-f]{64}$/.test(hash);
}

export function isApiKeyTerms(value: unknown): value is ApiKeyTerms {
  if (typeof value !== "object" || value === null) return false;
  const { owner, scopes, plan, createdAt, expiresAt, revokedAt } = value as Record<string, unknown>;
  return (
    typeof owner === "string" &&
    isOwner(owner) &&
    Array.isArray(scopes) &&
    scopes.every((scope) => typeof scope === "string" && isScope(scope)) &&
    (plan === null || (typeof plan === "string" && isScope(plan))) &&
    isTime(createdAt) &&
    [expiresAt, revokedAt].every((time) => time === null || isTime(time))
  );
}

function isTime(value: unknown): value is string {
  return typeof value === "string" && !Number.isNaN(Date.parse(value));
}
