/** A directive of nginx, as it stands in a snippet. */
export interface Directive {
  readonly name: string;
  readonly args: readonly string[];
  /** From 1, within the snippet. */
  readonly line: number;
  /** What stands in its block, and the line in which that begins; null: it has none. */
  readonly block: { readonly text: string; readonly line: number } | null;
}

/**
 * Reads nginx's configuration text (ngx_conf_file.c) as far as directives go; null where it does not end well. `from`: the
 * number of its first line.
 */
export function readDirectives(text: string, from = 1): readonly Directive[] | null {
  const directives: Directive[] = [];
  let words: string[] = [];
  let line = from;
  let begun = from;
  let at = 0;
  const take = (block: Directive["block"]) => {
    const [name, ...args] = words;
    if (name !== undefined) directives.push({ name, args, line: begun, block });
    words = [];
  };
  while (at < text.length) {
    const sign = text[at] as string;
    if (/\s/.test(sign)) {
      if (sign === "\n") line++;
      at++;
    } else if (sign === "#") {
      const end = text.indexOf("\n", at);
      at = end < 0 ? text.length : end;
    } else if (sign === ";") {
      take(null);
      at++;
    } else if (sign === "{") {
      const end = endOfBlock(text, at);
      if (end === null || words.length === 0) return null;
      take({ text: text.slice(at + 1, end - 1), line });
      line += text.slice(at, end).split("\n").length - 1;
      at = end;
    } else if (sign === "}") {
      return null;
    } else {
      if (words.length === 0) begun = line;
      const word = wordAt(text, at);
      if (word === null) return null;
      words.push(word.value);
      line += text.slice(at, word.end).split("\n").length - 1;
      at = word.end;
    }
  }
  return words.length > 0 ? null : directives;
}

function wordAt(text: string, start: number): { value: string; end: number } | null {
  const quote = text[start];
  if (quote !== '"' && quote !== "'") {
    const [value = ""] = /^(?:\\.|\$\{\w*\}|[^\s;{}\\])+/s.exec(text.slice(start)) ?? [];
    return value === "" ? null : { value: value.replace(/\\(["'\\])/g, "$1"), end: start + value.length };
  }
  let value = "";
  for (let at = start + 1; at < text.length; at++) {
    const sign = text[at] as string;
    if (sign === quote) return /^[\s;{)]/.test(text.slice(at + 1)) ? { value, end: at + 1 } : null;
    const next = text[at + 1];
    if (sign === "\\" && (next === quote || next === "\\")) value += text[++at];
    else value += sign;
  }
  return null;
}

/** Braces within quotes or comments of a block are rare, and only make more of it unread. */
function endOfBlock(text: string, start: number): number | null {
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    if (text[at] === "{") depth++;
    else if (text[at] === "}" && --depth === 0) return at + 1;
  }
  return null;
}
