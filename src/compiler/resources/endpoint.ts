import { hostname } from "./names.ts";
import type { EndpointUrl } from "./resource.ts";

const ORIGIN = /^(?<scheme>[a-z]+):\/\/(?<hostname>\[[^\]]*\]|[^:]*)(?::(?<port>\d{1,5}))?$/;

/**
 * Reads an http or https origin, or says what it must be. The reason never repeats the text, which may hold a password
 * or a token. What the URL parser of the platform would silently turn into another host (`0x7f.1`, `1.2.3`) is refused.
 */
export function parseEndpoint(text: string): EndpointUrl | { readonly reason: string } {
  const separator = text.indexOf("://");
  const scheme = text.slice(0, Math.max(separator, 0)).toLowerCase();
  if (scheme !== "http" && scheme !== "https") return { reason: "must begin with http:// or https://" };
  const authority = /^[^/?#\\]*/.exec(text.slice(separator + 3))?.[0] ?? "";
  if (authority.includes("@")) return { reason: "must not hold a user name or password" };
  const rest = text.slice(separator + 3 + authority.length);
  if (rest.startsWith("?") || rest.startsWith("/?")) return { reason: "must not have a query" };
  if (rest.startsWith("#") || rest.startsWith("/#")) return { reason: "must not have a fragment" };
  if (rest !== "" && rest !== "/") return { reason: "must not have a path: the client's goes through as it is" };
  const parts = ORIGIN.exec(`${scheme}://${authority}`)?.groups;
  if (parts === undefined)
    return { reason: "must be a scheme, a host and perhaps a port, as in https://lb.example.com:8443" };
  const port = parts.port === undefined ? (scheme === "https" ? 443 : 80) : Number(parts.port);
  if (port < 1 || port > 65_535) return { reason: "must have a port from 1 to 65535" };
  const host = canonicalHost(parts.hostname ?? "");
  return typeof host === "string" ? { scheme, hostname: host, port } : host;
}

function canonicalHost(text: string): string | { readonly reason: string } {
  const host = text.toLowerCase();
  if (host.startsWith("[")) {
    const url = `http://${host}/`;
    return URL.canParse(url) ? new URL(url).hostname : { reason: "must have a valid IPv6 address in the brackets" };
  }
  const reason = hostname(host);
  if (reason !== null) return { reason: `must have a host, which ${reason}` };
  const url = `http://${host}/`;
  const kept = URL.canParse(url) && new URL(url).hostname === host;
  return kept ? host : { reason: "must have a host that is a DNS name, or an IPv4 address in four decimal parts" };
}
