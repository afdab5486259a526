import { byText } from "../by-text.ts";
import type { ValuePath } from "../sources/document.ts";
import { isMapping } from "./schema.ts";

/** A value of a Secret. `unreadable`: it is no text in UTF-8, or its base64 is none. */
export type SecretValue = { readonly text: string } | "unreadable";

const MASK = "***";

/**
 * What a Secret holds. It is shown nowhere: what serialises, prints or compares it gets a mask. It goes to the edge alone,
 * by `dev` and by `edge-ingress secrets`.
 */
export class SecretContent {
  readonly #values: ReadonlyMap<string, SecretValue>;
  readonly #inClear: ReadonlySet<string>;

  private constructor(values: ReadonlyMap<string, SecretValue>, inClear: ReadonlySet<string>) {
    this.#values = values;
    this.#inClear = inClear;
  }

  /** Of an untrusted manifest: `data` in base64, `stringData` in clear, of which the latter counts (the API server's rule). */
  static of(document: unknown): SecretContent {
    const { data, stringData } = isMapping(document) ? document : {};
    const values = new Map<string, SecretValue>();
    for (const [key, value] of Object.entries(isMapping(data) ? data : {})) values.set(key, fromBase64(value));
    for (const [key, value] of Object.entries(isMapping(stringData) ? stringData : {})) {
      values.set(key, value === null ? { text: "" } : typeof value === "string" ? { text: value } : "unreadable");
    }
    const sorted = new Map([...values].sort(([a], [b]) => byText(a, b)));
    return new SecretContent(sorted, new Set(Object.keys(isMapping(stringData) ? stringData : {})));
  }

  /** Sorted. Names of keys are no secret, except where they are users. */
  get keys(): readonly string[] {
    return [...this.#values.keys()];
  }

  read(key: string): SecretValue | null {
    return this.#values.get(key) ?? null;
  }

  /** Where the manifest has a key. */
  pathOf(key: string): ValuePath {
    return [this.#inClear.has(key) ? "stringData" : "data", key];
  }

  toJSON(): string {
    return MASK;
  }

  toString(): string {
    return MASK;
  }

  [Symbol.for("nodejs.util.inspect.custom")](): string {
    return MASK;
  }
}

/** As Go's decoder: with padding, line breaks passed over. */
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

function fromBase64(value: unknown): SecretValue {
  if (value === null) return { text: "" };
  const plain = typeof value === "string" ? value.replace(/[\r\n]/g, "") : null;
  if (plain === null || !BASE64.test(plain)) return "unreadable";
  try {
    return { text: new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(Buffer.from(plain, "base64")) };
  } catch {
    return "unreadable";
  }
}
