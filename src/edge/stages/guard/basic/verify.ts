import type { PasswordHash } from "../../../../table/htpasswd.ts";
import { sameText } from "../same-text.ts";
import { bcrypt } from "./bcrypt.ts";
import { joined } from "./crypt-text.ts";
import { md5Crypt } from "./md5-crypt.ts";
import { shaCrypt } from "./sha-crypt.ts";

/** Whether a password is the one of which this is the hash. How long it takes does not depend on how wrong it is. */
export async function verify(hash: PasswordHash, password: Uint8Array): Promise<boolean> {
  const { computed, expected } = await compute(hash, password);
  return sameText(computed, expected);
}

async function compute(
  hash: PasswordHash,
  password: Uint8Array,
): Promise<{ readonly computed: string; readonly expected: string }> {
  switch (hash.scheme) {
    case "bcrypt":
      return { computed: bcrypt(password, hash.salt, hash.cost), expected: hash.digest };
    case "sha-crypt":
      return { computed: await shaCrypt(password, hash), expected: hash.digest };
    case "md5-crypt":
      return { computed: await md5Crypt(password, hash.magic, hash.salt), expected: hash.digest };
    case "sha1":
      return { computed: await digestText("SHA-1", [password, bytesOf(hash.salt)]), expected: hash.digest };
    case "plain":
      // Of digests, so that lengths are equal.
      return {
        computed: await digestText("SHA-256", [password]),
        expected: await digestText("SHA-256", [new TextEncoder().encode(hash.password)]),
      };
  }
}

function bytesOf(base64: string): Uint8Array {
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

async function digestText(algorithm: string, parts: readonly Uint8Array[]): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest(algorithm, joined(parts)));
  return btoa(String.fromCharCode(...digest));
}
