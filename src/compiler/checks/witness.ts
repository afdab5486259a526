import { byPrecedence, matchKey } from "../ir/order.ts";
import type { RouteRule } from "../ir/rule.ts";
import { explorePaths, type Sorted } from "../patterns/explore.ts";
import { pathRule } from "../patterns/path-pattern.ts";
import { rememberedOf } from "../remembered.ts";

/** Of the rules of one hostname: those that paths meet. */
interface Explored {
  readonly keys: readonly string[];
  readonly found: readonly Sorted[];
}

/** A URL that a rule takes, of all rules of its hostname; null where none is found. */
export function witnessOf({ match, hostname }: RouteRule, all: readonly RouteRule[]): string | null {
  const { keys, found } = explored(all);
  const place = keys.indexOf(matchKey(match));
  const path = found.find(({ takers }) => takers[0]?.[0] === place)?.path;
  if (path === undefined) return null;
  const name = hostname === "*" ? "any.invalid" : hostname.replace(/^\*/, "any");
  return `https://${name}${path}`;
}

const explored = rememberedOf((all: readonly RouteRule[]): Explored => {
  const ordered = new Map(
    [...all].sort((a, b) => byPrecedence(a.match, b.match)).map((rule) => [matchKey(rule.match), rule]),
  );
  const { found } = explorePaths([[...ordered.values()].map(({ match }) => pathRule(match.path))]);
  return { keys: [...ordered.keys()], found };
});
