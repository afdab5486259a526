/** Milliseconds of a window, and the lines of one event that an isolate writes in it: everybody can cause these. */
export const WINDOW = 10_000;
export const MOST_LINES = 100;

/** Why a check let a request not pass: told to the log by request id, and never to the client. */
export interface Refusal {
  /** Which check: `jwt`, `api-key`. */
  readonly by: string;
  /** In the words of the code alone: nothing of what was sent. */
  readonly reason: string;
  readonly requestId: string;
  /** The provider or the key's id, where it is known. */
  readonly of?: string;
}

export function logRefusal({ by, reason, requestId, of }: Refusal): void {
  write("refused", { by, reason, requestId, ...(of !== undefined && { of }) });
}

/** Writes that what a check needs can't be had. */
export function logUndecided(by: string, what: string, cause: string): void {
  write("check-undecided", { by, what, cause });
}

/** Writes that a limit refused a request, or in shadow mode would have. */
export function logLimited(limit: string, cause: "refused" | "undecided" | "shadow", requestId: string): void {
  write(cause === "shadow" ? "limited-shadow" : "limited", { limit, cause, requestId });
}

/** Writes that a claim is in no header, for a server could read it as another one. */
export function logUntold(claim: string, requestId: string): void {
  write("claim-untold", { claim, requestId });
}

/** By event: since when, in milliseconds since the epoch, and how many lines were written and withheld. */
const windows = new Map<string, { readonly since: number; lines: number; unsaid: number }>();

/** `unsaid`: lines of the event that were not written before this one. */
function write(event: string, fields: Readonly<Record<string, string>>): void {
  const now = Date.now();
  let window = windows.get(event);
  const unsaid = window?.unsaid ?? 0;
  // However far a clock is set back, nothing is withheld until it has come as far again.
  if (window === undefined || Math.abs(now - window.since) >= WINDOW) {
    window = { since: now, lines: 0, unsaid };
    windows.set(event, window);
  }
  if (window.lines >= MOST_LINES) {
    window.unsaid++;
    return;
  }
  window.lines++;
  window.unsaid = 0;
  console.warn(JSON.stringify({ event, ...fields, ...(unsaid > 0 && { unsaid }) }));
}

/** Forgets what was written, as in a new isolate: for tests that share one. */
export function forgetLines(): void {
  windows.clear();
}
