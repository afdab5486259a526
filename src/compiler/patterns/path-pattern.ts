import type { Rule } from "../../table/model.ts";
import { canonicalPrefix } from "../../table/normalise.ts";
import type { PathMatch } from "../ir/match.ts";
import { remembered } from "../remembered.ts";
import { looksBehind } from "./language.ts";
import { isProblem, parsePattern } from "./parse.ts";
import { escapedPath } from "./path-walk.ts";
import type { Node } from "./syntax.ts";
import { isAnchored } from "./translate.ts";

/** What is asked of a rule's path. */
export type PathRule = Pick<Rule, "pathType" | "path" | "conditions">;

/** A path as a rule of the table has it. */
export function pathRule(path: PathMatch): PathRule {
  const text = path.type === "RegularExpression" ? path.source : path.value;
  return { pathType: path.type, path: text, conditions: null };
}

/** All that is looked at of a rule. */
export function asked({ pathType, path, conditions }: PathRule) {
  return [pathType, path, conditions === null];
}

/** The paths that a rule takes, as an expression. */
export interface PathPattern {
  readonly node: Node;
  readonly anchored: boolean;
}

/** Null where its texts can't be told; `never` where only paths that servers read in several ways are like it. */
export function patternOf({ pathType, path }: PathRule): PathPattern | "never" | null {
  if (pathType === "RegularExpression") {
    const node = parseTranslated(path);
    if (node === null || looksBehind(node)) return null;
    return { node, anchored: isAnchored(node) };
  }
  const written = pathType === "Exact" ? path : canonicalPrefix(path);
  const text = written.replace(/%[0-9A-F]{2}/g, (triplet) =>
    String.fromCharCode(Number.parseInt(triplet.slice(1), 16)),
  );
  if (escapedPath(text) !== written) return "never";
  const literal = [...text].map((character): Node => ({ kind: "set", set: 1n << BigInt(character.charCodeAt(0)) }));
  const end: Node = { kind: "assert", what: "end" };
  const slash: Node = { kind: "set", set: 1n << 0x2fn };
  const items =
    pathType === "Exact"
      ? [...literal, end]
      : text === "/"
        ? []
        : [...literal, { kind: "choice", options: [end, slash] } satisfies Node];
  return { node: { kind: "sequence", items } satisfies Node, anchored: true };
}

/** The pattern of a rule, which stands there as ECMAScript has it; null for what no translation makes. */
export const parseTranslated = remembered(
  10_000,
  (source: string) => source,
  (source): Node | null => {
    const parsed = parsePattern(source.replaceAll("(?-i:", "(?:").replaceAll("[^]", "[\\x00-\\xff]"), {
      caseless: true,
    });
    return isProblem(parsed) ? null : parsed;
  },
);
