import { SECRETS_NAMESPACE, type SecretRef } from "../table/policies/secret-ref.ts";
import { type Env, type Namespace, namespaceOf, textOf } from "./env.ts";
import { within } from "./health/patience.ts";
import { logUndecided } from "./observe/refusals.ts";

/** What a Secret holds: the same object for as long as it holds the same. */
export interface SecretContent {
  readonly values: ReadonlyMap<string, string>;
}

/** Milliseconds that what was read from KV is used as it is. */
export const FRESH_FOR = 60_000;
/** And until when it is used while it is read again beside the request; an older one is waited for. */
export const STALE_FOR = 120_000;
/** How long it is used where KV fails; then nothing is known. */
export const KEPT_WITHOUT_KV = 3_600_000;
/** How long a Secret that is not there is not looked for again. */
export const MISSING_FOR = 10_000;
/** How long KV is left alone after a failure, and while a read beside a request is under way. */
export const PAUSE = 5_000;
/** Milliseconds until KV counts as down. */
const PATIENCE = 2_000;
/** Seconds that a location's own cache of KV is used: with STALE_FOR the 3 minutes of docs/auth.md. */
const CACHE_TTL = 60;

interface Access {
  readonly env: Env;
  readonly waitUntil: (promise: Promise<unknown>) => void;
}

/**
 * The content of a Secret: of the Worker secret of its own, else of the KV namespace. Null where it can't be had, or is
 * none: what depends on it is refused then. Answers at once wherever it can.
 */
export function readSecret(
  ref: SecretRef,
  { env, waitUntil }: Access,
): SecretContent | null | Promise<SecretContent | null> {
  const bound = textOf(env, ref.binding);
  if (bound !== null) return bindings.read(ref, bound);
  const namespace = namespaceOf(env, SECRETS_NAMESPACE);
  if (namespace === null) return unavailable(ref, "it is neither bound nor is there a KV namespace");
  let known = namespaces.get(namespace);
  if (known === undefined) {
    known = new SecretsInKv(namespace);
    namespaces.set(namespace, known);
  }
  return known.read(ref, waitUntil);
}

const said = new Map<string, Set<string>>();

/** Says why a Secret can't be used, once until it can: by its name, and never what is in it. */
export function reportSecret({ name }: SecretRef, cause: string): void {
  const causes = said.get(name) ?? new Set();
  if (causes.has(cause)) return;
  said.set(name, causes.add(cause));
  logUndecided("secret", name, cause);
}

function unavailable(ref: SecretRef, cause: string): null {
  reportSecret(ref, cause);
  return null;
}

/** Reads a Secret as `edge-ingress secrets` writes it: the texts of its data in JSON. */
function parse(text: string, ref: SecretRef): SecretContent | null {
  try {
    const data: unknown = JSON.parse(text);
    if (typeof data !== "object" || data === null || Array.isArray(data)) throw new TypeError();
    const values = new Map<string, string>();
    for (const [key, value] of Object.entries(data)) {
      if (typeof value !== "string") throw new TypeError();
      values.set(key, value);
    }
    return { values };
  } catch {
    // The parser's own words quote what they stumbled over.
    return unavailable(ref, "what is there is no JSON object of texts");
  }
}

/** Worker secrets, which change with a deployment alone. */
class BoundSecrets {
  readonly #parsed = new Map<string, { readonly text: string; readonly content: SecretContent | null }>();

  read(ref: SecretRef, text: string): SecretContent | null {
    const known = this.#parsed.get(ref.binding);
    if (known?.text === text) return known.content;
    const content = parse(text, ref);
    this.#parsed.set(ref.binding, { text, content });
    return content;
  }
}

const bindings = new BoundSecrets();
const namespaces = new WeakMap<Namespace, SecretsInKv>();

/** What is known of one Secret. All times are milliseconds since the epoch. */
interface Known {
  text: string | null;
  content: SecretContent | null;
  readAt: number;
  failedAt: number;
  /** When a read beside a request began. */
  refreshedAt: number;
}

/** Secrets in KV, as one isolate knows them. No request waits for another one's read, which may end with that one. */
class SecretsInKv {
  readonly #namespace: Namespace;
  readonly #known = new Map<string, Known>();

  constructor(namespace: Namespace) {
    this.#namespace = namespace;
  }

  read(ref: SecretRef, waitUntil: Access["waitUntil"]): SecretContent | null | Promise<SecretContent | null> {
    const known = this.#knownOf(ref.name);
    const now = Date.now();
    const age = now - known.readAt;
    if (age < (known.content === null ? MISSING_FOR : FRESH_FOR)) return known.content;
    if (known.content !== null && age < STALE_FOR) {
      if (now - known.refreshedAt >= PAUSE) {
        known.refreshedAt = now;
        waitUntil(this.#load(ref, known, now));
      }
      return known.content;
    }
    return now - known.failedAt < PAUSE ? kept(known, now) : this.#load(ref, known, now);
  }

  async #load(ref: SecretRef, known: Known, now: number): Promise<SecretContent | null> {
    let text: unknown;
    try {
      text = await within(PATIENCE, this.#namespace.get(ref.name, { type: "text", cacheTtl: CACHE_TTL }));
    } catch {
      known.failedAt = Date.now();
      reportSecret(ref, "KV can't be read");
      return kept(known, now);
    }
    // An earlier read may end after a later one.
    if (now < known.readAt) return known.content;
    known.readAt = now;
    known.failedAt = Number.NEGATIVE_INFINITY;
    if (typeof text !== "string") {
      known.text = null;
      known.content = unavailable(ref, "it is neither bound nor in KV");
    } else if (text !== known.text) {
      known.text = text;
      known.content = parse(text, ref);
    }
    if (known.content !== null) said.delete(ref.name);
    return known.content;
  }

  #knownOf(name: string): Known {
    let known = this.#known.get(name);
    if (known === undefined) {
      const never = Number.NEGATIVE_INFINITY;
      known = { text: null, content: null, readAt: never, failedAt: never, refreshedAt: never };
      this.#known.set(name, known);
    }
    return known;
  }
}

/** What is used while KV fails. */
function kept({ content, readAt }: Known, now: number): SecretContent | null {
  return now - readAt < KEPT_WITHOUT_KV ? content : null;
}
