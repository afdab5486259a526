/** How much a diagnostic weighs: an error stops the compile, a warning and an info do not. */
export type Severity = "error" | "warning" | "info";

/** A place in a manifest. `line` and `column` count from 1; `length` is in characters, at least 1. */
export interface Position {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly length: number;
}

/** What the compiler has to say about the manifests: data, never thrown. */
export interface Diagnostic {
  /** Stable, `EI` and four digits; its page is `docs/diagnostics/<code>.md`. */
  readonly code: string;
  readonly severity: Severity;
  /** One sentence: what is wrong. */
  readonly message: string;
  /** One sentence: how to put it right. */
  readonly fix: string;
  /** Null only where nothing of the input can be pointed at (an empty input, say). */
  readonly position: Position | null;
  /** Other places that belong to it, each with a few words ("the older rule is here"). */
  readonly related: readonly { readonly message: string; readonly position: Position }[];
  /** What `check --fix` does; absent where there is not exactly one thing to do. */
  readonly edit?: Edit;
}

/** A text of a manifest that has to be another one. */
export interface Edit {
  readonly at: Position;
  /** Stands at that place, perhaps in quotes. */
  readonly from: string;
  readonly to: string;
}

/** What a code means, once for all its diagnostics; `docs/diagnostics/` is generated from these. */
export interface CatalogueEntry {
  readonly severity: Severity;
  /** A short headline, without a full stop. */
  readonly title: string;
  /** A paragraph for the docs page: why the compiler reports this. */
  readonly why: string;
  /** The usual remedy, one sentence; a diagnostic may carry a more precise one. */
  readonly fix: string;
}
