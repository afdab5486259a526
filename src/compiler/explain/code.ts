import { catalogue } from "../diagnostics/catalogue/index.ts";
import type { CatalogueEntry } from "../diagnostics/diagnostic.ts";

/** What a code means: the text of its page in `docs/diagnostics/`; null where there is no such code. */
export function explainCode(code: string): string | null {
  const entry = new Map<string, CatalogueEntry>(Object.entries(catalogue)).get(code);
  if (entry === undefined) return null;
  const { severity, title, why, fix } = entry;
  return `${code}, ${severity}: ${title}\n\n${why}\n\nWhat to do: ${fix}`;
}
