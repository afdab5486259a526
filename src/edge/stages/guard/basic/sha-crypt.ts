import { charactersOf, joined, repeated } from "./crypt-text.ts";

/** What SHA-crypt is made with besides the password. */
export interface ShaCryptSettings {
  readonly bits: 256 | 512;
  readonly rounds: number;
  readonly salt: string;
}

/**
 * SHA-crypt, `$5$` and `$6$`, in the text form of its digest: Drepper, "Unix crypt using SHA-256 and SHA-512", by whose
 * letters the parts are called. One round takes about 2 µs with WebCrypto.
 */
export async function shaCrypt(password: Uint8Array, { bits, rounds, salt }: ShaCryptSettings): Promise<string> {
  const name = `SHA-${bits}`;
  const digest = async (...parts: readonly Uint8Array[]) =>
    new Uint8Array(await crypto.subtle.digest(name, joined(parts)));
  const salted = new TextEncoder().encode(salt);
  const b = await digest(password, salted, password);
  let a = await digest(password, salted, repeated(b, password.length), ...byBits(password, b));
  const p = repeated(await digest(...Array<Uint8Array>(password.length).fill(password)), password.length);
  const ds = await digest(...Array<Uint8Array>(16 + (a[0] as number)).fill(salted));
  const s = repeated(ds, salted.length);
  for (let round = 0; round < rounds; round++) {
    const isOdd = round % 2 === 1;
    const parts = [isOdd ? p : a];
    if (round % 3 !== 0) parts.push(s);
    if (round % 7 !== 0) parts.push(p);
    parts.push(isOdd ? a : p);
    a = await digest(...parts);
  }
  return bits === 512 ? text512(a) : text256(a);
}

/** For each bit of the password's length, the lowest first: B for 1, the password for 0. */
function byBits(password: Uint8Array, b: Uint8Array): Uint8Array[] {
  const parts: Uint8Array[] = [];
  for (let length = password.length; length > 0; length >>= 1) parts.push(length % 2 === 1 ? b : password);
  return parts;
}

/** Three bytes, 21 apart, make four characters; which of them is the highest goes around. */
function text512(digest: Uint8Array): string {
  const at = (index: number) => digest[index] as number;
  const triples = Array.from({ length: 21 }, (_, k) => {
    const [x, y, z] = [k, k + 21, k + 42].map((_, turn, all) => at(all[(turn + k) % 3] as number));
    return charactersOf(x as number, y as number, z as number);
  });
  return triples.join("") + charactersOf(0, 0, at(63), 2);
}

/** The same with 10 for 21, the other way around. */
function text256(digest: Uint8Array): string {
  const at = (index: number) => digest[index] as number;
  const triples = Array.from({ length: 10 }, (_, k) => {
    const [x, y, z] = [k, k + 10, k + 20].map((_, turn, all) => at(all[(turn + 2 * k) % 3] as number));
    return charactersOf(x as number, y as number, z as number);
  });
  return triples.join("") + charactersOf(0, at(31), at(30), 3);
}
