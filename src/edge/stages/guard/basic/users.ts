import type { HtpasswdLine, PasswordHash } from "../../../../table/htpasswd.ts";
import { within } from "../../../health/patience.ts";
import type { Visit } from "../../visit.ts";
import { FailedAttempts } from "./attempts.ts";
import { readCredentials } from "./credentials.ts";
import { joined } from "./crypt-text.ts";
import { fingerprint, Verdicts } from "./verdicts.ts";
import { verify } from "./verify.ts";

/** What is known of an Authorization header. `tried`: a hash was computed for it just now. */
export type Opinion =
  | { readonly user: string }
  | { readonly user: null; readonly tried: boolean }
  /** It was not looked at: too many were wrong. */
  | "tooMany";

/** Characters of a header that is looked at: more than any password and name take. */
const MOST_CHARACTERS = 1024;

/** Milliseconds that a request waits for the hash that another one has computed. */
const PATIENCE = 5_000;

const WRONG: Opinion = { user: null, tried: false };

/** The users of a Secret, and what was found of credentials for them. It lasts as long as the Secret stays as it is. */
export class Users {
  readonly #hashes: ReadonlyMap<string, PasswordHash | null>;
  readonly #usable: readonly PasswordHash[];
  readonly #verdicts = new Verdicts();
  readonly #attempts = new FailedAttempts();
  /** Users, or null for wrong credentials, by fingerprint: hashes that are being computed. */
  readonly #pending = new Map<string, Promise<string | null>>();
  #seed: Uint8Array | null = null;

  constructor(lines: readonly HtpasswdLine[]) {
    // Of two lines for one user the first counts.
    this.#hashes = new Map(lines.toReversed().map(({ user, hash }) => [user, hash]));
    this.#usable = [...this.#hashes.values()].filter((hash) => hash !== null);
  }

  /** `address`: of the client, where it is known. `waitUntil`: others may wait for the same hash when the client has gone. */
  async judge(header: string, address: string | null, waitUntil: Visit["waitUntil"]): Promise<Opinion> {
    if (header.length > MOST_CHARACTERS) return WRONG;
    const key = await fingerprint(header);
    const known = this.#known(key);
    if (known !== null) return known;
    const credentials = readCredentials(header);
    if (credentials === null) return WRONG;
    const { user, password } = credentials;
    // One that does not exist takes as long as one that does, and so does one without a hash.
    const standIn = await this.#standInFor(user);
    // From here to the try's being counted nothing waits, so that no other request comes between.
    const found = this.#known(key) ?? this.#underWay(key);
    if (found !== null) return found;
    const now = Date.now();
    if (!this.#attempts.mayTry(address, now)) return "tooMany";
    const hash = this.#hashes.get(user) ?? null;
    const asked = hash ?? standIn;
    const tries = asked === null ? 1 : triesOf(asked);
    this.#attempts.take(address, now, tries);
    const isRight = async () => asked !== null && (await verify(asked, password)) && hash !== null;
    const ended = isRight().then((right) => {
      if (right) this.#attempts.giveBack(address, tries);
      this.#verdicts.add(key, right ? user : null, now);
      return right ? user : null;
    });
    this.#pending.set(key, ended);
    const forget = () => {
      if (this.#pending.get(key) === ended) this.#pending.delete(key);
    };
    waitUntil(ended.then(forget, forget));
    const right = await ended;
    return right === null ? { user: null, tried: true } : { user: right };
  }

  #known(key: string): Opinion | null {
    const known = this.#verdicts.get(key, Date.now());
    if (known === null) return null;
    return known.user === null ? WRONG : { user: known.user };
  }

  /** What another request with the same header is finding out: one that never ends must not keep this one for ever. */
  #underWay(key: string): Promise<Opinion> | null {
    const pending = this.#pending.get(key);
    if (pending === undefined) return null;
    return within(PATIENCE, pending).then(
      (user) => (user === null ? WRONG : { user }),
      () => {
        if (this.#pending.get(key) === pending) this.#pending.delete(key);
        return "tooMany" as const;
      },
    );
  }

  /**
   * The hash that takes the place of one that is not there: always the same one for a name, in every isolate, and none
   * that can be told beforehand without the Secret. Where hashes differ in cost, names that don't exist differ likewise.
   */
  async #standInFor(user: string): Promise<PasswordHash | null> {
    if (this.#usable.length === 0) return null;
    const encoder = new TextEncoder();
    this.#seed ??= await digest([encoder.encode(JSON.stringify(this.#usable))]);
    const [number = 0] = new Uint32Array((await digest([this.#seed, encoder.encode(user)])).buffer, 0, 1);
    return this.#usable[number % this.#usable.length] ?? null;
  }
}

async function digest(parts: readonly Uint8Array[]): Promise<Uint8Array<ArrayBuffer>> {
  return new Uint8Array(await crypto.subtle.digest("SHA-256", joined(parts)));
}

/** How many tries one counts for: that of a usual hash is one. */
function triesOf(hash: PasswordHash): number {
  if (hash.scheme === "bcrypt") return Math.max(1, 2 ** (hash.cost - USUAL_BCRYPT_COST));
  return hash.scheme === "sha-crypt" ? Math.max(1, hash.rounds / USUAL_SHA_ROUNDS) : 1;
}

const USUAL_BCRYPT_COST = 10;
/** Take about as long. */
const USUAL_SHA_ROUNDS = 20_000;
