import { randomUUID } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";

const MOST_FILES = 64;
const MOST_BYTES = 64 * 1024 * 1024;

/** Names of answers, those that a process is about to rename too: nothing else is removed. */
const NAME = /^[0-9a-f]{64}(?:\.[0-9a-f-]{36})?$/;

/**
 * A directory of small files by hash, of which the last used stay. All of it throws where the directory or a file is not
 * there, can't be read or written, or where others than its owner could have written it.
 */
export class CacheDirectory {
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

/**
 * Makes a directory for its owner alone, if it is not there. Throws where it can't be, where it is as no directory of ours is,
 * or where it would stand in another user's: root with somebody's HOME would lock that one out of their own cache.
 */
export function makeOurs(path: string): void {
  if (isMissing(path)) make(path, 0o700);
  mustBeOurs(path);
}

/** One by one: where nothing can be made, as in /proc, Node's recursive way never ends. */
function make(path: string, mode: number): void {
  const above = dirname(path);
  if (above !== path && isMissing(above)) make(above, 0o777);
  else mayMakeIn(above);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    // Another process may have been faster.
    if (isMissing(path)) throw error;
  }
}

function isMissing(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) === undefined;
}

/** In a directory for all, as /tmp, everybody has their own. */
function mayMakeIn(path: string): void {
  const { uid, mode } = statSync(path);
  const isForAll = (mode & STICKY) !== 0;
  if (!isForAll && uid !== (process.getuid?.() ?? uid)) throw new Error("it is another user's");
}

const STICKY = 0o1000;

/** Throws where others could have written it. */
export function mustBeOurs(path: string): void {
  const { uid, mode } = statSync(path);
  // Windows has neither.
  const user = process.getuid?.();
  if (user === undefined) return;
  if (uid !== user) throw new Error("it is another user's");
  if ((mode & 0o022) !== 0) throw new Error("others can write it");
}

const OFF = /^(?:off|no|false|0)$/i;

/** Null where the working directory, from which it starts, is no more. */
function resolved(path: string): string | null {
  try {
    return resolve(path);
  } catch {
    return null;
  }
}

/** Where the user wants it, or where the system has such directories; null where the user wants none, or there is no place. */
export function cacheDirectory(env: NodeJS.ProcessEnv = process.env, platform = process.platform): string | null {
  if (OFF.test(env.EDGE_INGRESS_CACHE ?? "")) return null;
  if (env.EDGE_INGRESS_CACHE_DIR) return resolved(env.EDGE_INGRESS_CACHE_DIR);
  // A relative path counts for nothing, says the XDG Base Directory Specification.
  const above = [env.XDG_CACHE_HOME, placeOf(platform, env)].find((path) => path !== undefined && isAbsolute(path));
  return above === undefined ? null : join(above, "edge-ingress");
}

function placeOf(platform: NodeJS.Platform, { HOME, LOCALAPPDATA }: NodeJS.ProcessEnv): string | undefined {
  if (platform === "win32") return LOCALAPPDATA;
  return HOME && join(HOME, platform === "darwin" ? "Library/Caches" : ".cache");
}
