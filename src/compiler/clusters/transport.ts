import { byText } from "../by-text.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import type { Endpoint, Transport } from "../ir/cluster.ts";
import { networkBinding, serviceBinding } from "./bindings.ts";
import type { EndpointDraft } from "./endpoint-draft.ts";

/** What the choice of a transport depends on besides the endpoint. */
export interface PlatformOptions {
  /** `workerd`: `dev` and self-hosting, where every endpoint is an external service; `cloudflare`: production. */
  readonly platform: "cloudflare" | "workerd";
  /** Zones of the Worker's account, lower case. */
  readonly zones: readonly string[];
}

export const IP_ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[.*\])$/;

/**
 * Settles how each endpoint is reached, by the table in docs/architecture.md. Drafts come in any order; the result,
 * and with it the names of bindings, depends on their ids alone.
 */
export function settleTransports(
  drafts: ReadonlyMap<string, EndpointDraft>,
  options: PlatformOptions,
): { readonly endpoints: ReadonlyMap<string, Endpoint>; readonly diagnostics: readonly Diagnostic[] } {
  const diagnostics: Diagnostic[] = [];
  const endpoints = new Map<string, Endpoint>();
  for (const id of [...drafts.keys()].sort(byText)) {
    const draft = drafts.get(id) as EndpointDraft;
    const { via: _via, bypasses: _bypasses, isClusterEndpoint: _own, ...kept } = draft;
    endpoints.set(id, { ...kept, id, transport: chooseTransport(draft, options, diagnostics) });
  }
  return { endpoints, diagnostics };
}

function chooseTransport(
  draft: EndpointDraft,
  { platform, zones }: PlatformOptions,
  diagnostics: Diagnostic[],
): Transport {
  const { via, host, url, at, cluster } = draft;
  const toService = () => ({ name: "service-binding", binding: serviceBinding(draft) }) as const;
  if (platform === "workerd") return toService();
  if (via !== null && "vpcService" in via) return toService();
  if (via !== null) {
    if (host === "client") {
      const message = `cluster ${cluster} keeps the client's Host but is reached through a vpcNetwork binding`;
      diagnostics.push(diagnose("EI3004", at, message));
    }
    return { name: "network-binding", binding: networkBinding(cluster) };
  }
  const address = `${url.scheme}://${url.hostname}:${url.port}`;
  if (host === "endpoint") {
    if (IP_ADDRESS.test(url.hostname)) {
      diagnostics.push(
        diagnose("EI3003", at, `cluster ${cluster} has the address ${address}, which Workers can't fetch`),
      );
    }
    return { name: "public-name" };
  }
  const zone = zones.filter((candidate) => inZone(url.hostname, candidate)).sort((a, b) => b.length - a.length)[0];
  if (zone !== undefined && !IP_ADDRESS.test(url.hostname)) return { name: "zone-name", zone };
  const transport = toService();
  const message = `${address} of cluster ${cluster} is reached through the service binding ${transport.binding}`;
  diagnostics.push(diagnose("EI3002", at, message));
  return transport;
}

/** True for the zone's own name and every name below it. */
export function inZone(hostname: string, zone: string): boolean {
  return hostname === zone || hostname.endsWith(`.${zone}`);
}
