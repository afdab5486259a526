import type { HealthEvent } from "../health/protocol.ts";

/** Milliseconds in which one endpoint's failures of one kind make one line. */
const QUIET = 10_000;
/** Kinds of failures that are remembered: causes are the runtime's words, and may be many. */
const MOST_REMEMBERED = 1_000;

/**
 * Writes failures of endpoints to the log, one JSON object a line, without repeating itself: a dead cluster under
 * load would otherwise cost more in log lines than in requests.
 */
export class FailureLog {
  readonly #last = new Map<string, { at: number; unsaid: number }>();

  /** `outcome`: what became of the request, `next` (another endpoint is tried) or `failed` (the client sees it). */
  failed(endpoint: string, cause: string, requestId: string, outcome: "next" | "failed"): void {
    const key = `${endpoint} ${cause}`;
    const now = Date.now();
    const last = this.#last.get(key);
    // However far a clock is set back, nothing is withheld until it has come as far again.
    if (last !== undefined && Math.abs(now - last.at) < QUIET) {
      last.unsaid++;
      return;
    }
    const repeated = last?.unsaid ?? 0;
    if (this.#last.size >= MOST_REMEMBERED) this.#last.clear();
    this.#last.set(key, { at: now, unsaid: 0 });
    console.warn(JSON.stringify({ event: "endpoint-failed", endpoint, cause, outcome, requestId, repeated }));
  }

  /** `until`: milliseconds since the epoch. `backend`: the only one whose requests go elsewhere; null: those of all. */
  ejected(endpoint: string, cause: string, until: number, backend: string | null): void {
    const what = backend === null ? { endpoint } : { endpoint, backend };
    console.warn(JSON.stringify({ event: "endpoint-ejected", ...what, cause, until: new Date(until).toISOString() }));
  }
}

/**
 * Writes an error that is a bug of ours or a damaged table, with its stack: the client sees the request id alone.
 * Without a request it is empty.
 */
export function logBug(error: unknown, requestId: string): void {
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  console.error(JSON.stringify({ event: "bug", requestId, message, stack }));
}

/** Writes that the health object sees an endpoint in another state. */
export function logHealth({ endpoint, from, to, cause }: HealthEvent): void {
  console.warn(JSON.stringify({ event: "health", endpoint, from, to, cause }));
}

/** Writes which table serves from now on, or why a published one does not. */
export function logTable(event: "table-served" | "table-refused", fields: Readonly<Record<string, unknown>>): void {
  console.warn(JSON.stringify({ event, ...fields }));
}
