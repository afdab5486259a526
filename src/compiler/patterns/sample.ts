import { type ByteSet, byteRange, hasByte } from "./bytes.ts";
import { parseTranslated } from "./path-pattern.ts";
import { escapedPath } from "./path-walk.ts";
import type { Node } from "./syntax.ts";

const MOST = 12;

/**
 * Some texts that a translated pattern takes, if its look-arounds let it: one for each of its alternatives, with and
 * without its optional parts, as paths of URLs. No more than a look: other texts may take other ways through it.
 */
export function sampleTexts(source: string): string[] {
  const parsed = parseTranslated(source);
  if (parsed === null) return [];
  return [...new Set(samples(parsed))].slice(0, MOST).map(escapedPath);
}

function samples(node: Node): string[] {
  switch (node.kind) {
    case "set":
      return [String.fromCharCode(byteOf(node.set))];
    case "sequence": {
      const parts = node.items.map(samples);
      const usual = parts.map(([first]) => first ?? "");
      const others = parts.flatMap((part, at) => part.slice(1).map((text) => usual.with(at, text)));
      return [usual, ...others].map((texts) => texts.join("")).slice(0, MOST);
    }
    case "choice":
      return node.options.flatMap(samples).slice(0, MOST);
    case "capture":
      return samples(node.body);
    case "repeat": {
      const some = samples(node.body).map((text) => text.repeat(Math.max(1, node.min)));
      return node.min === 0 ? [...some, ""] : some;
    }
    default:
      return [""];
  }
}

const LIKED = [..."xabcdefghijklmnopqrstuvwyz1/-._"].map((character) => character.charCodeAt(0));

function byteOf(set: ByteSet): number {
  const liked = LIKED.find((byte) => hasByte(set, byte));
  if (liked !== undefined) return liked;
  for (let byte = 0x21; byte < 0x100; byte++) if ((set & byteRange(byte, byte)) !== 0n) return byte;
  return 0x20;
}
