/** Failures in a row after which an object is left alone, and the milliseconds for which it is. */
const MOST_FAILURES = 3;
const PAUSE = 1_000;

/** Which objects an isolate leaves alone for a while, since they failed or were slow. */
export class ObjectFailures {
  readonly #failures = new Map<string, { inARow: number; until: number }>();

  isLeftAlone(object: string, now: number): boolean {
    return (this.#failures.get(object)?.until ?? 0) > now;
  }

  answered(object: string): void {
    this.#failures.delete(object);
  }

  failed(object: string, now: number): void {
    const known = this.#failures.get(object) ?? { inARow: 0, until: 0 };
    known.inARow++;
    if (known.inARow >= MOST_FAILURES) known.until = now + PAUSE;
    this.#failures.set(object, known);
  }
}

/** The platform marks what an object has no room for. */
export function causeOf(error: unknown): string {
  if (typeof error === "object" && error !== null && "overloaded" in error && error.overloaded === true) {
    return "overloaded";
  }
  return error instanceof Error ? error.message : String(error);
}
