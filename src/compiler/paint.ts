/** `error`, `warning`, `info` and `good` say what a text means; the others only how it stands in its line. */
export type Style = "error" | "warning" | "info" | "good" | "strong" | "faint";

/** Puts a style around a text, or leaves it as it is. */
export type Paint = (style: Style, text: string) => string;

/** Of the sixteen colours that each terminal has, so that they can be read on light and dark ones (ECMA-48, section 8.3.117). */
const CODES: Readonly<Record<Style, number>> = { error: 31, warning: 33, info: 36, good: 32, strong: 1, faint: 2 };

export const plain: Paint = (_, text) => text;

export const coloured: Paint = (style, text) => `\u001b[${CODES[style]}m${text}\u001b[0m`;
