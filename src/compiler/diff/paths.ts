import type { HostRouter } from "../../table/match.ts";
import { canonicalPrefix } from "../../table/normalise.ts";
import { sampleTexts } from "../patterns/sample.ts";

/**
 * Paths of which each stands for all that the rules of these hosts can't tell apart. A path's rule depends on the exact
 * path that it equals, and on the prefixes whose elements it begins with: so every path of a rule stands for itself,
 * and one element below it for everything else there. What a pattern takes can't be told so: for each some paths that it
 * takes are there, and where they are told apart by others a change may go unseen.
 */
export function plainPaths(routers: readonly HostRouter[]): string[] {
  const written = new Set(["/"]);
  for (const { rules } of routers) {
    for (const { path, pathType } of rules) {
      const texts = pathType === "RegularExpression" ? sampleTexts(path) : [path];
      for (const text of texts) written.add(pathType === "Exact" ? text : canonicalPrefix(text));
    }
  }
  const element = unusedElement([...written]);
  const paths = [...written].sort((a, b) => a.length - b.length);
  return [...new Set([...paths, ...paths.flatMap((path) => below(path, element))])];
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
