import { type Code, catalogue } from "./catalogue/index.ts";
import { withoutCredentials } from "./credentials.ts";
import type { Diagnostic, Edit, Position } from "./diagnostic.ts";
import { settled } from "./late-position.ts";

/**
 * Makes a diagnostic of a catalogued code; `fix` overrides the catalogue's usual remedy. A message that quotes a URL
 * loses the password in it; one that cuts a quotation short has to take it out before.
 */
export function diagnose(
  code: Code,
  position: Position | null,
  message: string,
  more: { fix?: string; related?: Diagnostic["related"]; edit?: Edit } = {},
): Diagnostic {
  const entry = catalogue[code];
  return {
    code,
    severity: entry.severity,
    message: withoutCredentials(message),
    fix: more.fix === undefined ? entry.fix : withoutCredentials(more.fix),
    position: position && settled(position),
    related: (more.related ?? []).map(({ message, position }) => ({ message, position: settled(position) })),
    ...(more.edit !== undefined && { edit: { ...more.edit, at: settled(more.edit.at) } }),
  };
}

/** True when at least one diagnostic stops the compile. */
export function hasErrors(diagnostics: readonly Diagnostic[]): boolean {
  return diagnostics.some((diagnostic) => diagnostic.severity === "error");
}
