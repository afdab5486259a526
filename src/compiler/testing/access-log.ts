/** One request as a log tells of it. */
export interface LoggedRequest {
  readonly method: string;
  /** Null: the log does not say. */
  readonly host: string | null;
  /** Without its query. */
  readonly path: string;
  readonly status: number;
  /** `namespace-service-port`, as ingress-nginx names where it sent the request; null: it sent it nowhere, or does not say. */
  readonly upstream: string | null;
}

/**
 * nginx's `combined` (nginx.org, ngx_http_log_module), and the same with what ingress-nginx puts behind it
 * (kubernetes/ingress-nginx:docs/user-guide/nginx-configuration/log-format.md).
 */
const COMBINED =
  /^\S+ - .{1,256}? \[[^\]]+\] "(?<request>(?:[^"\\]|\\.)*)" (?<status>\d{3}) (?:\d+|-) "(?:[^"\\]|\\.)*" "(?:[^"\\]|\\.)*"(?: \S+ \S+ \[(?<upstream>[^\]]*)\] )?/;
const REQUEST = /^(?<method>[A-Z]{1,32}) (?<target>\S+) HTTP\/[\d.]+$/;

/** What a line tells; null where it is of no format that is known, or its request is none. */
export function parseLogLine(line: string): LoggedRequest | null {
  return line.trimStart().startsWith("{") ? parseJson(line) : parseCombined(line);
}

function parseCombined(line: string): LoggedRequest | null {
  const { request = "", status = "", upstream = "" } = COMBINED.exec(line)?.groups ?? {};
  const { method, target } = REQUEST.exec(request)?.groups ?? {};
  if (method === undefined || target === undefined) return null;
  return loggedOf(method, target, null, Number(status), upstream);
}

/** The names that logs in JSON have for the same thing, the first that is there. */
const NAMES = {
  method: ["method", "request_method"],
  target: ["url", "request_uri", "uri", "path"],
  host: ["host", "vhost", "http_host", "server_name"],
  status: ["status"],
  upstream: ["upstream", "proxy_upstream_name"],
} as const;

function parseJson(line: string): LoggedRequest | null {
  let fields: unknown;
  try {
    fields = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof fields !== "object" || fields === null) return null;
  const told = new Map(Object.entries(fields));
  const text = (name: keyof typeof NAMES) => {
    const value = NAMES[name].map((key) => told.get(key)).find((each) => each !== undefined && each !== "");
    return typeof value === "string" || typeof value === "number" ? String(value) : "";
  };
  const status = Number(text("status"));
  if (!/^[A-Z]{1,32}$/.test(text("method")) || !Number.isInteger(status)) return null;
  return loggedOf(text("method"), text("target"), text("host") || null, status, text("upstream"));
}

function loggedOf(method: string, target: string, host: string | null, status: number, upstream: string) {
  const [, authority = host, rest = target] = /^https?:\/\/([^/?#]+)(.*)$/i.exec(target) ?? [];
  const path = (rest as string).replace(/[?#].*$/, "") || "/";
  // What is no path (CONNECT's target, `*`), and what a log has escaped, is not worth a guess.
  if (!/^\/[!-[\]-~]*$/.test(path)) return null;
  return { method, host: authority, path, status, upstream: upstream === "" || upstream === "-" ? null : upstream };
}
