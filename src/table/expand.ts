import type { Template, TemplatePart } from "./policies/template.ts";
import type { RequestTarget } from "./target.ts";

/** What of a request stands in templates. The compiler's throws where a manifest or a command does not tell it. */
export interface Asked {
  readonly request: { readonly method: string; readonly headers: Pick<Headers, "get"> };
  readonly target: RequestTarget;
  readonly client: {
    readonly address: string | null;
    readonly scheme: "http" | "https";
    readonly forwardedHost: string;
    readonly forwardedPort: string;
  };
  readonly requestId: string;
}

/** The text of a template for one request, with the values as nginx has them. */
export function expand(template: Template, visit: Asked): string {
  return template.map((part) => textOf(part, visit)).join("");
}

/** The same as the value of Location, or another header that holds a URL: what no URL holds is escaped. */
export function expandLocation(template: Template, visit: Asked): string {
  return escaped(expand(template, visit));
}

/** The same template with these groups in their places. */
export function withGroups(template: Template, groups: readonly (string | undefined)[]): Template {
  return template.map((part) =>
    part.type === "capture" ? { type: "text", value: groups[Number(part.value)] ?? "" } : part,
  );
}

const DOT_SEGMENT = /(?:^|\/)(?:\.|%2e){1,2}(?:\/|$)/i;

/**
 * The same as path and query of a URL; null where what the client sent would climb in the path. Where ingress-nginx puts
 * texts of the client's choice as they are, so that they begin another parameter or another segment, here they are
 * escaped.
 */
export function expandPath(template: Template, visit: Asked): string | null {
  let text = "";
  for (const part of template) {
    const value = textOf(part, visit);
    text += isOfUrl(part, text.includes("?")) ? escaped(value) : component(value);
  }
  return DOT_SEGMENT.test(text.split("?", 1)[0] as string) ? null : text;
}

/** True for values that a URL holds as they are, at that place. */
function isOfUrl({ type }: TemplatePart, inQuery: boolean): boolean {
  switch (type) {
    case "text":
    case "host":
    case "http_host":
    case "redirect_host":
    case "redirect_port":
    case "request_uri":
    case "escaped_request_uri":
    case "is_args":
    case "scheme":
    case "pass_access_scheme":
      return true;
    case "args":
    case "arg":
      return inQuery;
    default:
      return false;
  }
}

function textOf({ type, value }: TemplatePart, visit: Asked): string {
  const { request, target, client } = visit;
  switch (type) {
    case "text":
      return value;
    case "host":
      return target.host;
    case "http_host":
      return authorityOf(visit);
    case "redirect_host":
      return (client.forwardedHost === target.authority ? authorityOf(visit) : client.forwardedHost).replace(
        /:\d*$/,
        "",
      );
    case "redirect_port":
      return client.forwardedPort;
    case "request_uri":
      return requestUri(visit);
    case "escaped_request_uri":
      return component(requestUri(visit));
    case "args":
      return target.query.slice(1);
    case "is_args":
      return target.query.length > 1 ? "?" : "";
    case "scheme":
      return target.https ? "https" : "http";
    case "pass_access_scheme":
      return client.scheme;
    case "request_method":
      return request.method;
    case "capture":
      return "";
    case "remote_addr":
      return client.address ?? "";
    case "remote_user":
      return userOf(request.headers.get("authorization") ?? "");
    case "req_id":
      return visit.requestId;
    case "http":
      return request.headers.get(value) ?? "";
    case "arg":
      return firstOf(target.query.slice(1).split("&"), value);
    case "cookie":
      return firstOf((request.headers.get("cookie") ?? "").split(";"), value);
  }
}

/** Path and query as the cluster gets them, before any line has changed them. */
export function requestUri({ target }: Pick<Asked, "target">): string {
  const { path, query } = target.sent ?? target;
  return escaped(path + query);
}

/** The Host as it was sent, with its port; where that is no name of DNS, in the form in which it is compared. */
export function authorityOf({ target }: Pick<Asked, "target">): string {
  return /^[!-~]+$/.test(target.authority) ? target.authority : target.host + target.port;
}

/** nginx finds the first of a name, in any case, and decodes nothing. */
export function firstOf(pairs: readonly string[], name: string): string {
  const begins = `${name.toLowerCase()}=`;
  const pair = pairs.map((each) => each.trim()).find((each) => each.toLowerCase().startsWith(begins));
  return pair === undefined ? "" : pair.slice(begins.length);
}

/** Whom Basic credentials name; nobody has checked them. */
function userOf(authorization: string): string {
  const [, encoded] = /^basic +([a-z0-9+/=]+) *$/i.exec(authorization) ?? [];
  if (encoded === undefined) return "";
  try {
    const decoded = atob(encoded);
    return decoded.includes(":") ? decoded.slice(0, decoded.indexOf(":")) : "";
  } catch {
    return "";
  }
}

/** All but the unreserved characters of RFC 3986, as nginx's `set_escape_uri` does. */
function component(text: string): string {
  const inUrls = encodeURIComponent(text.toWellFormed());
  return inUrls.replace(/[!'()*]/g, (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** What a URL can't hold, or would be cut at. */
function escaped(text: string): string {
  return text.toWellFormed().replace(/[^!$-;=?-[\]_a-z|~]+/g, encodeURIComponent);
}
