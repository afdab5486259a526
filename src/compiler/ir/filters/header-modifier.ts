import type { HeaderModifier } from "../../../table/policies/header-modifier.ts";
import type { FilterSource } from "../filter.ts";

/** Gateway API's RequestHeaderModifier and ResponseHeaderModifier, with values that may name nginx's variables. */
export interface HeaderModifierFilter extends FilterSource {
  readonly type: "RequestHeaderModifier" | "ResponseHeaderModifier";
  readonly changes: HeaderModifier;
}

export function headersOf(filter: HeaderModifierFilter): Readonly<Record<string, readonly string[]>> {
  const names = (action: string) => filter.changes.filter((change) => change.action === action).map(({ name }) => name);
  const written = (["set", "add", "remove"] as const).map((action) => [action, names(action)] as const);
  return Object.fromEntries(written.filter(([, list]) => list.length > 0));
}
