/**
 * Characters that would act on a terminal or hide text instead of showing: controls, formatting characters (those that
 * turn the direction of text among them), line and paragraph separators, and halves of surrogate pairs.
 */
const invisible = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/u;

/** One character as it may be printed: itself, or an escape such as `\x1b` or `\u{202e}`. */
export function printableCharacter(character: string): string {
  if (!invisible.test(character)) return character;
  const code = character.codePointAt(0) ?? 0;
  return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u{${code.toString(16)}}`;
}

/** A text of a user made safe to print on one line. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}]/gu, printableCharacter);
}

const wide =
  /[\u1100-\u115f\u2e80-\u303e\u3041-\ua4cf\ua960-\ua97c\uac00-\ud7a3\uf900-\ufaff\ufe30-\ufe6f\uff01-\uff60\uffe0-\uffe6\u{1b000}-\u{1b2fb}\u{20000}-\u{3fffd}]|\p{Emoji_Presentation}/u;
const combining = /\p{M}/u;

/** How many columns of a terminal a text takes; escape codes of colours take none. */
export function displayWidth(text: string): number {
  // Most texts have nothing else.
  if (PLAIN.test(text)) return text.length;
  let columns = 0;
  for (const character of text.replace(COLOUR, "")) columns += columnsOf(character);
  return columns;
}

const PLAIN = /^[ -~]*$/;
const COLOUR = /\u001b\[[\d;]*m/g;

/** How many columns of a terminal a character takes that may be printed. */
export function columnsOf(character: string): number {
  if (character.length === 1 && character < "\u0300") return 1;
  if (combining.test(character)) return 0;
  return wide.test(character) ? 2 : 1;
}
