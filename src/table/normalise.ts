import { parseAddress } from "./address.ts";

/**
 * The one normalisation of hosts and paths, used on manifests when they are compiled and on requests when they are
 * matched. What it decides is written for users in `docs/normalisation.md`; the tests hold the two together.
 */

/** Why a host or a path is refused; the edge answers 400, the compiler reports it. */
export type RefusedReason =
  | "empty host"
  | "invalid host"
  | "path is not absolute"
  | "backslash in path"
  | "control character in path"
  | "encoded NUL in path"
  | "malformed percent-encoding"
  | "dot segments leave the root"
  | "hidden dot segments";

/**
 * `path` is what is matched and what is forwarded. `others` are the readings of servers that decode escapes such as
 * `%2F` and `%40`, drop `;…` and merge slashes, where they differ from `path`: a request whose readings lead to different
 * rules is refused (`matchReadings`).
 */
export interface NormalisedTexts {
  readonly path: string;
  readonly others: readonly string[];
}

export type NormalisedPath =
  | ({ readonly ok: true } & NormalisedTexts)
  | { readonly ok: false; readonly reason: RefusedReason };

export type NormalisedHost =
  | { readonly ok: true; readonly host: string }
  | { readonly ok: false; readonly reason: RefusedReason };

const PLAIN_HOST = /^[a-z0-9_-]+(?:\.[a-z0-9_-]+)*$/;
const PORT = /:\d*$/;
const BRACKETED = /^\[[0-9a-f:.]+\]$/;

/**
 * Lower case, without port and without one trailing dot; international names in punycode (as the URL standard
 * does it). Labels may hold `_`, as in ingress-nginx. At most 253 characters, labels at most 63 (RFC 1035 §2.3.4).
 */
export function normaliseHost(raw: string): NormalisedHost {
  let host = raw.toLowerCase();
  const port = host.includes(":") ? PORT.exec(host)?.[0] : undefined;
  if (port !== undefined) {
    if (Number(port.slice(1)) > 65_535) return { ok: false, reason: "invalid host" };
    host = host.slice(0, -port.length);
  }
  if (host.endsWith(".")) host = host.slice(0, -1);
  if (host === "") return { ok: false, reason: "empty host" };
  if (PLAIN_HOST.test(host)) {
    return lengthsHold(host) && isNameOrQuad(host) ? { ok: true, host } : { ok: false, reason: "invalid host" };
  }
  if (BRACKETED.test(host)) {
    return parseAddress(host.slice(1, -1)) === null ? { ok: false, reason: "invalid host" } : { ok: true, host };
  }
  const ascii = toAscii(host);
  return ascii === null ? { ok: false, reason: "invalid host" } : { ok: true, host: ascii };
}

const NUMBER_AT_END = /(?:^|\.)(?:\d+|0x[0-9a-f]*)$/;

/** The URL standard takes a host that ends in a number for an IPv4 address: `0x7f.1` would be forwarded as 127.0.0.1. */
function isNameOrQuad(host: string): boolean {
  return !NUMBER_AT_END.test(host) || parseAddress(host)?.join(".") === host;
}

function lengthsHold(host: string): boolean {
  if (host.length <= 63) return true;
  return host.length <= 253 && host.split(".").every((label) => label.length <= 63);
}

const ASCII = /^[\u0000-\u007f]*$/;

function toAscii(host: string): string | null {
  if (ASCII.test(host)) return null;
  try {
    const ascii = new URL(`http://${host}`).hostname;
    return PLAIN_HOST.test(ascii) && lengthsHold(ascii) ? ascii : null;
  } catch {
    return null;
  }
}

