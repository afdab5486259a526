import type { Cors } from "../../table/policies/cors.ts";
import type { HeaderModifier } from "../../table/policies/header-modifier.ts";
import type { Mirror } from "../../table/policies/mirror.ts";
import type { Redirect } from "../../table/policies/redirect.ts";
import type { Template } from "../../table/policies/template.ts";
import { templateText } from "../resources/templates.ts";

/** An object of Gateway API, or a part of one, as it is written. */
export type Written = { readonly [field: string]: unknown };

/** Names something that is not written; ends the sentence that begins with its source. */
export type Note = (says: string) => void;

const MOST_HEADERS = 16;

/** HTTPHeaderFilter: of several changes of one name the last counts, as at the edge. Variables can't be written. */
export function headerFilter(changes: HeaderModifier, to: "request" | "response", note: Note): Written | null {
  const set = new Map<string, string>();
  const add = new Map<string, string>();
  const remove = new Set<string>();
  for (const { action, name, value, onlySuccess } of changes) {
    const text = literal(value);
    if (text === null) {
      const isKept = to === "response" || action === "add";
      note(`sets ${name} to what a variable holds, which Gateway API can't${isKept ? "" : ": it is taken off"}`);
      // Else a Service that trusts it would read what the client sent.
      if (!isKept) {
        set.delete(name);
        remove.add(name);
      }
      continue;
    }
    if (onlySuccess) note(`adds ${name} to answers of a few statuses, Gateway API to all`);
    if (action === "add") {
      add.set(name, text);
      continue;
    }
    for (const list of [set, add, remove]) list.delete(name);
    if (action === "remove") remove.add(name);
    else set.set(name, text);
  }
  for (const list of [set, add, remove]) {
    if (list.size > MOST_HEADERS) note(`changes more than the ${MOST_HEADERS} headers that Gateway API takes`);
  }
  const pairs = (map: ReadonlyMap<string, string>) =>
    [...map].slice(0, MOST_HEADERS).map(([name, value]) => ({ name, value }));
  if (set.size + add.size + remove.size === 0) return null;
  return {
    ...(set.size > 0 && { set: pairs(set) }),
    ...(add.size > 0 && { add: pairs(add) }),
    ...(remove.size > 0 && { remove: [...remove].slice(0, MOST_HEADERS) }),
  };
}

/** HTTPRequestRedirectFilter; null where the location says more than it can. */
export function redirectFilter({ status, location }: Redirect): Written | null {
  const [scheme, slashes, host, ...rest] = location;
  const isHere =
    scheme?.type === "scheme" && slashes?.value === "://" && (host?.type === "host" || host?.type === "http_host");
  const text = literal(isHere ? rest : location);
  if (text === null || /[?#]/.test(text)) return null;
  if (isHere) return text.startsWith("/") ? { path: fullPath(text), statusCode: status } : null;
  if (text.startsWith("/")) return { path: fullPath(text), statusCode: status };
  const [, to, name, port, path] = /^(https?):\/\/([a-z0-9.-]+)(?::(\d{1,5}))?(\/.*)?$/.exec(text) ?? [];
  if (to === undefined) return null;
  return {
    scheme: to,
    hostname: name,
    ...(port !== undefined && { port: Number(port) }),
    path: fullPath(path ?? "/"),
    statusCode: status,
  };
}

export function fullPath(path: string): Written {
  return { type: "ReplaceFullPath", replaceFullPath: path };
}

/** HTTPCORSFilter. */
export function corsFilter({
  allowOrigins,
  allowCredentials,
  allowMethods,
  allowHeaders,
  exposeHeaders,
  maxAge,
}: Cors): Written {
  const names = (text: string) =>
    [...new Set(text.split(",").map((each) => each.trim()))].filter((each) => each !== "");
  return {
    allowOrigins: allowOrigins.includes("*") ? ["*"] : allowOrigins,
    ...(allowCredentials && { allowCredentials }),
    allowMethods: names(allowMethods),
    allowHeaders: names(allowHeaders),
    ...(exposeHeaders !== "" && { exposeHeaders: names(exposeHeaders) }),
    ...(Number(maxAge) >= 1 && { maxAge: Number(maxAge) }),
  };
}

const SERVICE = /^([a-z0-9-]+)(?:\.([a-z0-9-]+)\.svc(?:\.cluster\.local)?)?$/;

/** HTTPRequestMirrorFilter; null where the copy goes to no Service, or to another path. `own`: the namespace of the route. */
export function mirrorFilter({ service, path, body, percent }: Mirror, own: string, note: Note): Written | null {
  const [, name, written] = SERVICE.exec(service.hostname) ?? [];
  const isWhole = path.length === 1 && path[0]?.type === "request_uri";
  if (name === undefined || service.scheme !== "http" || !isWhole) {
    note("copies requests to something else than a Service's same path, which RequestMirror can't");
    return null;
  }
  if (!body) note("copies no bodies, and RequestMirror has them");
  const namespace = written ?? own;
  return {
    backendRef: { name, ...(namespace !== own && { namespace }), port: service.port },
    ...(percent < 100 && { percent }),
  };
}

/** Null where it has variables. */
function literal(template: Template): string | null {
  return template.every(({ type }) => type === "text") ? templateText(template) : null;
}
