/** What a verified token says. */
export type Claims = Readonly<Record<string, unknown>>;

/** Characters of a header that tells a claim. */
const LONGEST = 4096;

/** The claim of that name; where there is none, what the name leads to as a path with dots. Undefined: nothing. */
export function claimAt(claims: Claims, path: string): unknown {
  if (Object.hasOwn(claims, path)) return claims[path];
  let value: unknown = claims;
  for (const name of path.split(".")) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return;
    value = (value as Claims)[name];
  }
  return value;
}

/**
 * A claim as the value of a header: scalars as text, lists of them joined with commas, everything else as JSON. Null
 * where a server could read another value out of it than the issuer wrote: control characters, spaces at the ends,
 * commas in a list. `%` and what is not ASCII are percent-encoded: the bytes of a header have no character set.
 */
export function headerValueOf(claim: unknown): string | null {
  const text = Array.isArray(claim) && claim.every(isScalar) ? listText(claim) : textOf(claim);
  if (text === null || text === "" || text.length > LONGEST) return null;
  const encoded = text.replace(/[^\x20-\x7e]|%/gu, encodeURIComponent);
  return encoded.length > LONGEST ? null : encoded;
}

function listText(items: readonly unknown[]): string | null {
  const texts = items.map(textOf);
  return texts.some((text) => text === null || text === "" || text.includes(",")) ? null : texts.join(",");
}

function textOf(value: unknown): string | null {
  if (typeof value === "number" || typeof value === "boolean") return `${value}`;
  if (typeof value === "string") return isPlain(value) ? value : null;
  return typeof value === "object" && value !== null ? JSON.stringify(value) : null;
}

function isPlain(text: string): boolean {
  return text.isWellFormed() && !/\p{Cc}|^\s|\s$/u.test(text);
}

function isScalar(value: unknown): boolean {
  return typeof value !== "object";
}
