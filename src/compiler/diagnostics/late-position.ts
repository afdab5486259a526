import type { ValuePath } from "../sources/document.ts";
import type { Position } from "./diagnostic.ts";

/** Works out where the value at a path of a document stands, or its key. One function for all places of the document. */
type FindPlace = (path: ValuePath, part: "key" | "value") => Position;

/**
 * A place that is worked out when somebody asks for its line: every rule and every setting has one, and few are ever
 * shown. The text it belongs to stays in memory until then.
 */
export class LatePosition implements Position {
  readonly file: string;
  #find: FindPlace | null;
  readonly #path: ValuePath;
  readonly #part: "key" | "value";
  #found: Position | null = null;

  constructor(file: string, find: FindPlace, path: ValuePath, part: "key" | "value") {
    this.file = file;
    this.#find = find;
    this.#path = path;
    this.#part = part;
  }

  get line(): number {
    return this.settled().line;
  }

  get column(): number {
    return this.settled().column;
  }

  get length(): number {
    return this.settled().length;
  }

  /** The same as plain data. */
  settled(): Position {
    if (this.#found === null) {
      this.#found = (this.#find as FindPlace)(this.#path, this.#part);
      this.#find = null;
    }
    return this.#found;
  }

  toJSON(): Position {
    return this.settled();
  }
}

/** A position as plain data, which is what diagnostics hold. */
export function settled(position: Position): Position {
  return position instanceof LatePosition ? position.settled() : position;
}
