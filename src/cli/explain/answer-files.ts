import { randomUUID } from "node:crypto";
import { readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { makeOurs, mustBeOurs } from "../cache-directory.ts";

const MOST_FILES = 64;
const MOST_BYTES = 64 * 1024 * 1024;

/** Their names, those that a process is about to rename too: nothing else is removed. */
const NAME = /^[0-9a-f]{64}(?:\.[0-9a-f-]{36})?$/;

/**
 * A directory of small files by hash, of which the last used stay. All of it throws where the directory or a file is not
 * there, can't be read or written, or where others than its owner could have written it.
 */
export class AnswerFiles {
  readonly #root: string;
  readonly #path: string;

  /** In the cache directory, beside what else is kept there. */
  constructor(root: string) {
    this.#root = root;
    this.#path = join(root, "answers");
  }

  read(name: string): Buffer {
    mustBeOurs(this.#root);
    mustBeOurs(this.#path);
    return readFileSync(join(this.#path, name));
  }

  /** Tells that a file was of use. */
  touch(name: string): void {
    const now = new Date();
    utimesSync(join(this.#path, name), now, now);
  }

  /** Writes a file beside its place and renames it then: another process reads all of the old one, or of the new one. */
  write(name: string, bytes: Uint8Array): void {
    if (bytes.length > MOST_BYTES) throw new Error("it is too large");
    makeOurs(this.#root);
    makeOurs(this.#path);
    const beside = join(this.#path, `${name}.${randomUUID()}`);
    try {
      writeFileSync(beside, bytes, { mode: 0o600, flag: "wx" });
      renameSync(beside, join(this.#path, name));
    } finally {
      rmSync(beside, { force: true });
    }
    this.#removeOldest();
  }

  #removeOldest(): void {
    const files = readdirSync(this.#path)
      .filter((name) => NAME.test(name))
      .flatMap((name) => {
        const path = join(this.#path, name);
        // Another process may have removed it.
        const found = statSync(path, { throwIfNoEntry: false });
        return found?.isFile() ? [{ path, used: found.mtimeMs, size: found.size }] : [];
      })
      .sort((a, b) => b.used - a.used);
    let bytes = 0;
    for (const [index, { path, size }] of files.entries()) {
      bytes += size;
      if (index >= MOST_FILES || bytes > MOST_BYTES) rmSync(path, { force: true });
    }
  }
}
