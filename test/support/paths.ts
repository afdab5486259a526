import type { PathMatch } from "../../src/compiler/ir/match.ts";
import { translatePattern } from "../../src/compiler/patterns/translate.ts";

/** A path match in short; a pattern is one of nginx, as it stands in an Ingress. */
export function pathMatch(type: PathMatch["type"], value: string): PathMatch {
  if (type !== "RegularExpression") return { type, value };
  const translation = translatePattern(`^${value}`, { caseless: true });
  if (!translation.ok) throw new Error(`${value}: ${translation.problem.says}`);
  return { type, value, source: translation.pattern.source, written: value, writtenAs: "PathPrefix" };
}
