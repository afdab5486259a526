import { isUnreadable, type Unreadable } from "../../../resources/templates.ts";

const ESCAPED_SIGN = /^\\[.*+?^$|()[\]{}\\/-]/;
const CLASS = /^\\[dDwW]/;
const QUANTIFIER = /^(?:[*+?]|\{(\d{1,3})(,?)(\d{0,3})\})/;

/** Repetitions of one quantifier that cost little. */
const FEW = 16;
const MOST_QUANTIFIERS = 8;

/** `null`: PCRE itself can't read it, so it fails at run time, and the main Ingress has the request. */
interface CanaryPattern {
  readonly source: string | null;
}

const BROKEN: CanaryPattern = { source: null };

/**
 * Reads the part of PCRE that means the same in ECMAScript: letters, `.`, `^`, `$`, sets, `\d`, `\w`, groups, `|` and
 * quantifiers. So that no header can hold the edge up, groups have no quantifier, and no more than one quantifier is
 * without a bound (two where the pattern begins with `^`).
 */
export function readCanaryPattern(pattern: string): CanaryPattern | Unreadable {
  // What any text has at its ends decides nothing.
  let rest = pattern.replace(/^\^?\.\*(?![?+*{])/, "").replace(/(?<!\\)\.\*\$?$/, "");
  const source = rest;
  let last: "nothing" | "one" | "group" | "quantified" = "nothing";
  let [open, quantifiers] = [0, 0];
  let unbounded = source.startsWith("^") ? -1 : 0;
  while (rest !== "") {
    let token = rest[0] as string;
    const quantifier = QUANTIFIER.exec(rest);
    if (quantifier !== null) {
      if (last === "nothing") return BROKEN;
      if (last === "quantified") return refused("a quantifier of a quantifier");
      if (last === "group") return refused("a quantifier after a group");
      const [whole, least, comma, most] = quantifier;
      const isExact = least !== undefined && comma === "";
      if (/^[*+]/.test(whole) || Number(most || (isExact ? 0 : whole === "?" ? 1 : FEW + 1)) > FEW) unbounded++;
      if (!isExact) quantifiers++;
      if (unbounded > 1 || quantifiers > MOST_QUANTIFIERS) return refused("more quantifiers than are safe");
      token = rest.startsWith("?", whole.length) ? `${whole}?` : whole;
      last = "quantified";
    } else if (token === "[") {
      const set = readSet(rest);
      if (set === null) return BROKEN;
      if (isUnreadable(set)) return set;
      token = set;
      last = "one";
    } else if (token === "\\") {
      const escaped = ESCAPED_SIGN.exec(rest) ?? CLASS.exec(rest);
      if (escaped === null) return rest === "\\" ? BROKEN : refused("an escape that is not read here");
      token = escaped[0];
      last = "one";
    } else if (token === "(") {
      if (rest.startsWith("(?") && !rest.startsWith("(?:")) return refused("a group with an option");
      token = rest.startsWith("(?:") ? "(?:" : token;
      open++;
      last = "nothing";
    } else if (token === ")") {
      if (--open < 0) return BROKEN;
      last = "group";
    } else if (token === "|" || token === "^" || token === "$") {
      last = "nothing";
    } else if (/[{}\]]|[^ -~]/.test(token)) {
      return refused("a sign that has to be escaped");
    } else last = "one";
    rest = rest.slice(token.length);
  }
  return open > 0 ? BROKEN : { source: source === "" ? "^" : source };
}

/** A set with its brackets; null where it does not end. A `]` right after the beginning is one of the set in PCRE. */
function readSet(rest: string): string | Unreadable | null {
  const begin = rest.startsWith("[^") ? 2 : 1;
  if (rest[begin] === "]") return rest.indexOf("]", begin + 1) < 0 ? null : refused("a set that begins with `]`");
  const end = /^\[\^?(?:[^\\\]]|\\.)+\]/.exec(rest)?.[0];
  if (end === undefined) return null;
  const inside = end.slice(begin, -1);
  if (/[[\u0000-\u001f\u007f-\uffff]/.test(inside) || /\\[^dDwW.*+?^$|()[\]{}\\/-]/.test(inside)) {
    return refused("a set with a sign that is not read here");
  }
  try {
    new RegExp(end);
    return end;
  } catch {
    return null;
  }
}

function refused(what: string): Unreadable {
  return { problem: `has ${what}, which the edge does not take`, ofEdge: true };
}
