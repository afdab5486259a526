import { catalogue } from "../diagnostics/catalogue/index.ts";
import type { CatalogueEntry } from "../diagnostics/diagnostic.ts";

export interface ExplainedCode extends Pick<CatalogueEntry, "severity" | "title" | "why" | "fix"> {
  readonly code: string;
}

/** What a code means; null where there is no such code. */
export function explainCode(code: string): ExplainedCode | null {
  const entry = new Map<string, CatalogueEntry>(Object.entries(catalogue)).get(code);
  if (entry === undefined) return null;
  const { severity, title, why, fix } = entry;
  return { code, severity, title, why, fix };
}

/** The text of its page in `docs/diagnostics/`. */
export function formatCode({ code, severity, title, why, fix }: ExplainedCode): string {
  return `${code}, ${severity}: ${title}\n\n${why}\n\nWhat to do: ${fix}`;
}
