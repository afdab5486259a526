import type { ByteSet } from "./bytes.ts";

/** What a pattern says, without a word of how it was written. */
export type Node =
  | { readonly kind: "set"; readonly set: ByteSet }
  | { readonly kind: "sequence"; readonly items: readonly Node[] }
  | { readonly kind: "choice"; readonly options: readonly Node[] }
  | {
      readonly kind: "repeat";
      readonly body: Node;
      readonly min: number;
      /** Infinity: no limit. */
      readonly max: number;
      readonly lazy: boolean;
    }
  /** `number` counts capture groups from 1. */
  | { readonly kind: "capture"; readonly body: Node; readonly number: number }
  | { readonly kind: "assert"; readonly what: "start" | "end" | "word" | "no-word" }
  | { readonly kind: "look"; readonly behind: boolean; readonly negative: boolean; readonly body: Node };

export const EMPTY: Node = { kind: "sequence", items: [] };

/** The nodes that a node is made of. */
export function childrenOf(node: Node): readonly Node[] {
  switch (node.kind) {
    case "sequence":
      return node.items;
    case "choice":
      return node.options;
    case "repeat":
    case "capture":
    case "look":
      return [node.body];
    default:
      return [];
  }
}

/** Whether it may match without taking a byte. */
export function mayBeEmpty(node: Node): boolean {
  switch (node.kind) {
    case "set":
      return false;
    case "sequence":
      return node.items.every(mayBeEmpty);
    case "choice":
      return node.options.some(mayBeEmpty);
    case "repeat":
      return node.min === 0 || mayBeEmpty(node.body);
    case "capture":
      return mayBeEmpty(node.body);
    default:
      return true;
  }
}

/** Whether there is a limit to the bytes that it takes. */
export function isBounded(node: Node): boolean {
  return !(node.kind === "repeat" && node.max === Number.POSITIVE_INFINITY) && childrenOf(node).every(isBounded);
}

export function capturesIn(node: Node): number[] {
  const inner = childrenOf(node).flatMap(capturesIn);
  return node.kind === "capture" ? [node.number, ...inner] : inner;
}
