import type { HttpMatch, PathMatch } from "../ir/match.ts";

/**
 * Whether some request may have a path that both take. Of patterns only the literal text at their start is known: where
 * it leaves the question open, the answer is yes. The one place that knows how types of paths relate.
 */
export function mayOverlap(a: PathMatch, b: PathMatch): boolean {
  if (a.type === "RegularExpression" || b.type === "RegularExpression") {
    const [one, other] = [literalStart(a), literalStart(b)];
    return one.startsWith(other) || other.startsWith(one);
  }
  if (a.type === "Exact" && b.type === "Exact") return a.value === b.value;
  return (
    (a.type === "PathPrefix" && isBelow(b.value, a.value)) || (b.type === "PathPrefix" && isBelow(a.value, b.value))
  );
}

/** Whether the first takes every request that the second takes, as far as that can be told. */
export function coversMatch(cover: HttpMatch, match: HttpMatch): boolean {
  const { path, method, headers, queryParams } = cover;
  if (method !== null || headers.length > 0 || queryParams.length > 0 || path.type === "RegularExpression")
    return false;
  if (path.type === "Exact") return match.path.type === "Exact" && match.path.value === path.value;
  return match.path.type === "RegularExpression"
    ? path.value === "/" || literalStart(match.path).startsWith(`${path.value.toLowerCase()}/`)
    : isBelow(match.path.value, path.value);
}

/** True for a path at or below another one, element by element. */
export function isBelow(path: string, other: string): boolean {
  return other === "/" || path === other || path.startsWith(`${other}/`);
}

/** The path of a match that is none of a pattern; of one that has no signs of patterns in it, as it is written. */
export function plainPath(path: PathMatch): string | null {
  if (path.type !== "RegularExpression") return path.value;
  return /[()[\]{}|*+?^$\\]/.test(path.written) ? null : path.written;
}

/** The text with which every path begins that a match takes, in lower case. */
function literalStart({ type, value }: PathMatch): string {
  if (type !== "RegularExpression") return value.toLowerCase();
  if (value.includes("|")) return "";
  const [literal = ""] = /^[^\\.[\](){}*+?$^]*/.exec(value.replace(/^\^/, "")) ?? [];
  const isOptional = /^[?*{]/.test(value.replace(/^\^/, "").slice(literal.length));
  return (isOptional ? literal.slice(0, -1) : literal).toLowerCase();
}
