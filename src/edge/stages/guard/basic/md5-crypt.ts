import { charactersOf, joined, repeated } from "./crypt-text.ts";

/** Which bytes of the digest stand together in its text. */
const TRIPLES = [
  [0, 6, 12],
  [1, 7, 13],
  [2, 8, 14],
  [3, 9, 15],
  [4, 10, 5],
] as const;

/**
 * MD5-crypt, in the text form of its digest: `$1$` of FreeBSD and `$apr1$` of Apache, which differ in that `magic` alone.
 * MD5 is in the WebCrypto of workerd, beyond the standard.
 */
export async function md5Crypt(password: Uint8Array, magic: string, salt: string): Promise<string> {
  const digest = async (...parts: readonly Uint8Array[]) =>
    new Uint8Array(await crypto.subtle.digest("MD5", joined(parts)));
  const encode = (text: string) => new TextEncoder().encode(text);
  const salted = encode(salt);
  const inner = await digest(password, salted, password);
  let state = await digest(
    password,
    encode(magic),
    salted,
    repeated(inner, password.length),
    Uint8Array.from(byBits(password)),
  );
  for (let round = 0; round < 1000; round++) {
    const isOdd = round % 2 === 1;
    const parts = [isOdd ? password : state];
    if (round % 3 !== 0) parts.push(salted);
    if (round % 7 !== 0) parts.push(password);
    parts.push(isOdd ? state : password);
    state = await digest(...parts);
  }
  const at = (index: number) => state[index] as number;
  return TRIPLES.map(([x, y, z]) => charactersOf(at(x), at(y), at(z))).join("") + charactersOf(0, 0, at(11), 2);
}

/** For each bit of the password's length, the lowest first: 0 for 1, the first byte of the password for 0. */
function byBits(password: Uint8Array): number[] {
  const bytes: number[] = [];
  for (let length = password.length; length > 0; length >>= 1) {
    bytes.push(length % 2 === 1 ? 0 : (password[0] as number));
  }
  return bytes;
}
