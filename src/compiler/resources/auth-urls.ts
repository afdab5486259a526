import { normalisePath } from "../../table/normalise.ts";
import type { AskedService } from "../../table/policies/external-auth.ts";
import type { Template } from "../../table/policies/template.ts";
import { parseEndpoint } from "./endpoint.ts";
import { parseTemplate, type Unreadable } from "./templates.ts";

/** The parts of a URL with variables: a scheme, whatever stands up to the path, the rest. */
const URL_PARTS =
  /^(https?|\$\{?(?:pass_access_)?scheme\}?):\/\/((?:[^/?#$\\]|\$\{?(?:(?:best_)?http_)?host\}?)+)((?:[/?]|\$\{?request_uri(?!\w)).*)?$/;

/** The host of the request, with a port that is the usual one. */
const OWN_HOST = /^\$\{?((?:best_)?http_)?host\}?(?::(\d+))?$/;

/** What a URL holds as it is; the fragment stays with the client. */
const IN_URLS = /^[!$-;=?-[\]_a-z|~{}]*$/;

/**
 * Reads the URL of a service that is asked. Its host is written, or that of the request: a client that could name
 * another one would choose who decides about it.
 */
export function parseAuthUrl(text: string): { readonly service: AskedService; readonly path: Template } | Unreadable {
  const split = splitUrl(text);
  if ("problem" in split) return split;
  const service = serviceOf(split.scheme, split.authority);
  if ("problem" in service) return service;
  const path = parseTemplate(split.rest);
  return "problem" in path ? path : { service, path };
}

/**
 * Reads where a 401 leads to, and adds the way back as ingress-nginx does: `param` with the URL of the request, unless
 * it is there already.
 */
export function parseSignIn(text: string, param: string): Template | Unreadable {
  const problem = signInProblem(text);
  if (problem !== null) return problem;
  const query = text.includes("?") ? text.slice(text.indexOf("?") + 1) : "";
  const written = new URLSearchParams(query);
  if (written.get(param)) return parseTemplate(text);
  const joint = [...written].length > 0 ? "&" : text.endsWith("?") ? "" : "?";
  return parseTemplate(`${text}${joint}${param}=$pass_access_scheme://$http_host$escaped_request_uri`);
}

function signInProblem(text: string): Unreadable | null {
  if (!IN_URLS.test(text)) return { problem: "holds a character that no URL holds" };
  if (/^\/(?!\/)/.test(text)) return null;
  const split = splitUrl(text);
  if ("problem" in split) return split;
  if (split.authority.includes("@")) return { problem: "must not hold a user name or password" };
  const host = parseTemplate(split.authority);
  return "problem" in host ? host : null;
}

/** The rest begins with `/`. */
function splitUrl(
  text: string,
): { readonly scheme: string; readonly authority: string; readonly rest: string } | Unreadable {
  if (!IN_URLS.test(text)) return { problem: "holds a character that no URL holds" };
  const [, scheme, authority, rest = "/"] = URL_PARTS.exec(text) ?? [];
  if (scheme === undefined || authority === undefined) {
    return { problem: "is not an absolute URL of http or https whose host is written, or is $host" };
  }
  const whole = rest.startsWith("?") ? `/${rest}` : rest;
  const path = (whole.split("?")[0] as string).replace(/\$(?:\{\w+\}|\w+)/g, "x").replace(/^x/, "/x");
  if (/\/\.{1,2}(?:\/|$)/.test(path) || !normalisePath(path).ok)
    return { problem: "has a path that no request can have", ofEdge: true };
  return { scheme, authority, rest: whole };
}

function serviceOf(scheme: string, authority: string): AskedService | Unreadable {
  const reached = { via: "name", binding: "", targets: [] } as const;
  const own = OWN_HOST.exec(authority);
  if (own !== null) {
    const usual = scheme === "https" ? 443 : 80;
    const [, withPort, port] = own;
    if (port !== undefined && (withPort !== undefined || Number(port) !== usual || scheme.startsWith("$"))) {
      return { problem: "names a port of the request's own host, which the edge does not serve", ofEdge: true };
    }
    const asked = scheme === "https" || scheme === "http" ? scheme : "client";
    return { ...reached, via: "edge", scheme: asked, hostname: "", port: withPort === undefined ? usual : 0 };
  }
  if (authority.includes("$")) return { problem: "takes a part of its host from the request", ofEdge: true };
  if (scheme.startsWith("$")) return { problem: "takes its scheme from the request, and its host not", ofEdge: true };
  const endpoint = parseEndpoint(`${scheme}://${authority.replace(/\.(?=$|:)/, "")}`);
  return "reason" in endpoint ? { problem: endpoint.reason } : { ...reached, ...endpoint };
}
