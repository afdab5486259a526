import { type ByteSet, byteRange, DIGITS, EVERY_BYTE, HIGH, hasByte, NEWLINE, WORD } from "./bytes.ts";
import type { Node } from "./syntax.ts";

/**
 * The pattern as ECMAScript writes it, for texts with one character a byte. `caseless`: under the flag `i`, which also
 * joins letters beyond ASCII that have no case in PCRE's bytes: sets that tell these apart switch it off for themselves.
 */
export function emitPattern(node: Node, { caseless }: { readonly caseless: boolean }): string {
  const emit = (inner: Node): string => {
    switch (inner.kind) {
      case "set":
        return emitSet(inner.set, caseless);
      case "sequence":
        return inner.items.map((item) => (item.kind === "choice" ? `(?:${emit(item)})` : emit(item))).join("");
      case "choice":
        return inner.options.map(emit).join("|");
      case "capture":
        return `(${emit(inner.body)})`;
      case "repeat": {
        const isOne = inner.body.kind === "set" || inner.body.kind === "capture";
        return `${isOne ? emit(inner.body) : `(?:${emit(inner.body)})`}${quantifier(inner)}`;
      }
      case "look":
        return `(?${inner.behind ? "<" : ""}${inner.negative ? "!" : "="}${emit(inner.body)})`;
      case "assert":
        return { start: "^", end: "$", word: "\\b", "no-word": "\\B" }[inner.what];
    }
  };
  return emit(node);
}

function quantifier({ min, max, lazy }: Extract<Node, { kind: "repeat" }>): string {
  const isOpen = max === Number.POSITIVE_INFINITY;
  const short = isOpen && min < 2 ? "*+"[min] : min === 0 && max === 1 ? "?" : null;
  const count = min === max ? `{${min}}` : `{${min},${isOpen ? "" : max}}`;
  return `${short ?? count}${lazy ? "?" : ""}`;
}

const SHORT: ReadonlyMap<ByteSet, string> = new Map([
  [EVERY_BYTE & ~NEWLINE, "."],
  [DIGITS, "\\d"],
  [EVERY_BYTE & ~DIGITS, "\\D"],
  [WORD, "\\w"],
  [EVERY_BYTE & ~WORD, "\\W"],
  [EVERY_BYTE, "[^]"],
]);

function emitSet(set: ByteSet, caseless: boolean): string {
  const short = SHORT.get(set);
  if (short !== undefined) return short;
  const high = set & HIGH;
  const isNegative = high === HIGH;
  const members = isNegative ? EVERY_BYTE & ~set : set;
  if (caseless && high !== 0n && !isNegative) return `(?-i:${classOf(members, false)})`;
  return classOf(caseless ? members & ~UPPER : members, isNegative);
}

const UPPER = byteRange(0x41, 0x5a);

function classOf(set: ByteSet, isNegative: boolean): string {
  const ranges: [number, number][] = [];
  for (let byte = 0; byte < 256; byte++) {
    if (!hasByte(set, byte)) continue;
    const last = ranges.at(-1);
    if (last !== undefined && last[1] === byte - 1) last[1] = byte;
    else ranges.push([byte, byte]);
  }
  const [only] = ranges;
  if (!isNegative && ranges.length === 1 && only !== undefined && only[0] === only[1]) return escaped(only[0], OUTSIDE);
  const parts = ranges.map(([first, last]) => {
    const ends = [escaped(first, INSIDE), escaped(last, INSIDE)];
    return first === last ? ends[0] : last === first + 1 ? ends.join("") : ends.join("-");
  });
  return `[${isNegative ? "^" : ""}${parts.join("")}]`;
}

const OUTSIDE = /[\\^$.*+?()[\]{}|]/;
const INSIDE = /[\\^\]-]/;

function escaped(byte: number, special: RegExp): string {
  const character = String.fromCharCode(byte);
  if (byte < 0x20 || byte > 0x7e) return `\\x${byte.toString(16).padStart(2, "0")}`;
  return special.test(character) ? `\\${character}` : character;
}
