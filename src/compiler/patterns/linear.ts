import { type Automaton, automatonOf } from "./automaton.ts";
import { type ByteSet, hasByte, PATH_BYTES, toldApart } from "./bytes.ts";
import { childrenOf, isBounded, type Node } from "./syntax.ts";

/**
 * Ways in which a matcher may have got to one place of a text, where alternatives that begin alike count once as far as
 * they do (`/(svc-1|svc-2)`); and where each counts: its steps are at most so many times the text's length.
 */
const MOST_WAYS = 32;
const MOST_ALTERNATIVES = 1_000;
const MOST_POSITIONS = 1000;
/** What nginx reads of one word of its configuration (ngx_conf_file.c, NGX_CONF_BUFFER). */
const LONGEST_PATTERN = 4_096;
/** How many combinations of ways are looked at before a pattern counts as unproved. */
const MOST_COMBINATIONS = 5000;

/**
 * Why a backtracking matcher may need more than linear time for a pattern; null where it is proved that it does not. The
 * proof: all combinations of ways in which parts of a text may have been matched are walked through, byte by byte as in
 * a subset construction, and none has more than `MOST_WAYS` or `MOST_ALTERNATIVES`. Each way is walked once by a backtracking matcher, so that
 * it takes at most so many steps a byte. `searches`: the pattern is tried at every place of the text.
 */
export function whyNotLinear(node: Node, searches: boolean): string | null {
  return whyNotOnce(node, searches) ?? whyLooksAreSlow(node, searches);
}

function whyNotOnce(node: Node, searches: boolean): string | null {
  const whole = withoutSureEnd(node);
  const tree = automatonOf(asTree(whole), MOST_POSITIONS);
  if (tree === null) return `has more than ${MOST_POSITIONS} positions when its counts are written out`;
  const written = automatonOf(whole, LONGEST_PATTERN);
  return waysAreFew(tree, searches, MOST_WAYS) && written !== null && waysAreFew(written, searches, MOST_ALTERNATIVES)
    ? null
    : "can match parts of a path in so many ways that a long path would take too long to refuse";
}

const START = -1;
const ALL_BYTES = Array.from({ length: 256 }, (_, byte) => byte);

/** The same language, with alternatives that begin with the same set as one that branches behind it. */
function asTree(node: Node): Node {
  switch (node.kind) {
    case "sequence":
      return { kind: "sequence", items: node.items.map(asTree) };
    case "choice":
      return branching(node.options.map(asTree));
    case "repeat":
    case "capture":
    case "look":
      return { ...node, body: asTree(node.body) };
    default:
      return node;
  }
}

function branching(options: readonly Node[]): Node {
  const behind = new Map<ByteSet, Node[]>();
  const others: Node[] = [];
  for (const option of options) {
    const [first, ...rest] = option.kind === "sequence" ? option.items : [option];
    if (first?.kind !== "set") others.push(option);
    else behind.set(first.set, [...(behind.get(first.set) ?? []), { kind: "sequence", items: rest }]);
  }
  const branches = [...behind].map(([set, rests]): Node => {
    const [only] = rests as [Node];
    return { kind: "sequence", items: [{ kind: "set", set }, rests.length === 1 ? only : branching(rests)] };
  });
  return { kind: "choice", options: [...branches, ...others] };
}

function waysAreFew({ sets, first, next, sure }: Automaton, searches: boolean, mostWays: number): boolean {
  const bytes = toldApart(ALL_BYTES, [...new Set(sets)]);
  const seen = new Set<string>();
  const open: (readonly (readonly [number, number])[])[] = [[[START, 1]]];
  for (let ways = open.pop(); ways !== undefined; ways = open.pop()) {
    for (const byte of bytes) {
      const after = new Map<number, number>(searches ? [[START, 1]] : []);
      let total = 0;
      for (const [position, count] of ways) {
        // From a sure position the matcher never comes back.
        const following = position === START ? first : sure.has(position) ? [] : (next[position] ?? []);
        for (const other of following) {
          if (!hasByte(sets[other] as ByteSet, byte)) continue;
          after.set(other, (after.get(other) ?? 0) + count);
          total += count;
          if (total > mostWays) return false;
        }
      }
      const sorted = [...after].sort(([a], [b]) => a - b);
      const key = sorted.join(" ");
      if (sorted.length === 0 || seen.has(key)) continue;
      seen.add(key);
      if (seen.size > MOST_COMBINATIONS) return false;
      open.push(sorted);
    }
  }
  return true;
}

/** Without a `$` behind a greedy `.*`, which always gets to the end of a path. */
function withoutSureEnd(node: Node): Node {
  if (node.kind !== "sequence") return node;
  const [end, before] = [node.items.at(-1), node.items.at(-2)];
  const isSure = end?.kind === "assert" && end.what === "end" && before !== undefined && takesAll(before);
  return isSure ? { kind: "sequence", items: node.items.slice(0, -1) } : node;
}

function takesAll(node: Node): boolean {
  if (node.kind === "capture") return takesAll(node.body);
  if (node.kind === "sequence") return node.items.length > 0 && takesAll(node.items.at(-1) as Node);
  return (
    node.kind === "repeat" &&
    !node.lazy &&
    node.max === Number.POSITIVE_INFINITY &&
    node.body.kind === "set" &&
    (node.body.set & PATH_BYTES) === PATH_BYTES
  );
}

/**
 * Look-arounds are matched anew at each place where they stand: of a limited length they cost a limited number of steps,
 * of any length they may stand only where the matcher comes by a limited number of times.
 */
function whyLooksAreSlow(node: Node, isVisitedOften: boolean): string | null {
  if (node.kind === "look") {
    if (!isBounded(node.body)) {
      if (node.behind) return "has a look-behind of any length";
      if (isVisitedOften) return "has a look-ahead of any length behind a repetition, which takes too long";
    }
    return whyNotOnce(node.body, false) ?? whyLooksAreSlow(node.body, isVisitedOften);
  }
  let often = isVisitedOften || (node.kind === "repeat" && node.max === Number.POSITIVE_INFINITY);
  for (const child of childrenOf(node)) {
    const why = whyLooksAreSlow(child, often);
    if (why !== null) return why;
    if (node.kind === "sequence") often ||= !isBounded(child);
  }
  return null;
}
