import type { Fallback } from "../table/policies/fallback.ts";

/** The ways in which the edge itself answers, with what a person may know of the cause: never of the inside. */
export const PROBLEMS = {
  ambiguous: {
    status: 400,
    title: "Bad Request",
    detail: "The path of this address can be read in more than one way.",
  },
  refused: { status: 400, title: "Bad Request", detail: "The address of this request is not well-formed." },
  loginFailed: {
    status: 400,
    title: "Bad Request",
    detail: "The login could not be completed. Open the page that you came for again.",
  },
  certificate: {
    status: 400,
    title: "Bad Request",
    detail: "This address asks for a client certificate, and for one that it knows.",
  },
  unauthorized: { status: 401, title: "Unauthorized", detail: "This address asks for credentials." },
  forbidden: { status: 403, title: "Forbidden", detail: "This address is not open to you." },
  incomplete: { status: 400, title: "Bad Request", detail: "The request ended before its body was complete." },
  notFound: { status: 404, title: "Not Found", detail: "Nothing is served at this address." },
  lengthRequired: { status: 411, title: "Length Required", detail: "The request must say how long its body is." },
  tooLarge: {
    status: 413,
    title: "Content Too Large",
    detail: "The body of this request is larger than is taken here.",
  },
  tooMany: { status: 429, title: "Too Many Requests", detail: "Wait a moment before you try again." },
  internal: { status: 500, title: "Internal Server Error", detail: "The edge failed to handle this request." },
  badGateway: {
    status: 502,
    title: "Bad Gateway",
    detail: "The service could not be reached, or broke off its answer.",
  },
  unavailable: {
    status: 503,
    title: "Service Unavailable",
    detail: "The service has no place that takes requests now.",
  },
  overloaded: { status: 503, title: "Service Unavailable", detail: "The service has more requests than it can take." },
  timeout: { status: 504, title: "Gateway Timeout", detail: "The service did not answer in time." },
} as const;
export type Problem = keyof typeof PROBLEMS;

/** What an answer of the edge's own says. */
export interface OwnAnswer {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  /** Of the problem; absent: that of its status. */
  readonly type?: string;
  /** Further members of the problem. */
  readonly members?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
}

export function problemResponse(problem: Problem, request: Request, requestId: string): Response {
  const { status } = PROBLEMS[problem];
  const retryAfter = problem === "overloaded" ? "1" : "5";
  const headers = status === 503 || status === 429 ? { "retry-after": retryAfter } : {};
  return ownResponse({ ...PROBLEMS[problem], headers }, request, requestId);
}

/**
 * An answer of the edge's own: a small page where the client prefers HTML, else `application/problem+json`
 * (RFC 9457), both with the request id.
 */
export function ownResponse(answer: OwnAnswer, request: Request, requestId: string): Response {
  const { status, title, detail, type = "about:blank", members } = answer;
  const html = prefersHtml(request.headers.get("accept") ?? "");
  const headers = {
    "content-type": html ? "text/html; charset=utf-8" : "application/problem+json",
    "cache-control": "no-store",
    "x-request-id": requestId,
    ...answer.headers,
  };
  if (request.method === "HEAD") return new Response(null, { status, headers });
  const body = html
    ? page(status, title, detail, requestId)
    : JSON.stringify({ type, title, status, detail, ...members, requestId });
  return new Response(body, { status, headers });
}

/** Problems of clusters, for which a rule may have a page of its own: all but those of the request and our bugs. */
const OF_CLUSTERS: ReadonlySet<Problem> = new Set(["badGateway", "unavailable", "overloaded", "timeout"]);

/** The rule's own answer where no cluster gives one; null where it has none for this problem. */
export function fallbackResponse(
  problem: Problem,
  fallback: Fallback | null,
  request: Request,
  requestId: string,
): Response | null {
  if (fallback === null || !OF_CLUSTERS.has(problem)) return null;
  const { status, contentType, body } = fallback;
  const headers = { "content-type": contentType, "cache-control": "no-store", "x-request-id": requestId };
  return new Response(request.method === "HEAD" ? null : body, { status, headers });
}

/** True when `text/html` is asked for at least as much as JSON (RFC 9110 §12.5.1, by quality). */
function prefersHtml(accept: string): boolean {
  if (!accept.includes("text/html")) return false;
  const quality = (type: string) =>
    Math.max(
      ...accept.split(",").map((range) => {
        const [name, ...parameters] = range.split(";").map((part) => part.trim().toLowerCase());
        if (name !== type) return 0;
        const q = parameters.find((parameter) => parameter.startsWith("q="));
        return q === undefined ? 1 : Number(q.slice(2)) || 0;
      }),
    );
  const html = quality("text/html");
  return html > 0 && html >= quality("application/json") && html >= quality("application/problem+json");
}

function page(status: number, title: string, detail: string, requestId: string): string {
  return `<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>${status} ${title}</title>
<style>body{font:16px/1.5 system-ui,sans-serif;margin:15vh auto;max-width:34rem;padding:0 1rem;color:#222}
@media(prefers-color-scheme:dark){body{background:#111;color:#ddd}}small{opacity:.7}</style>
<h1>${status} ${title}</h1><p>${detail}</p><p><small>Request ${escapeHtml(requestId)}</small></p></html>
`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
