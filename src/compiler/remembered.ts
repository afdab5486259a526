/** In characters: what is that large is seldom there twice. */
const LONGEST_KEY = 4_096;

/**
 * A pure function that remembers what it came to: manifests have few patterns and many times the same ones. Forgets all
 * when `most` are known, so that a process that compiles for days does not grow, and nothing of a long key.
 */
export function remembered<Args extends readonly unknown[], Value>(
  most: number,
  keyOf: (...args: Args) => string,
  work: (...args: Args) => Value,
): (...args: Args) => Value {
  const known = new Map<string, { readonly value: Value }>();
  return (...args) => {
    const key = keyOf(...args);
    if (key.length > LONGEST_KEY) return work(...args);
    const found = known.get(key);
    if (found !== undefined) return found.value;
    const value = work(...args);
    if (known.size >= most) known.clear();
    known.set(key, { value });
    return value;
  };
}

/** The same of an object, for as long as that is there. Of one that never changes. */
export function rememberedOf<Key extends object, Value>(work: (key: Key) => Value): (key: Key) => Value {
  const known = new WeakMap<Key, { readonly value: Value }>();
  return (key) => {
    const found = known.get(key);
    if (found !== undefined) return found.value;
    const value = work(key);
    known.set(key, { value });
    return value;
  };
}
