import type { Rule } from "./model.ts";
import { type NormalisedTexts, patternReadings } from "./normalise.ts";
import { patternOfRule } from "./patterns.ts";
import type { PathRewrite } from "./policies/path-rewrite.ts";

/** What a Service sees in place of the request's path. */
export interface Rewritten {
  readonly path: string;
  /** `X-Forwarded-Prefix`; empty: none. */
  readonly forwardedPrefix: string;
}

const patterns = new WeakMap<Rule, RegExp>();

/**
 * The path of a request as its rule rewrites it: nginx's `rewrite "(?i)<path>" <target> break`, which puts the target in
 * the place of the whole path, groups filled in from the decoded one, and escapes what comes out
 * (nginx/nginx:src/http/ngx_http_script.c, ngx_http_proxy_module.c). Null where nobody can say what a server would make
 * of it: it would begin with no slash, or groups side by side would make a dot segment.
 */
export function rewritePath(
  rule: Rule,
  { template, forwardedPrefix }: PathRewrite,
  target: NormalisedTexts,
): Rewritten | null {
  const groups = groupsOf(rule, target);
  if (groups === null) return null;
  const path = sentPath(filled(template, groups));
  if (path === null) return null;
  return { path, forwardedPrefix: filled(forwardedPrefix, groups).replace(NOT_IN_HEADERS, escaped) };
}

/** A changed path as it is sent, of one character a byte; null where it is none that all servers read alike. */
export function sentPath(bytes: string): string | null {
  const path = bytes.replace(TO_ESCAPE, escaped);
  return path.startsWith("/") && !DOT_SEGMENT.test(path) ? path : null;
}

/** Bytes as nginx escapes them in a URI. */
export function escapedBytes(bytes: string): string {
  return bytes.replace(TO_ESCAPE, escaped);
}

/** What nginx escapes in a changed URI (ngx_escape_uri, NGX_ESCAPE_URI; since 1.21.1). */
const TO_ESCAPE = /[\u0000-\u0020"#%<>?\\^`{|}\u007f-\u00ff]/g;
const NOT_IN_HEADERS = /[\u0000-\u001f\u007f-\u00ff]/g;
const DOT_SEGMENT = /\/\.\.?(?:\/|$)/;
const GROUP = /\$([1-9])/g;

const escaped = (byte: string) => `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, "0")}`;

function filled(template: string, groups: readonly (string | undefined)[]): string {
  return template.replace(GROUP, (_, number: string) => groups[Number(number)] ?? "");
}

/** The groups of the rule's pattern; none for a rule that takes whatever is left, whose pattern is `/`. */
function groupsOf(rule: Rule, target: NormalisedTexts): readonly (string | undefined)[] | null {
  if (rule.pathType !== "RegularExpression") return [];
  const seen = patternReadings(target);
  if (seen === null) return null;
  let pattern = patterns.get(rule);
  if (pattern === undefined) {
    pattern = patternOfRule(rule);
    patterns.set(rule, pattern);
  }
  const found = pattern.exec(seen.path);
  // The rewrite is not anchored: of a choice another part may be found before the one that chose the location.
  return found === null || found.index === 0 ? found : patternOfRule(rule, false).exec(seen.path);
}
