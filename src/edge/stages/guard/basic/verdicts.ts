/** Milliseconds that a verdict on credentials is used again. */
export const REMEMBERED_FOR = 60_000;

/** Verdicts of each kind that are remembered; the oldest goes first, so wrong ones push out no right ones. */
const MOST_REMEMBERED = 1_000;

interface Verdict {
  /** Null for wrong credentials. */
  readonly user: string | null;
  readonly until: number;
}

let isolateKey: CryptoKey | undefined;

/** A text that stands for credentials in this isolate alone, and for nobody who reads its memory elsewhere. */
export async function fingerprint(credentials: string): Promise<string> {
  if (isolateKey === undefined) {
    const made = await crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, false, ["sign"]);
    isolateKey ??= made as CryptoKey;
  }
  const mac = await crypto.subtle.sign("HMAC", isolateKey, new TextEncoder().encode(credentials));
  return String.fromCharCode(...new Uint16Array(mac));
}

/** Verdicts on the credentials for one Secret, by their fingerprint: neither passwords nor what was sent are kept. */
export class Verdicts {
  readonly #right = new Map<string, Verdict>();
  readonly #wrong = new Map<string, Verdict>();

  get(key: string, now: number): Pick<Verdict, "user"> | null {
    for (const verdicts of [this.#right, this.#wrong]) {
      const found = verdicts.get(key);
      if (found === undefined) continue;
      if (now < found.until) return found;
      verdicts.delete(key);
    }
    return null;
  }

  add(key: string, user: string | null, now: number): void {
    const verdicts = user === null ? this.#wrong : this.#right;
    const [oldest] = verdicts.keys();
    if (verdicts.size >= MOST_REMEMBERED && oldest !== undefined) verdicts.delete(oldest);
    verdicts.set(key, { user, until: now + REMEMBERED_FOR });
  }
}
