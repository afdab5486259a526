import { normaliseHost, normalisePath, type RefusedReason } from "./normalise.ts";

/** A request's target in the one form in which it is matched and forwarded. */
export interface RequestTarget {
  readonly https: boolean;
  /** The Host as the client sent it, with its port. */
  readonly authority: string;
  readonly host: string;
  /** The port the client named, with its colon; else empty. */
  readonly port: string;
  readonly path: string;
  /** What servers read that decode slashes and merge them, where that differs; see `normalisePath`. */
  readonly others: readonly string[];
  /** With its `?`, as sent; else empty. */
  readonly query: string;
  /** What the client asked for, where a line of a snippet has put another path in its place; absent: this itself. */
  readonly sent?: RequestTarget;
}

const PORT = /:\d+$/;

/** Takes the URL apart as it came: `new URL` would already resolve dot segments and turn backslashes. */
export function normaliseTarget(
  url: string,
): { ok: true; target: RequestTarget } | { ok: false; reason: RefusedReason } {
  const https = url.charCodeAt(4) === 115;
  const start = https ? 8 : 7;
  const slash = url.indexOf("/", start);
  const fragment = url.indexOf("#", start);
  const end = fragment < 0 ? url.length : fragment;
  const mark = url.indexOf("?", start);
  const queryStart = mark < 0 || mark > end ? end : mark;
  if (slash < 0 || slash > queryStart) return { ok: false, reason: "path is not absolute" };
  const authority = url.slice(start, slash);
  const host = normaliseHost(authority);
  if (!host.ok) return host;
  const path = normalisePath(url.slice(slash, queryStart));
  if (!path.ok) return path;
  const target = {
    https,
    authority,
    host: host.host,
    port: PORT.exec(authority)?.[0] ?? "",
    path: path.path,
    others: path.others,
    query: url.slice(queryStart, end),
  };
  return { ok: true, target };
}
