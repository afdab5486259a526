import type { Code } from "../diagnostics/catalogue/index.ts";
import type { ValuePath } from "../sources/document.ts";

/** What a rule found. `path` starts at the value that the rule looks at. */
export interface Finding {
  readonly code: Code;
  readonly message: string;
  readonly path?: ValuePath;
  readonly part?: "key" | "value";
  readonly fix?: string;
}

/** Hands a finding over; the value stays invalid whatever the severity of the code. */
export type Report = (finding: Finding) => void;
