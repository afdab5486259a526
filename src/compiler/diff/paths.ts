import type { HostRouter } from "../../table/match.ts";
import { canonicalPrefix } from "../../table/normalise.ts";
import { explorePaths } from "../patterns/explore.ts";
import { sampleTexts } from "../patterns/sample.ts";

export interface SeenPaths {
  readonly paths: readonly string[];
  /** False: patterns tell more paths apart than were looked at. */
  readonly isComplete: boolean;
}

/**
 * Paths of which each stands for all that the rules of these hosts can't tell apart. A path's rule depends on the exact
 * path that it equals, and on the prefixes whose elements it begins with: so every path of a rule stands for itself,
 * and one element below it for everything else there. Where a host has patterns, `explorePaths` adds one path for each
 * combination of rules that a path can meet, and some that each pattern takes, which rewrites may tell apart.
 */
export function seenPaths(routers: readonly HostRouter[]): SeenPaths {
  const written = new Set(["/"]);
  for (const { rules } of routers) {
    for (const { path, pathType } of rules) {
      const texts = pathType === "RegularExpression" ? sampleTexts(path) : [path];
      for (const text of texts) written.add(pathType === "Exact" ? text : canonicalPrefix(text));
    }
  }
  const hasPatterns = routers.some(({ patterns }) => patterns !== null);
  const explored = hasPatterns ? explorePaths(routers.map(({ rules }) => rules)) : { found: [], isComplete: true };
  for (const { path } of explored.found) written.add(path);
  const element = unusedElement([...written]);
  const paths = [...written].sort((a, b) => a.length - b.length);
  return {
    paths: [...new Set([...paths, ...paths.flatMap((path) => below(path, element))])],
    isComplete: explored.isComplete,
  };
}

function below(path: string, element: string): string[] {
  const start = path === "/" ? "" : path;
  return [`${start}/`, `${start}/${element}`];
}

/** An element that no rule names, so that what is below a path is below no longer one. */
function unusedElement(paths: readonly string[]): string {
  const used = new Set(paths.flatMap((path) => path.split("/")));
  let element = "x";
  while (used.has(element)) element += "x";
  return element;
}

/**
 * Spellings of a path that servers may read as it: a request whose readings lead to different rules is refused
 * (`matchReadings`), and which rules there are may differ where their effect does not.
 */
export function spellings(path: string): string[] {
  const slashes = [...path.matchAll(/\//g)].map(({ index }) => index);
  const ends = slashes.slice(1).concat(path.length);
  return [
    ...slashes.map((at) => `${path.slice(0, at)}/${path.slice(at)}`),
    ...slashes.slice(1).map((at) => `${path.slice(0, at)}%2F${path.slice(at + 1)}`),
    ...ends.map((at) => `${path.slice(0, at)};x${path.slice(at)}`),
  ];
}
