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
  console.warn(JSON.stringify({ event: "refused", by, reason, requestId, ...(of !== undefined && { of }) }));
}

/** Writes that what a check needs can't be had. */
export function logUndecided(by: string, what: string, cause: string): void {
  console.warn(JSON.stringify({ event: "check-undecided", by, what, cause }));
}

/** Writes that a claim is in no header, for a server could read it as another one. */
export function logUntold(claim: string, requestId: string): void {
  console.warn(JSON.stringify({ event: "claim-untold", claim, requestId }));
}
