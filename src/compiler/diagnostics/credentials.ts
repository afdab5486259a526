/** Stands where something is not shown. */
export const MASK = "***";

/** From the start of the first URL's authority to the last `@`: a password may hold any character. Null for none. */
export function credentialsIn(text: string): { readonly start: number; readonly end: number } | null {
  const scheme = text.indexOf("://");
  const end = text.lastIndexOf("@");
  return scheme === -1 || end < scheme + 3 ? null : { start: scheme + 3, end };
}

/** A text without the user and password of its URLs. Rather too much is left out than a part of a password shown. */
export function withoutCredentials(text: string): string {
  const found = credentialsIn(text);
  return found === null ? text : text.slice(0, found.start) + MASK + text.slice(found.end);
}
