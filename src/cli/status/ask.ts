import * as z from "zod";
import { printable } from "../../compiler/diagnostics/printable.ts";
import { type EdgeStatus, statusSchema } from "./schema.ts";

/** Milliseconds that an edge has for its whole answer. */
export const STATUS_TIMEOUT = 10_000;

/** What an edge answered, or a sentence why there is nothing to show and what to do. */
export type Asked =
  | { readonly ok: true; readonly status: EdgeStatus /** As it came. */; readonly json: unknown }
  /** `lasting`: asking again would not help. */
  | { readonly ok: false; readonly problem: string; readonly lasting: boolean };

/** Asks the edge at this origin for its status. Never throws for what the edge or the network does. */
export async function askStatus(origin: string, token: string, timeout = STATUS_TIMEOUT): Promise<Asked> {
  try {
    const response = await fetch(`${origin}/.edge-ingress/status`, {
      headers: { authorization: `Bearer ${token}`, accept: "application/json" },
      // Another place must not get the token.
      redirect: "manual",
      signal: AbortSignal.timeout(timeout),
    });
    // Read to its end in every case: a connection that is left half-read keeps the process from ending.
    const text = await response.text();
    return response.status === 200 ? read(origin, text) : refused(origin, response);
  } catch (error) {
    return { ok: false, problem: unreachable(origin, error, timeout), lasting: false };
  }
}

function read(origin: string, text: string): Asked {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    const problem = `${origin} answers with something else than JSON: does edge-ingress listen there? Say where with --url`;
    return { ok: false, problem, lasting: true };
  }
  const parsed = statusSchema.safeParse(json);
  if (parsed.success) return { ok: true, status: parsed.data, json };
  const [issue] = parsed.error.issues;
  const where = issue === undefined ? "" : ` (${printable(z.core.toDotPath(issue.path))}: ${printable(issue.message)})`;
  const problem = `${origin} answers with a status that this version can't read${where}: use the version of edge-ingress that the edge was deployed with`;
  return { ok: false, problem, lasting: true };
}

export function refused(origin: string, { status, headers }: Response): Asked {
  if (status === 401) {
    const problem = `${origin} does not take this token: give the one that the edge has as its secret EDGE_INGRESS_STATUS_TOKEN, with --token or in the environment; \`edge-ingress dev\` prints its own`;
    return { ok: false, problem, lasting: true };
  }
  if (status === 404) {
    const problem = `${origin} serves no status: edge-ingress does not listen there (say where with --url), or the edge has no secret EDGE_INGRESS_STATUS_TOKEN, without which it tells nobody`;
    return { ok: false, problem, lasting: true };
  }
  const location = headers.get("location");
  if (status >= 300 && status < 400 && location !== null) {
    const problem = `${origin} leads on to ${printable(location)}, where the token is not sent: give the edge's own address with --url`;
    return { ok: false, problem, lasting: true };
  }
  return { ok: false, problem: `${origin} answers ${status} to a question for its status`, lasting: status < 500 };
}

export function unreachable(origin: string, error: unknown, timeout: number): string {
  if (error instanceof DOMException && error.name === "TimeoutError") {
    return `${origin} did not answer within ${timeout / 1000} s: is the edge hanging, or something else listening there?`;
  }
  // What went wrong is in the cause: of `fetch` itself the message says no more than that it failed.
  const cause = error instanceof Error ? (error.cause ?? error) : error;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : "";
  if (code === "ECONNREFUSED") return `nothing listens at ${origin}: is the edge running? Say where with --url`;
  const detail = cause instanceof Error && cause.message !== "" ? cause.message : code || String(cause);
  return `${origin} can't be reached: ${printable(detail)}`;
}
