/** Characters of a key by which sessions are sealed: with fewer it could be guessed from a cookie. */
export const SHORTEST_SESSION_KEY = 32;

/** Each of them is tried on a cookie that does not open. */
export const MOST_SESSION_KEYS = 5;

/** The keys in a value of a Secret: one a line, the first one seals. Null where one of them can't be used. */
export function readSessionKeys(text: string): readonly string[] | null {
  const keys = text
    .split("\n")
    .map((line) => line.trim())
    .filter((line) => line !== "");
  const isUsable = keys.length > 0 && keys.length <= MOST_SESSION_KEYS;
  return isUsable && keys.every((key) => key.length >= SHORTEST_SESSION_KEY) ? keys : null;
}
