import { decode, encode } from "jose/base64url";
import type { Oidc } from "../../../../table/policies/oidc.ts";
import { readSessionKeys } from "../../../../table/session-keys.ts";
import { readSecret, reportSecret, type SecretContent } from "../../../secrets.ts";
import type { Visit } from "../../visit.ts";

const IV_BYTES = 12;

/** What the edge gives clients to keep: AES-256-GCM under a random IV, so that they can neither read nor change it. */
export class Sealer {
  readonly #keys: readonly CryptoKey[];

  /** The first key seals, all of them open. */
  constructor(keys: readonly CryptoKey[]) {
    this.#keys = keys;
  }

  /** `bound` says what it is for: it opens for the same text alone. */
  async seal(content: unknown, bound: string): Promise<string> {
    const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
    const sealed = await crypto.subtle.encrypt(
      parameters(iv, bound),
      this.#keys[0] as CryptoKey,
      bytesOf(JSON.stringify(content)),
    );
    const whole = new Uint8Array(IV_BYTES + sealed.byteLength);
    whole.set(iv);
    whole.set(new Uint8Array(sealed), IV_BYTES);
    return encode(whole);
  }

  /** Undefined for what none of the keys has sealed for this. What opens is as it was sealed. */
  async open(text: string, bound: string): Promise<unknown> {
    // A length of base64 that none can have is what decoding would throw for.
    if (!/^[\w-]{38,}$/.test(text) || text.length % 4 === 1) return;
    const whole = decode(text);
    for (const key of this.#keys) {
      try {
        const opened = await crypto.subtle.decrypt(
          parameters(whole.slice(0, IV_BYTES), bound),
          key,
          whole.slice(IV_BYTES),
        );
        return JSON.parse(new TextDecoder().decode(opened));
      } catch {
        // The next key may fit.
      }
    }
    return;
  }
}

function parameters(iv: Uint8Array, bound: string) {
  return { name: "AES-GCM", iv, additionalData: bytesOf(bound) };
}

const known = new WeakMap<SecretContent, Map<string, Sealer>>();

/** By the keys in a Secret; null where it can't be had or has none that can be used: then nobody's session counts. */
export async function sealerOf({ sessionKeys: { secret, key } }: Oidc, visit: Visit): Promise<Sealer | null> {
  const content = await readSecret(secret, visit);
  if (content === null) return null;
  const sealers = known.get(content) ?? new Map<string, Sealer>();
  known.set(content, sealers);
  const before = sealers.get(key);
  if (before !== undefined) return before;
  const keys = readSessionKeys(content.values.get(key) ?? "");
  if (keys === null) {
    reportSecret(secret, "it has no keys that sessions can be sealed with");
    return null;
  }
  const sealer = new Sealer(await Promise.all(keys.map(derived)));
  sealers.set(key, sealer);
  return sealer;
}

/** HKDF (RFC 5869): keys are texts, and the same text may be used for something else. */
async function derived(key: string): Promise<CryptoKey> {
  const secret = await crypto.subtle.importKey("raw", bytesOf(key), "HKDF", false, ["deriveKey"]);
  const hkdf = { name: "HKDF", hash: "SHA-256", salt: new Uint8Array(), info: bytesOf("edge-ingress oidc 1") };
  return crypto.subtle.deriveKey(hkdf, secret, { name: "AES-GCM", length: 256 }, false, ["encrypt", "decrypt"]);
}

function bytesOf(text: string): Uint8Array {
  return new TextEncoder().encode(text);
}
