import type { Endpoint } from "../../table/model.ts";
import type { RequestTarget } from "../../table/target.ts";
import { type Env, fetcherOf } from "../env.ts";

/** How requests reach one endpoint: the one door to the clusters, and what tests stand in for. */
export interface Transport {
  fetch(request: Request): Promise<Response>;
}

/** The transport of an endpoint in this environment; null where the binding it needs is not configured. */
export function transportFor(endpoint: Endpoint, env: Env): Transport | null {
  switch (endpoint.transport) {
    case "service-binding":
    case "network-binding":
      return fetcherOf(env, endpoint.binding);
    case "zone-name": {
      const cf = { resolveOverride: endpoint.hostname };
      return { fetch: (request) => fetch(request, { cf }) };
    }
    case "public-name":
      return { fetch: (request) => fetch(request) };
  }
}

/**
 * False where a request must not go out by the zone's name: `cf.resolveOverride` counts only for hosts of the same
 * zone and is ignored without a word for others, which would send the request wherever their DNS says.
 */
export function reachesHost(endpoint: Endpoint, host: string): boolean {
  if (endpoint.transport !== "zone-name") return true;
  return host === endpoint.zone || host.endsWith(`.${endpoint.zone}`);
}

/** The target under a Host that can be sent to the endpoint: its own name where another one can't. */
export function reachable(endpoint: Endpoint, target: RequestTarget): RequestTarget {
  return reachesHost(endpoint, target.host) ? target : { ...target, host: endpoint.hostname, port: "" };
}

/**
 * The URL of a request to an endpoint. Where the endpoint sees the client's Host, the URL carries it, for the Host
 * follows the URL; the transport leads to the endpoint's address. `upstreamHost` takes the place of both towards a Service,
 * where the transport can carry it; the compiler has reported where it can't.
 */
export function urlAt(endpoint: Endpoint, target: RequestTarget, upstreamHost = ""): string {
  const path = target.path + target.query;
  if (upstreamHost !== "" && endpoint.mode === "service" && carriesHost(endpoint, upstreamHost)) {
    const port = endpoint.transport === "zone-name" ? `:${endpoint.port}` : "";
    return `${endpoint.scheme}://${upstreamHost}${port}${path}`;
  }
  if (endpoint.host === "endpoint") return `${endpoint.scheme}://${endpoint.hostname}:${endpoint.port}${path}`;
  const port = endpoint.transport === "zone-name" ? `:${endpoint.port}` : target.port;
  return `${endpoint.scheme}://${target.host}${port}${path}`;
}

/** A zone's name carries hosts of the zone without a port of their own; a network's binding and a public name only their own. */
function carriesHost(endpoint: Endpoint, host: string): boolean {
  if (endpoint.transport === "zone-name") return !host.includes(":") && reachesHost(endpoint, host);
  return endpoint.transport === "service-binding";
}
