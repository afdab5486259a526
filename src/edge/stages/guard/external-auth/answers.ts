import type { Rule } from "../../../../table/model.ts";
import type { ExternalAuth } from "../../../../table/policies/external-auth.ts";
import type { Visit } from "../../visit.ts";

/** What a service said of a request. */
export interface AuthAnswer {
  readonly status: number;
  /** The headers for the cluster; null: it did not give that one. */
  readonly told: readonly (readonly [name: string, value: string | null])[];
  /** `WWW-Authenticate` */
  readonly challenge: string | null;
  /** `Set-Cookie` */
  readonly cookies: readonly string[];
}

type Durations = NonNullable<ExternalAuth["cache"]>["durations"];

/** An isolate has 128 MB for everything: these make 8 MB at most. */
const MOST_ANSWERS = 2_048;
const MOST_CHARACTERS = 4_096;

/** Answers that are kept in this isolate, the oldest given up first. */
export class AuthAnswers {
  readonly #kept = new Map<string, { readonly answer: AuthAnswer; readonly until: number }>();
  readonly #rules = new WeakMap<Rule, number>();
  #ruleCount = 0;

  /**
   * One key for requests of one rule and one host that have the same `value`. Only its digest is held: a value is what
   * tells clients apart, so mostly a credential.
   */
  async keyOf(value: string, { rule, target }: Pick<Visit, "rule" | "target">): Promise<string> {
    const text = JSON.stringify([this.#numberOf(rule), target.host, value]);
    const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text)));
    return btoa(String.fromCharCode(...digest));
  }

  get(key: string, now: number): AuthAnswer | null {
    const kept = this.#kept.get(key);
    if (kept === undefined) return null;
    if (kept.until > now) return kept.answer;
    this.#kept.delete(key);
    return null;
  }

  keep(key: string, answer: AuthAnswer, headers: Headers, durations: Durations, now: number): void {
    const duration = durationOf(answer.status, headers, durations, now);
    if (!(duration > 0) || answer.cookies.length > 0 || sizeOf(answer) > MOST_CHARACTERS) return;
    this.#kept.delete(key);
    if (this.#kept.size >= MOST_ANSWERS) {
      const oldest = this.#kept.keys().next();
      if (!oldest.done) this.#kept.delete(oldest.value);
    }
    this.#kept.set(key, { answer, until: now + duration });
  }

  #numberOf(rule: Rule): number {
    const number = this.#rules.get(rule) ?? ++this.#ruleCount;
    this.#rules.set(rule, number);
    return number;
  }
}

function sizeOf({ told, challenge }: AuthAnswer): number {
  return told.reduce((sum, [, value]) => sum + (value?.length ?? 0), challenge?.length ?? 0);
}

/**
 * Milliseconds that an answer is kept: as long as its status may be, unless the service says less or no. nginx lets it
 * say more too, and keeps an answer of each `Vary`; both are left out, so that fewer answers are kept, never more.
 */
function durationOf(status: number, headers: Headers, durations: Durations, now: number): number {
  const most = durations.find(({ from, to }) => from <= status && status <= to)?.duration ?? 0;
  if (headers.has("vary")) return 0;
  const accelerated = headers.get("x-accel-expires");
  if (accelerated !== null) return Math.min(most, secondsOf(accelerated));
  const control = headers.get("cache-control");
  if (control !== null) return Math.min(most, allowedBy(control));
  const expires = headers.get("expires");
  if (expires === null) return most;
  // `Date.parse` takes much that is no date of HTTP: "3600" is a year to it.
  return HTTP_DATE.test(expires) ? Math.min(most, Date.parse(expires) - now) : 0;
}

const HTTP_DATE = /^[A-Z][a-z]{2}, \d{2} [A-Z][a-z]{2} \d{4} \d{2}:\d{2}:\d{2} GMT$/;

function allowedBy(control: string): number {
  const directives = control
    .toLowerCase()
    .split(",")
    .map((directive) => directive.trim());
  if (directives.some((directive) => /^(?:no-cache|no-store|private)\b/.test(directive))) return 0;
  const ages = directives.flatMap((directive) => /^(?:s-maxage|max-age)=(.*)$/.exec(directive)?.[1] ?? []);
  return Math.min(Number.POSITIVE_INFINITY, ...ages.map(secondsOf));
}

/** In milliseconds; what is no number of seconds allows nothing. */
function secondsOf(text: string): number {
  return /^\d{1,9}$/.test(text) ? Number(text) * 1000 : 0;
}
