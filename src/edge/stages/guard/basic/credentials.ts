import { isUserName } from "../../../../table/htpasswd.ts";

/** A user and a password as a client sent them. */
export interface UserPassword {
  readonly user: string;
  readonly password: Uint8Array;
}

/** Bytes of a password: musl's crypt(3) takes no longer ones for SHA-crypt, and nobody has one. */
const MOST_PASSWORD = 256;

const HEADER = /^basic +(?<base64>[A-Za-z0-9+/]+={0,2})$/i;

/**
 * The credentials in an Authorization header (RFC 7617); null where it holds none that anybody could have. Several
 * headers reach the edge as one with commas, which is none. A password is bytes, for none but its user knows in which
 * encoding; a name is UTF-8.
 */
export function readCredentials(header: string): UserPassword | null {
  const base64 = HEADER.exec(header.trim())?.groups?.base64;
  const bytes = base64 === undefined ? null : decode(base64);
  if (bytes === null) return null;
  const colon = bytes.indexOf(0x3a);
  if (colon <= 0) return null;
  const user = utf8(bytes.subarray(0, colon));
  const password = bytes.subarray(colon + 1);
  // To crypt(3) a NUL ends the password: what comes after it would not count.
  if (user === null || !isUserName(user) || password.length > MOST_PASSWORD || password.includes(0)) return null;
  return { user, password };
}

function decode(base64: string): Uint8Array | null {
  try {
    return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

function utf8(bytes: Uint8Array): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return null;
  }
}
