import { type HttpMatch, hasConditions, type PathMatch, type PathPattern } from "../ir/match.ts";
import { pathRule } from "../patterns/path-pattern.ts";
import { RulePaths } from "../patterns/rule-paths.ts";
import { sampleTexts } from "../patterns/sample.ts";
import { remembered } from "../remembered.ts";

/**
 * Whether some request may have a path that both take. Of patterns their automata say so, where the literal text at their
 * start leaves it open; where they can't, the answer is yes. The one place that knows how types of paths relate.
 */
export function mayOverlap(a: PathMatch, b: PathMatch): boolean {
  if (a.type === "RegularExpression") return mayTake(a, b) && mayShare(a, b);
  if (b.type === "RegularExpression") return mayTake(b, a) && mayShare(a, b);
  if (a.type === "Exact" && b.type === "Exact") return a.value === b.value;
  return (
    (a.type === "PathPrefix" && isBelow(b.value, a.value)) || (b.type === "PathPrefix" && isBelow(a.value, b.value))
  );
}

const MOST_PAIRS = 10_000;

function pairOf(a: PathMatch, b: PathMatch): string {
  return JSON.stringify([pathRule(a), pathRule(b)]);
}

const pathsOf = (a: PathMatch, b: PathMatch) => new RulePaths([pathRule(a), pathRule(b)], "all");

const mayShare = remembered(
  MOST_PAIRS,
  pairOf,
  (a, b) => takesPath(a, pathLike(b)) || takesPath(b, pathLike(a)) || pathsOf(a, b).shared(0, 1) !== null,
);

/** Whether the first takes every path of the second, by their automata; undefined where they can't tell. */
const takesAll = remembered(MOST_PAIRS, pairOf, (cover, path): boolean | undefined => {
  const one = pathLike(path);
  if (one !== null && !takesPath(cover, one)) return false;
  const paths = pathsOf(cover, path);
  if (!paths.canTell(0) || !paths.canTell(1)) return undefined;
  const { kind } = paths.own(1);
  return kind === "unknown" ? undefined : kind !== "own";
});

const expressionOf = remembered(
  MOST_PAIRS,
  (source: string) => source,
  (source) => new RegExp(source, "i"),
);

/** A path that a match takes, in letters that all servers read in one way; null: none is at hand. Answers most questions without automata. */
function pathLike(match: PathMatch): string | null {
  const some = match.type === "RegularExpression" ? samplesOf(match.source) : [match.value];
  return some.find((text) => !/[%;\\]|\/[./]/.test(text) && takesPath(match, text)) ?? null;
}

const samplesOf = remembered(MOST_PAIRS, (source: string) => source, sampleTexts);

function takesPath(match: PathMatch, path: string | null): boolean {
  if (path === null) return false;
  if (match.type === "RegularExpression") return expressionOf(match.source).test(path);
  return match.type === "Exact" ? path === match.value : isBelow(path, match.value);
}

/** What is written in two ways, or has other letters in another case. */
const WRITTEN_OTHERWISE = /[^\x20-\x7e]|%|\\Q/;

/** False where a pattern takes no path of the other match, by the literal text at their start. */
function mayTake(pattern: PathPattern, other: PathMatch): boolean {
  if (WRITTEN_OTHERWISE.test(pattern.value) || WRITTEN_OTHERWISE.test(other.value)) return true;
  const [start, value] = [literalStart(pattern), literalStart(other)];
  if (value.startsWith(start)) return true;
  if (other.type === "RegularExpression") return start.startsWith(value);
  return other.type === "PathPrefix" && isBelow(start, value);
}

/** Whether the first takes every request that the second takes, as far as that can be told. */
export function coversMatch(cover: HttpMatch, match: HttpMatch): boolean {
  const { path } = cover;
  if (hasConditions(cover)) return false;
  if (path.type === "RegularExpression") {
    return mayTake(path, match.path) && (takesAll(path, match.path) ?? coversByPattern(path, match.path));
  }
  if (match.path.type === "RegularExpression") {
    if (path.type === "PathPrefix" && path.value === "/") return true;
    return mayTake(match.path, path) && takesAll(path, match.path) === true;
  }
  return path.type === "Exact"
    ? match.path.type === "Exact" && match.path.value === path.value
    : isBelow(match.path.value, path.value);
}

/** Patterns that take all that begins with a text, or all at and below it: `/api`, `/api.*`, `/api(.*)`, `/api(/|$)(.*)`. */
const TAKES_ALL = /^\^?([^\\.[\](){}|*+?^$]*)(\(\/\|\$\))?(?:\.\*|\(\.\*\))?$/;

function coversByPattern({ value }: PathPattern, path: PathMatch): boolean {
  const found = TAKES_ALL.exec(value);
  if (found === null) return false;
  const [start, taken] = [(found[1] as string).toLowerCase(), literalStart(path)];
  if (WRITTEN_OTHERWISE.test(start) || (start === "/" && found[2] !== undefined)) return false;
  if (found[2] === undefined) return taken.startsWith(start);
  return path.type === "RegularExpression" ? taken.startsWith(`${start}/`) : isBelow(taken, start === "" ? "/" : start);
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
  if (withoutGroups(value).includes("|")) return "";
  const [literal = ""] = /^[^\\.[\](){}*+?$^]*/.exec(value.replace(/^\^/, "")) ?? [];
  const isOptional = /^[?*{]/.test(value.replace(/^\^/, "").slice(literal.length));
  return (isOptional ? literal.slice(0, -1) : literal).toLowerCase();
}

/** What of a pattern stands outside of groups, classes and escapes. */
function withoutGroups(value: string): string {
  const plain = value.replace(/\\./g, "").replace(/\[\^?\]?[^\]]*\]/g, "");
  for (let [text, inner] = [plain, ""]; ; text = inner) {
    inner = text.replace(/\([^()]*\)/g, "");
    if (inner === text) return text;
  }
}
