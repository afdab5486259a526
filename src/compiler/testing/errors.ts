import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { inOrder } from "../diagnostics/order.ts";
import { printable } from "../diagnostics/printable.ts";
import { placeText } from "./text.ts";

/** Those for which no test is run. */
export function errorsOf(diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return inOrder(diagnostics).filter(({ severity }) => severity === "error");
}

/** One error on one line. */
export function errorLine({ code, message, position }: Diagnostic): string {
  return printable(`${position === null ? "" : `${placeText(position)} `}${code}: ${message}`);
}
