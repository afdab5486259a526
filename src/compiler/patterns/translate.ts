import { remembered } from "../remembered.ts";
import { emitPattern } from "./emit.ts";
import { whyNotLinear } from "./linear.ts";
import { isProblem, type PatternProblem, parsePattern } from "./parse.ts";
import { capturesIn, childrenOf, type Node } from "./syntax.ts";

/** A pattern of PCRE as the edge runs it. */
export interface Translated {
  /**
   * For `new RegExp`, with the flag `i` where it was asked for. The texts have one character a byte. A choice stands in a
   * group: where the source begins with `^`, the whole of it is anchored.
   */
  readonly source: string;
  /** How many capture groups it has. */
  readonly captures: number;
  /** Those that PCRE and ECMAScript may fill differently: a later turn of a repetition passes them by. */
  readonly unsteady: ReadonlySet<number>;
}

export type Translation =
  | { readonly ok: true; readonly pattern: Translated }
  | { readonly ok: false; readonly why: "syntax" | "slow"; readonly problem: PatternProblem };

/**
 * Translates a pattern of PCRE2 to ECMAScript: what comes out matches the same texts with the same captures, and V8 takes
 * time linear in the text's length for it. Everything else is refused, with the reason. Texts hold no control characters.
 */
export const translatePattern = remembered(
  10_000,
  (text: string, options: { readonly caseless: boolean }) => `${options.caseless} ${text}`,
  translated,
);

function translated(text: string, options: { readonly caseless: boolean }): Translation {
  const parsed = parsePattern(text, options);
  if (isProblem(parsed)) return { ok: false, why: "syntax", problem: parsed };
  const slow = whyNotLinear(parsed, !isAnchored(parsed));
  if (slow !== null) return { ok: false, why: "slow", problem: { says: slow, offset: 0 } };
  const numbers = capturesIn(parsed);
  const emitted = emitPattern(parsed, options);
  const source = parsed.kind === "choice" ? `(?:${emitted})` : emitted;
  return { ok: true, pattern: { source, captures: numbers.length, unsteady: unsteadyIn(parsed) } };
}

/** True where it matches at the start of a text alone. */
export function isAnchored(node: Node): boolean {
  if (node.kind === "assert") return node.what === "start";
  if (node.kind === "sequence") return node.items.length > 0 && isAnchored(node.items[0] as Node);
  if (node.kind === "choice") return node.options.every(isAnchored);
  return node.kind === "capture" && isAnchored(node.body);
}

/** ECMAScript empties the groups of a repetition at each turn, PCRE keeps what they had. */
function unsteadyIn(node: Node): ReadonlySet<number> {
  const inner = childrenOf(node).flatMap((child) => [...unsteadyIn(child)]);
  if (node.kind !== "repeat" || node.max === 1) return new Set(inner);
  const steady = filledBy(node.body);
  return new Set([...inner, ...capturesIn(node.body).filter((number) => !steady.has(number))]);
}

/** The groups that every match of a node fills. */
function filledBy(node: Node): ReadonlySet<number> {
  switch (node.kind) {
    case "capture":
      return new Set([node.number, ...filledBy(node.body)]);
    case "sequence":
      return new Set(node.items.flatMap((item) => [...filledBy(item)]));
    case "choice": {
      const [one, ...others] = node.options.map(filledBy) as [ReadonlySet<number>, ...ReadonlySet<number>[]];
      return new Set([...one].filter((number) => others.every((other) => other.has(number))));
    }
    case "repeat":
      return node.min === 0 ? new Set() : filledBy(node.body);
    case "look":
      return node.negative ? new Set() : filledBy(node.body);
    default:
      return new Set();
  }
}
