import { isAlias, isCollection, isMap, isScalar, isSeq, type Node, type Pair, type YAMLMap } from "yaml";
import { rememberedOf } from "../remembered.ts";
import type { ValuePath } from "./document.ts";
import { followed, isMergeKey, keyText } from "./resolve-value.ts";
import type { Span } from "./syntax-findings.ts";

interface Place {
  readonly key: Node | null;
  readonly value: Node | null;
}

/**
 * Where the value at a path stands in its document, or its key; for a path that does not exist, the nearest ancestor
 * that does. An alias on the way is followed, at the end of the way it is the place itself.
 */
export function locateNode(
  root: Node,
  targets: ReadonlyMap<Node, Node>,
  path: ValuePath,
  part: "key" | "value",
): Span | null {
  let place: Place = { key: null, value: root };
  for (const segment of path) {
    const next = child(place.value, segment, targets);
    if (next === null) break;
    place = next;
  }
  if (part === "key" && place.key !== null) return spanOf(place.key);
  // An empty value (`host:`) has no text to point at, so its key stands for it.
  const value = place.value === null ? null : spanOf(place.value);
  const shown = value === null || (value.start === value.end && place.key !== null) ? place.key : place.value;
  return shown === null ? null : spanOf(shown);
}

function child(parent: Node | null, segment: string | number, targets: ReadonlyMap<Node, Node>): Place | null {
  const node = followed(parent, targets);
  if (isSeq(node)) {
    const item = node.items[Number(segment)] as Node | undefined;
    return item === undefined ? null : { key: null, value: item };
  }
  if (!isMap(node)) return null;
  const { own, merges } = pairsOf(node);
  const pair = own.get(String(segment));
  if (pair !== undefined) return { key: pair.key as Node, value: pair.value as Node | null };
  for (const source of merges.flatMap((merge) => sources(merge, targets))) {
    const merged = child(source, segment, targets);
    if (merged !== null) return merged;
  }
  return null;
}

interface Pairs {
  /** By key, of a repeated one the first. */
  readonly own: ReadonlyMap<string, Pair>;
  readonly merges: readonly Pair[];
}

/** A map with thousands of keys may be asked for each of them. Nodes do not change once they are made. */
const pairsOf = rememberedOf((map: YAMLMap): Pairs => {
  const own = new Map<string, Pair>();
  const merges: Pair[] = [];
  for (const pair of map.items) {
    if (isMergeKey(pair.key)) merges.push(pair);
    else if (!own.has(keyText(pair))) own.set(keyText(pair), pair);
  }
  return { own, merges };
});

/** What a merge key merges, the first to win first. */
function sources(pair: Pair, targets: ReadonlyMap<Node, Node>): readonly (Node | null)[] {
  const node = followed(pair.value as Node | null, targets);
  return isSeq(node) ? (node.items as Node[]) : [node];
}

/** All of a scalar; of a list or a map its first token. */
export function spanOf(node: Node): Span | null {
  if (node.range == null) return null;
  const [start, end] = node.range;
  if (isScalar(node) || isAlias(node)) return { start, end };
  const first = isMap(node) ? node.items[0]?.key : undefined;
  const named = isCollection(node) && !node.flow && isScalar(first) && first.range?.[0] === start;
  return { start, end: named ? (first.range?.[1] ?? start + 1) : start + 1 };
}
