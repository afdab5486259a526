/** FNV-1a over UTF-16 code units, then mixed: 32 bits in which every bit of the text counts. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return mix(hash);
}

/** MurmurHash3's 32-bit finaliser: neighbours in, strangers out. */
function mix(hash: number): number {
  let mixed = hash ^ (hash >>> 16);
  mixed = Math.imul(mixed, 0x85ebca6b);
  mixed ^= mixed >>> 13;
  mixed = Math.imul(mixed, 0xc2b2ae35);
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/**
 * How much a key belongs to a node, for weighted rendezvous hashing (Schindelhauer and Schomaker's logarithmic method):
 * of several nodes the highest score has the key. A node that goes takes only its own keys along, and a weight of
 * twice as much gets twice as many. Both hashes are of `hashText`; `weight` is above 0.
 */
export function rendezvousScore(key: number, node: number, weight: number): number {
  const uniform = (mix(key ^ node) + 0.5) / 2 ** 32;
  return -weight / Math.log(uniform);
}
