import type { Position } from "../diagnostics/diagnostic.ts";

/** Keys and indices from a document's root to one of its values. */
export type ValuePath = readonly (string | number)[];

/** One text that was read: a file, or standard input (`<stdin>`). */
export interface SourceFile {
  /** As shown to people: relative to the working directory, with `/`. */
  readonly name: string;
  /** Absolute and with symbolic links resolved; null for standard input. */
  readonly realPath: string | null;
  readonly text: string;
}

/** One object of a manifest: a YAML document, or an item of a `List`. */
export interface SourceDocument {
  readonly file: SourceFile;
  /** Plain data, aliases and merge keys resolved. Untrusted: parse before use. */
  readonly value: unknown;
  /**
   * Where the value at `path` stands (`"key"`: its key). For a path that does not exist, the nearest
   * ancestor that does. Costs a walk down the document: ask only for what is reported.
   */
  locate(path: ValuePath, part?: "key" | "value"): Position;
}
