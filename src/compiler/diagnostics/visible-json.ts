/**
 * JSON of two spaces' indent that can be printed to a terminal: everything but visible characters is escaped. The same
 * value gives the same bytes.
 */
export function visibleJson(value: unknown): string {
  return JSON.stringify(value, null, 2).replace(/[^\P{Cc}\n]|[\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, escapeUnits);
}

/** JSON has escapes for UTF-16 units only: a character outside the first plane takes two. */
function escapeUnits(character: string): string {
  return character.replace(/./gs, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
