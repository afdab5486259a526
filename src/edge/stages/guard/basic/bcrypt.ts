import { PI_FRACTION } from "./pi.ts";

/** bcrypt's own alphabet of base64. */
const ALPHABET = "./ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789";

/** Bytes of a password that count; what comes after them is not looked at, as in every crypt(3). */
const MOST_BYTES = 72;
const SUBKEYS = 18;

/** "OrpheanBeholderScryDoubt" */
const PLAINTEXT = [0x4f727068, 0x65616e42, 0x65686f6c, 0x64657253, 0x63727944, 0x6f756274];

/**
 * bcrypt (Provos and Mazières 1999) as `$2a$`, `$2b$` and `$2y$` have it, in the text form of its digest. `salt` is in
 * that form too. It is not in WebCrypto. All of it happens at once: requests with the same credentials, which come in
 * flocks, then find the first one's result.
 */
export function bcrypt(password: Uint8Array, salt: string, cost: number): string {
  const subkeys = wordsOf(fractionOfPi().subarray(0, SUBKEYS * 4));
  const boxes = wordsOf(fractionOfPi().subarray(SUBKEYS * 4));
  const saltWords = wordsOf(decode(salt));
  const key = keyWords(password);
  schedule(subkeys, boxes, key, saltWords);
  for (let rounds = 2 ** cost; rounds > 0; rounds--) {
    schedule(subkeys, boxes, key, NO_SALT);
    schedule(subkeys, boxes, saltWords, NO_SALT);
  }
  const words = Int32Array.from(PLAINTEXT);
  for (let pair = 0; pair < words.length; pair += 2) {
    for (let times = 0; times < 64; times++) encipher(words, pair, subkeys, boxes);
  }
  const bytes = new Uint8Array(words.length * 4);
  const view = new DataView(bytes.buffer);
  for (const [index, word] of words.entries()) view.setInt32(index * 4, word);
  // The last byte was left out by a slip of the first implementation, and is ever since.
  return encode(bytes.subarray(0, 23));
}

let initial: Uint8Array | undefined;

function fractionOfPi(): Uint8Array {
  initial ??= Uint8Array.from(atob(PI_FRACTION), (character) => character.charCodeAt(0));
  return initial;
}

const NO_SALT = new Int32Array(4);

/** The password and a NUL, over and over. */
function keyWords(password: Uint8Array): Int32Array {
  const bytes = new Uint8Array(SUBKEYS * 4);
  const length = password.length + 1;
  for (let index = 0; index < MOST_BYTES; index++) bytes[index] = password[index % length] ?? 0;
  return wordsOf(bytes);
}

/** ExpandKey: mixes a key and a salt into the state. */
function schedule(subkeys: Int32Array, boxes: Int32Array, key: Int32Array, salt: Int32Array): void {
  for (let index = 0; index < SUBKEYS; index++) {
    subkeys[index] = (subkeys[index] as number) ^ (key[index % key.length] as number);
  }
  const block = new Int32Array(2);
  let at = 0;
  for (const into of [subkeys, boxes]) {
    for (let index = 0; index < into.length; index += 2) {
      block[0] = (block[0] as number) ^ (salt[at] as number);
      block[1] = (block[1] as number) ^ (salt[at + 1] as number);
      at = (at + 2) & 3;
      encipher(block, 0, subkeys, boxes);
      into[index] = block[0];
      into[index + 1] = block[1];
    }
  }
}

/** Blowfish on the two words at `at`. Where bcrypt spends its time: `npm run bench -- auth`. */
function encipher(words: Int32Array, at: number, subkeys: Int32Array, boxes: Int32Array): void {
  let left = (words[at] as number) ^ (subkeys[0] as number);
  let right = words[at + 1] as number;
  for (let round = 1; round <= 16; ) {
    let sum = ((boxes[left >>> 24] as number) + (boxes[0x100 | ((left >>> 16) & 255)] as number)) | 0;
    sum = ((sum ^ (boxes[0x200 | ((left >>> 8) & 255)] as number)) + (boxes[0x300 | (left & 255)] as number)) | 0;
    right ^= sum ^ (subkeys[round++] as number);
    sum = ((boxes[right >>> 24] as number) + (boxes[0x100 | ((right >>> 16) & 255)] as number)) | 0;
    sum = ((sum ^ (boxes[0x200 | ((right >>> 8) & 255)] as number)) + (boxes[0x300 | (right & 255)] as number)) | 0;
    left ^= sum ^ (subkeys[round++] as number);
  }
  words[at] = right ^ (subkeys[17] as number);
  words[at + 1] = left;
}

function wordsOf(bytes: Uint8Array): Int32Array {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Int32Array.from({ length: bytes.length / 4 }, (_, index) => view.getInt32(index * 4));
}

/** Six bits a character, the highest first; the bits that are left over at the end are 0. */
function encode(bytes: Uint8Array): string {
  let text = "";
  let bits = 0;
  let held = 0;
  for (const byte of bytes) {
    held = (held << 8) | byte;
    for (bits += 8; bits >= 6; ) {
      bits -= 6;
      text += ALPHABET.charAt((held >> bits) & 63);
    }
  }
  return bits === 0 ? text : text + ALPHABET.charAt((held << (6 - bits)) & 63);
}

function decode(text: string): Uint8Array {
  const bytes = new Uint8Array((text.length * 6) >> 3);
  let at = 0;
  let bits = 0;
  let held = 0;
  for (const character of text) {
    held = ((held << 6) | ALPHABET.indexOf(character)) & 0xffff;
    bits += 6;
    if (bits < 8) continue;
    bits -= 8;
    bytes[at++] = (held >> bits) & 255;
  }
  return bytes;
}
