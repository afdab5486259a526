/**
 * The value of a JSON text in which no object names a member twice; undefined for any other text. `JSON.parse` takes
 * the last of two, other parsers the first: RFC 7515 §4 and RFC 7519 §4 let us refuse.
 */
export function parseStrictly(text: string): unknown {
  try {
    const value: unknown = JSON.parse(text);
    return namesAMemberTwice(text) ? undefined : value;
  } catch {
    return undefined;
  }
}

/** Strings with the colon that makes a name of them, and brackets; everything else is passed over. */
const TOKENS = /"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g;

/** `text` must be valid JSON. */
function namesAMemberTwice(text: string): boolean {
  const open: Set<string>[] = [];
  for (const [token, colon] of text.matchAll(TOKENS)) {
    if (token === "{") open.push(new Set());
    else if (token === "}") open.pop();
    else if (colon !== undefined) {
      const name = JSON.parse(token.slice(0, -colon.length)) as string;
      const names = open.at(-1);
      if (names === undefined || names.has(name)) return true;
      names.add(name);
    }
  }
  return false;
}
