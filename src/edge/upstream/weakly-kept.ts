/** What is known of something for as long as that is there: of a backend, until the shard that it stands in goes. */
export class WeaklyKept<Key extends WeakKey, Value extends object> {
  readonly #values = new WeakMap<Key, Value>();
  #refs: WeakRef<Value>[] = [];
  #sweepAt = 64;

  get(key: Key): Value | undefined {
    return this.#values.get(key);
  }

  /** Once for each key. */
  set(key: Key, value: Value): void {
    this.#values.set(key, value);
    this.#refs.push(new WeakRef(value));
    if (this.#refs.length >= this.#sweepAt) this.#sweepAt = 2 * this.values().length + 64;
  }

  /** Those that are still there. */
  values(): Value[] {
    const values: Value[] = [];
    this.#refs = this.#refs.filter((ref) => {
      const value = ref.deref();
      if (value !== undefined) values.push(value);
      return value !== undefined;
    });
    return values;
  }
}
