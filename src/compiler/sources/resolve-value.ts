import { type Alias, isAlias, isMap, isScalar, isSeq, type Node, type Pair, Scalar, type YAMLMap } from "yaml";
import type { Code } from "../diagnostics/catalogue/index.ts";
import { MAX_DEPTH } from "./compose-documents.ts";

/** What is wrong with a node, found while its value was made. */
export interface NodeProblem {
  readonly code: Code;
  readonly message: string;
  readonly node: Node;
  readonly related?: { readonly message: string; readonly node: Node };
}

/** A document as plain data, and what `locate` needs to walk it. */
export interface ResolvedDocument {
  readonly value: unknown;
  readonly problems: readonly NodeProblem[];
  /** What each alias stands for. */
  readonly targets: ReadonlyMap<Node, Node>;
  /** How many values aliases and merge keys stand for. */
  readonly aliased: number;
}

/** An anchored node: `size` values in `depth` levels. `open` while its value is being made. */
interface Anchored {
  readonly node: Node;
  value: unknown;
  size: number;
  depth: number;
  open: boolean;
}

/**
 * Makes plain data of a document's nodes in one walk. It takes the place of the parser's `toJS` because that one
 * knows no places for what it refuses, does not limit merge keys, and looks for duplicate keys in quadratic time.
 * An alias shares the value of its anchor, so data must not be changed. `maxAliased` limits what aliases stand for.
 */
export function resolveValue(root: Node | null, maxAliased: number): ResolvedDocument {
  const problems: NodeProblem[] = [];
  const targets = new Map<Node, Node>();
  const anchors = new Map<string, Anchored>();
  let size = 0;
  let aliased = 0;
  let deepest = 0;
  let exhausted = false;

  function nodeValue(node: Node | null, depth: number): unknown {
    size += 1;
    if (depth > deepest) deepest = depth;
    if (node === null) return null;
    if (isAlias(node)) return aliasValue(node, depth);
    const { anchor } = node as { anchor?: string };
    if (anchor === undefined) return plainValue(node, depth);
    const entry: Anchored = { node, value: null, size, depth: 0, open: true };
    anchors.set(anchor, entry);
    const outer = deepest;
    deepest = depth;
    entry.value = plainValue(node, depth);
    entry.size = size - entry.size + 1;
    entry.depth = deepest - depth;
    entry.open = false;
    deepest = Math.max(outer, deepest);
    return entry.value;
  }

  function plainValue(node: Node, depth: number): unknown {
    if (isScalar(node)) return node.value;
    if (isMap(node)) return mapValue(node, depth);
    if (isSeq(node)) return node.items.map((item) => nodeValue(item as Node, depth + 1));
    return null;
  }

  function mapValue(node: YAMLMap, depth: number): object {
    const map: Record<string, unknown> = {};
    const merges: Pair[] = [];
    for (const pair of node.items) {
      if (isMergeKey(pair.key)) {
        merges.push(pair);
        continue;
      }
      const key = keyText(pair);
      if (Object.hasOwn(map, key)) duplicate(node, pair, key);
      setOwn(map, key, nodeValue(pair.value as Node | null, depth + 1));
    }
    for (const pair of merges) merge(map, pair, depth);
    return map;
  }

  function duplicate(map: YAMLMap, pair: Pair, key: string): void {
    // Looking for the first one is a walk: not worth it for more than will be shown.
    const first = problems.length < 100 ? map.items.find((other) => keyText(other) === key) : undefined;
    problems.push({
      code: "EI1103",
      message: `the key "${key}" is given twice in one mapping`,
      node: pair.key as Node,
      ...(first && { related: { message: "the first one is here", node: first.key as Node } }),
    });
  }

  function merge(map: Record<string, unknown>, pair: Pair, depth: number): void {
    const source = pair.value as Node | null;
    // The value comes first: making it is what finds the target of an alias.
    const value = nodeValue(source, depth);
    const known = followed(source, targets);
    const parts = isSeq(known) ? (value as unknown[]) : [value];
    const nodes = isSeq(known) ? (known.items as Node[]) : [source];
    parts.forEach((part, index) => {
      const node = nodes[index] ?? null;
      if (isMap(followed(node, targets))) mergeInto(map, part as object);
      else if (!isAlias(node) || targets.has(node)) {
        problems.push({
          code: "EI1111",
          message: "the merge key << needs a mapping",
          node: node ?? (pair.key as Node),
        });
      }
    });
  }

  function mergeInto(map: Record<string, unknown>, part: object): void {
    if (exhausted || part === null) return;
    for (const [key, value] of Object.entries(part)) if (!Object.hasOwn(map, key)) setOwn(map, key, value);
  }

  function aliasValue(alias: Alias, depth: number): unknown {
    const entry = anchors.get(alias.source);
    if (entry === undefined) {
      problems.push({ code: "EI1106", message: "the alias has no anchor before it", node: alias });
      return null;
    }
    if (entry.open) {
      problems.push({
        code: "EI1112",
        message: "the alias stands inside the node that it repeats",
        node: alias,
        related: { message: "its anchor is here", node: entry.node },
      });
      return null;
    }
    targets.set(alias, entry.node);
    aliased += entry.size;
    size += entry.size - 1;
    deepest = Math.max(deepest, depth + entry.depth);
    if (depth + entry.depth > MAX_DEPTH && !exhausted) {
      exhausted = true;
      problems.push({ code: "EI1108", message: `aliases nest values more than ${MAX_DEPTH} levels deep`, node: alias });
    }
    if (aliased > maxAliased && !exhausted) {
      exhausted = true;
      const message = "aliases and merge keys stand for more values than a file may have";
      problems.push({ code: "EI1107", message, node: alias });
    }
    return entry.value;
  }

  const value = nodeValue(root, 0);
  return { value, problems, targets, aliased };
}

/** The node that an alias stands for; any other node itself. */
export function followed(node: Node | null, targets: ReadonlyMap<Node, Node>): Node | null {
  return node !== null && isAlias(node) ? (targets.get(node) ?? null) : node;
}

/** `<<` without quotes; in quotes it is a name like any other. */
export function isMergeKey(key: unknown): boolean {
  return isScalar(key) && key.value === "<<" && key.type === Scalar.PLAIN;
}

/** The parser was told to make all keys texts; a document with another key never comes here. */
export function keyText({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : "";
}

/** Assigning to `__proto__` would set the prototype; this makes it a property like others. */
function setOwn(map: Record<string, unknown>, key: string, value: unknown): void {
  if (key !== "__proto__") map[key] = value;
  else Object.defineProperty(map, key, { value, writable: true, enumerable: true, configurable: true });
}
