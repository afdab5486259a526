import type { NginxHeaders } from "../../table/nginx-headers.ts";
import type { SessionPersistence } from "../../table/policies/load-balancing.ts";
import type { EndpointState } from "./endpoint-state.ts";
import type { Exchange, ForwardContext } from "./exchange.ts";
import { prepareResponseHeaders } from "./headers.ts";
import { paced } from "./pace.ts";
import { sessionCookie, sessionToken, sessionValue } from "./session.ts";
import { pipeOf, untilEnd } from "./until-end.ts";

/** The answer as the client gets it: status, headers of the message, the body streamed; a WebSocket goes along. */
export function answerOf(
  exchange: Exchange,
  state: EndpointState,
  response: Response,
  nginx: NginxHeaders | null,
): Response {
  const { context, rule, request } = exchange;
  const { maxRequests } = state.endpoint.cluster.circuitBreaker;
  const whole = maxRequests === 0 ? response.body : counted(state, response, context.waitUntil);
  const { bandwidthLimit: limit } = rule.policies;
  const isPaced = limit !== null && (!limit.onlyServices || state.endpoint.mode === "service");
  const body = isPaced && whole !== null ? paced(whole, limit).pipeThrough(pipeOf(response.headers)) : whole;
  const passed = new Response(body, response);
  prepareResponseHeaders(response.headers, passed.headers, context.requestId, nginx);
  context.answered?.(state.endpoint, passed.headers);
  if (context.trace) context.trace.endpoint = state.endpoint;
  const session = rule.policies.loadBalancing.sessionPersistence;
  if (session === null) return passed;
  const value = sessionValue(state.endpoint.id, exchange.sessionBackend);
  if (!movesSession(session, exchange, state, value)) return passed;
  const { mode } = state.endpoint;
  const userAgent = request.headers.get("user-agent") ?? "";
  const secure = context.client.scheme === "https";
  const cookie = { secure, mode, path: rule.path, userAgent, now: Date.now() };
  passed.headers.append("set-cookie", sessionCookie(session, value, cookie));
  return passed;
}

/** Whether the client is to stay with who answered from now on. */
function movesSession(
  { changeOnFailure, besidesIngress }: SessionPersistence,
  { selection, tried, upstream }: Exchange,
  { endpoint }: EndpointState,
  value: string,
): boolean {
  if (selection.sessionValue() === value) return false;
  // One door is no choice, and the cluster's own ingress has a cookie for what is behind it.
  if (besidesIngress && endpoint.mode === "ingress" && upstream.backend.peers.length === 1) return false;
  if (changeOnFailure) return true;
  const token = selection.sessionToken();
  return !tried.some(({ endpoint: { id } }) => id !== endpoint.id && sessionToken(id) === token);
}

/** The body, under way until its end. */
function counted(
  state: EndpointState,
  { body, headers }: Response,
  waitUntil: ForwardContext["waitUntil"],
): ReadableStream | null {
  if (body === null) return null;
  return untilEnd(body, headers, state.streams.begin(Date.now()), waitUntil);
}
