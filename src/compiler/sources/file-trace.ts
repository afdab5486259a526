import { createHash } from "node:crypto";
import { type EntryKind, errnoOf, type FileSystem, roomForFiles } from "./file-system.ts";

/** One question to a file system; of `read` with its limit. */
export type FileQuestion =
  | readonly [operation: Exclude<keyof FileSystem, "read">, path: string]
  | readonly [operation: "read", path: string, limit: number];

/** What was asked of a file system, in its order, and a SHA-256 of all answers. Plain data. */
export interface FileTrace {
  readonly questions: readonly FileQuestion[];
  readonly digest: string;
}

/** Whether the file system answers all questions of a trace as it did then. Times of files count for nothing. */
export function isUnchanged({ questions, digest }: FileTrace, fs: FileSystem): boolean {
  const again = new TracingFileSystem(fs);
  const room = roomForFiles();
  for (const [operation, path, limit = 0] of questions) {
    try {
      again[operation](path, limit, room);
    } catch {
      // An answer like others, which is in the digest.
    }
  }
  return again.trace.digest === digest;
}

/**
 * Keeps a trace of what another file system is asked. Its answers have in them what the digest has, and nothing else: who is
 * answered the same comes to the same.
 */
export class TracingFileSystem implements FileSystem {
  readonly #fs: FileSystem;
  readonly #questions: FileQuestion[] = [];
  readonly #answers = createHash("sha256");

  constructor(fs: FileSystem) {
    this.#fs = fs;
  }

  /** As far as it was asked until now. */
  get trace(): FileTrace {
    return { questions: [...this.#questions], digest: this.#answers.copy().digest("hex") };
  }

  lstat(path: string): EntryKind {
    return entryOf(this.#ask(["lstat", path], () => kindOf(this.#fs.lstat(path))));
  }

  stat(path: string): EntryKind & { readonly size: number } {
    const { size, kind } = this.#ask(["stat", path], () => {
      const entry = this.#fs.stat(path);
      return { size: entry.size, kind: kindOf(entry) };
    });
    return { ...entryOf(kind), size };
  }

  realpath(path: string): string {
    return this.#ask(["realpath", path], () => this.#fs.realpath(path));
  }

  readdir(path: string): readonly (EntryKind & { readonly name: string })[] {
    const entries = this.#ask(["readdir", path], () =>
      this.#fs.readdir(path).map((entry) => ({ name: entry.name, kind: kindOf(entry) })),
    );
    return entries.map(({ name, kind }) => ({ ...entryOf(kind), name }));
  }

  read(path: string, limit: number, room?: Uint8Array): Uint8Array {
    return this.#ask(["read", path, limit], () => this.#fs.read(path, limit, room));
  }

  #ask<Answer extends object | string>(question: FileQuestion, answered: () => Answer): Answer {
    this.#questions.push(question);
    let answer: Answer;
    try {
      answer = answered();
    } catch (error) {
      const code = errnoOf(error);
      this.#fold({ error: code });
      throw Object.assign(new Error(code), { code });
    }
    this.#fold(answer);
    return answer;
  }

  /** No two series of answers are one text: bytes come after their number, and all else is JSON on a line. */
  #fold(answer: object | string): void {
    if (answer instanceof Uint8Array) this.#answers.update(`${answer.length} bytes\n`).update(answer);
    else this.#answers.update(`${JSON.stringify(answer)}\n`);
  }
}

type Kind = readonly [isFile: boolean, isDirectory: boolean, isSymbolicLink: boolean];

function kindOf(entry: EntryKind): Kind {
  return [entry.isFile(), entry.isDirectory(), entry.isSymbolicLink()];
}

function entryOf([isFile, isDirectory, isSymbolicLink]: Kind): EntryKind {
  return { isFile: () => isFile, isDirectory: () => isDirectory, isSymbolicLink: () => isSymbolicLink };
}
