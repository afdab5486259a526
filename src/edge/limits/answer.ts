import { ownResponse } from "../problem.ts";
import type { HeaderEdits } from "../stages/header-edits.ts";
import type { Visit } from "../stages/visit.ts";
import type { Entry } from "./concurrency.ts";
import type { Decision, Standing } from "./decision.ts";

/** Of draft-ietf-httpapi-ratelimit-headers-11, section 5. */
const QUOTA_EXCEEDED = "https://iana.org/assignments/http-problem-types#quota-exceeded";

const TITLES: Readonly<Record<number, string>> = { 429: "Too Many Requests", 503: "Service Unavailable" };

/** What a client is told whose request is refused. `tells`: of the limits too, not only when to come again. */
export function refusal(
  { cause, by, retryAfter }: Extract<Decision, { passes: false }>,
  { request, requestId }: Pick<Visit, "request" | "requestId">,
  tells: boolean,
): Response {
  // Of two limits the longer wait counts, so all of them are told with it.
  const seconds = Math.max(1, Math.ceil(retryAfter / 1000));
  const headers = { "retry-after": String(seconds) };
  if (cause === "undecided") return undecidable(request, requestId, headers);
  const status = by[0]?.terms.status ?? 429;
  const answer = {
    status,
    title: TITLES[status] ?? "Too Many Requests",
    detail: `Wait ${seconds} s before you try again.`,
    type: QUOTA_EXCEEDED,
    headers: tells ? { ...headers, ...policyHeader(by), ratelimit: limitText(by) } : headers,
    ...(tells && { members: { "violated-policies": by.map(({ terms }) => terms.name) } }),
  };
  return ownResponse(answer, request, requestId);
}

/** What one is told for whose request there is no slot. When one will be free nobody knows. */
export function slotRefusal(
  { cause, by }: Extract<Entry, { passes: false }>,
  { request, requestId }: Pick<Visit, "request" | "requestId">,
): Response {
  const headers = { "retry-after": "1" };
  if (cause === "undecided") return undecidable(request, requestId, headers);
  const status = by[0]?.status ?? 429;
  const title = TITLES[status] ?? "Too Many Requests";
  const detail = "Too many requests are under way. Wait until one of them has ended.";
  return ownResponse({ status, title, detail, headers }, request, requestId);
}

function undecidable(request: Request, requestId: string, headers: Readonly<Record<string, string>>): Response {
  const detail = "The limits of this address can't be checked now.";
  return ownResponse({ status: 503, title: "Service Unavailable", detail, headers }, request, requestId);
}

/** What a client is told whose request passed. */
export function tellStandings(standings: readonly Standing[], toClient: HeaderEdits): void {
  const known = standings.filter(({ left }) => left !== null);
  if (known.length > 0) toClient.set("ratelimit", limitText(known));
}

/** `"name";q=100;w=60`: what does not change from request to request. */
export function policyText(all: readonly Pick<Standing, "terms">[]): string {
  return all
    .map(({ terms: { name, requests, period } }) => `"${name}";q=${requests};w=${Math.ceil(period / 1000)}`)
    .join(", ");
}

function policyHeader(all: readonly Standing[]): { "ratelimit-policy": string } {
  return { "ratelimit-policy": policyText(all) };
}

/** `"name";r=12;t=3`: units left, and the seconds until there are more, or all. */
function limitText(all: readonly Standing[]): string {
  return all
    .map(({ terms: { name }, left, reset }) => `"${name}";r=${left ?? 0};t=${Math.ceil((reset ?? 0) / 1000)}`)
    .join(", ");
}