/** What may need work: an escape, an empty or dot segment, and characters that a URL does not hold as they are. */
const NEEDS_WORK = /%|\/\/|\/\.|["<>\\^`{};]|[^\u0021-\u007e]/;
/** What the URL standard escapes in a path beside controls: the platform would do it when the request is forwarded. */
const NOT_IN_PATHS = /["<>^`{}]|[^\u0000-\u007f]+/g;
const CONTROL = /[\u0000-\u0020\u007f]/;
const BAD_ESCAPE = /%(?![0-9a-fA-F]{2})/;
const ESCAPE = /%[0-9a-fA-F]{2}/g;
const UNRESERVED = /[A-Za-z0-9\-._~]/;

/**
 * RFC 3986 §6.2.2: escapes of unreserved characters are decoded, the hex digits of the others put in upper case,
 * dot segments resolved. Refused: a path that is not absolute, a backslash, control characters, `%00`, a `%`
 * without two hex digits, dot segments that climb above the root, or that only some servers see. `raw` is without query
 * and fragment.
 */
export function normalisePath(raw: string): NormalisedPath {
  if (raw.charCodeAt(0) !== 47) return { ok: false, reason: "path is not absolute" };
  if (!NEEDS_WORK.test(raw)) return { ok: true, path: raw, others: [] };
  if (raw.includes("\\")) return { ok: false, reason: "backslash in path" };
  if (CONTROL.test(raw)) return { ok: false, reason: "control character in path" };
  if (BAD_ESCAPE.test(raw)) return { ok: false, reason: "malformed percent-encoding" };
  const decoded = raw.includes("%") ? raw.replace(ESCAPE, decodeUnreserved) : raw;
  if (decoded.includes("%00")) return { ok: false, reason: "encoded NUL in path" };
  const path = resolveDots(escapeAsUrlsDo(decoded));
  if (path === null) return { ok: false, reason: "dot segments leave the root" };
  const others = otherReadings(path);
  if (others === null) return { ok: false, reason: "hidden dot segments" };
  return { ok: true, path, others };
}

const DOT_SEGMENT = /\/\.\.?(?:\/|$)/;
/** Parameters with a slash in them: whether it is one depends on what a server does first. */
const SLASH_IN_PARAMETERS = /(?:;|%3B)[^/]*%(?:2F|5C)/;

/** Escapes of what may stand in a path as it is; those of `%`, `?` and `#` mean something else when decoded. */
const PRINTABLE = /%(?:2[146789A-F]|3[ABD]|40|5[BCD]|7C)/g;

/**
 * What servers make of a path beside what it says: escapes decoded, `\\` read as `/`, `;…` dropped, slashes merged. Those
 * who do less see the same path as one who does all, or as one who does nothing, as far as rules can tell; but `;…` may
 * be dropped before the rest, after it or at both times (`test/attacks` has all mixes). Null where a dot segment appears:
 * what is left of it depends on all that stood before.
 */
function otherReadings(path: string): readonly string[] | null {
  const most = dropParameters(slashes(decode(path)));
  if (DOT_SEGMENT.test(most)) return null;
  const readings = [most];
  if (SLASH_IN_PARAMETERS.test(path)) {
    for (const start of [path, dropParameters(path)]) {
      readings.push(dropParameters(slashes(decode(start))), slashes(dropParameters(decode(start))));
    }
  }
  const merged = readings.map((reading) => reading.replace(/\/{2,}/g, "/"));
  return [...new Set(merged)].filter((reading) => reading !== path);
}

function decode(path: string): string {
  return path.replace(PRINTABLE, (triplet) => String.fromCharCode(Number.parseInt(triplet.slice(1), 16)));
}

const slashes = (path: string) => path.replaceAll("\\", "/");
const dropParameters = (path: string) => path.replace(/;[^/]*/g, "");

/**
 * What regular expressions are matched with: first the path as nginx sees it in a location, all escapes decoded to bytes
 * (one character each) and slashes merged (nginx/nginx:src/http/ngx_http_parse.c, ngx_http_parse_complex_uri), then what
 * other servers may see. Null where a control character is escaped: a newline ends a text for some engines, or lines.
 */
export function patternReadings({ path, others }: NormalisedTexts): NormalisedTexts | null {
  if (others.length === 0 && !path.includes("%")) return { path, others };
  const bytes = bytesOf(path);
  if (CONTROL_BYTE.test(bytes)) return null;
  if (others.length === 0) return { path: bytes, others };
  const merged = bytes.replace(/\/{2,}/g, "/");
  return { path: merged, others: [...new Set([path, bytes, ...others.map(bytesOf)])].filter((one) => one !== merged) };
}

const CONTROL_BYTE = /[\u0000-\u001f\u007f]/;

function bytesOf(path: string): string {
  return path.replace(ESCAPE, (triplet) => String.fromCharCode(Number.parseInt(triplet.slice(1), 16)));
}

function decodeUnreserved(triplet: string): string {
  const character = String.fromCharCode(Number.parseInt(triplet.slice(1), 16));
  return UNRESERVED.test(character) ? character : triplet.toUpperCase();
}

/** A manifest may hold characters that reach the platform escaped. A lone surrogate becomes U+FFFD, as in URLs. */
function escapeAsUrlsDo(path: string): string {
  return path.toWellFormed().replace(NOT_IN_PATHS, (run) => encodeURIComponent(run));
}

/** RFC 3986 §5.2.4, except that climbing above the root is refused (null) and empty segments stay. */
function resolveDots(path: string): string | null {
  if (!path.includes("/.")) return path;
  const kept: string[] = [];
  const segments = path.split("/");
  const last = segments.length - 1;
  for (let index = 1; index <= last; index++) {
    const segment = segments[index] as string;
    if (segment === ".") {
      if (index === last) kept.push("");
    } else if (segment === "..") {
      if (kept.length === 0) return null;
      kept.pop();
      if (index === last) kept.push("");
    } else kept.push(segment);
  }
  return `/${kept.join("/")}`;
}

/** The text of a prefix match without its trailing slash; the root stays `/`. */
export function canonicalPrefix(path: string): string {
  return path.length > 1 && path.endsWith("/") ? path.replace(/\/+$/, "") || "/" : path;
}
