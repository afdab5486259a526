import type { TransportName } from "../../table/layout.ts";
import type { Endpoint } from "../../table/model.ts";
import type { NginxHeaders } from "../../table/nginx-headers.ts";
import type { RequestTarget } from "../../table/target.ts";
import type { Exchange } from "./exchange.ts";
import { prepareRequestHeaders } from "./headers.ts";
import { setOriginSecret } from "./origin-secret.ts";
import { urlAt } from "./transport.ts";

/** What differs from try to try. */
interface OfOneTry {
  readonly target: RequestTarget;
  /** For the header by which the endpoint's origin knows the edge; null where its cluster asks for none. */
  readonly secret: string | null;
  readonly nginx: NginxHeaders | null;
  /** Gives the try up; null where nobody will. */
  readonly signal: AbortSignal | null;
}

/** The request as this endpoint gets it. */
export function outgoingRequest(
  exchange: Exchange,
  endpoint: Endpoint,
  { target, secret, nginx, signal }: OfOneTry,
): Request {
  const { context, request, rule, held, upload } = exchange;
  const rewritten = endpoint.mode === "service" ? exchange.rewritten : null;
  const seen = rewritten === null ? target : { ...target, path: rewritten.path, query: afterRewrite(target.query) };
  const url = urlAt(endpoint, seen, rule.policies.upstreamHost);
  const plain = requestAt(url, request, held ?? upload?.body ?? null, signal);
  // The platform's cache knows nothing of who was let in: without Authorization it may keep one's answer for another.
  const outgoing =
    context.edits !== null && isCached(endpoint.transport) ? new Request(plain, { cache: "no-store" }) : plain;
  const { identityHeaders } = rule.policies;
  prepareRequestHeaders(request.headers, outgoing.headers, context.client, context.requestId, {
    identityHeaders,
    nginx,
  });
  if (rewritten !== null && rewritten.forwardedPrefix !== "") {
    outgoing.headers.set("x-forwarded-prefix", rewritten.forwardedPrefix);
  }
  context.edits?.applyTo(outgoing.headers, { mode: endpoint.mode });
  const { originSecret } = endpoint.cluster;
  if (originSecret !== null && secret !== null) setOriginSecret(originSecret, secret, outgoing.headers);
  return outgoing;
}

/**
 * The request at another URL, to be sent as it is: a redirect is the client's to follow. A body of GET or HEAD, which
 * RFC 9110 §9.3.1 leaves without meaning but lets pass, can only be carried by copying the whole request. `instead`: the
 * body that is sent, where it is not the request's own.
 */
function requestAt(
  url: string,
  request: Request,
  instead: ArrayBuffer | ReadableStream | null,
  signal: AbortSignal | null,
): Request {
  const { method, headers, body } = request;
  if (body !== null && instead === null && (method === "GET" || method === "HEAD")) return new Request(url, request);
  const init = { method, headers, body: instead ?? body, redirect: "manual" as const };
  return new Request(url, signal === null ? init : { ...init, signal });
}

/** nginx joins a changed path and what follows the `?`, and no `?` where nothing does (ngx_http_proxy_create_request). */
function afterRewrite(query: string): string {
  return query === "?" ? "" : query;
}

/** True where the platform may answer out of its cache: what goes through a binding has none. */
function isCached(transport: TransportName): boolean {
  return transport === "public-name" || transport === "zone-name";
}
