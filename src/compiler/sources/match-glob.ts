import type { readdirSync, realpathSync, statSync } from "node:fs";
import { type GlobOptions, globSync } from "tinyglobby";
import { type Failure, type FileSystem, failureOf } from "./file-system.ts";

/** What a pattern matches, sorted by code unit, and the directories on the way that could not be listed. */
export interface GlobMatch {
  readonly paths: readonly string[];
  readonly unreadable: readonly { readonly path: string; readonly failure: Failure }[];
}

/**
 * Absolute paths of everything but directories that a pattern matches. The globber drops what it can not read
 * without a word, and with it routes; so it is shown dangling links, link loops and pipes as files: whoever opens a
 * match reports what it really is.
 */
export function matchGlob(fs: FileSystem, pattern: string, base: string): GlobMatch {
  const unreadable = new Map<string, Failure>();
  const paths = globSync(pattern, {
    cwd: base,
    absolute: true,
    expandDirectories: false,
    ignore: ["**/node_modules/**"],
    fs: globberView(fs, unreadable),
  });
  return {
    paths: paths.sort((a, b) => (a < b ? -1 : 1)),
    unreadable: [...unreadable].map(([path, failure]) => ({ path, failure })),
  };
}

const asFile = { isFile: () => true, isDirectory: () => false, isSymbolicLink: () => false };

function globberView(fs: FileSystem, unreadable: Map<string, Failure>): NonNullable<GlobOptions["fs"]> {
  const readdir = (path: string) => {
    try {
      return fs.readdir(path).map((entry) => {
        const known = entry.isDirectory() || entry.isSymbolicLink();
        return known ? entry : { ...asFile, name: entry.name };
      });
    } catch (error) {
      const failure = failureOf(error);
      if (failure.code !== "EI1001") unreadable.set(path, failure);
      throw error;
    }
  };
  const realpath = (path: string) => orElse(() => fs.realpath(path), path);
  const stat = (path: string) => orElse(() => fs.stat(path), { ...asFile, size: 0 });
  // The globber uses one form of each of these three overloaded functions only.
  return {
    readdirSync: readdir as unknown as typeof readdirSync,
    realpathSync: realpath as unknown as typeof realpathSync,
    statSync: stat as unknown as typeof statSync,
  };
}

function orElse<T>(read: () => T, otherwise: T): T {
  try {
    return read();
  } catch {
    return otherwise;
  }
}
