import { readdirSync, statSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import type { Manifests } from "./side.ts";

/** Of fewer bytes, some four thousand Ingresses, a thread with cold code and a heap of its own takes longer than what it saves. */
const LEAST_BYTES = 8 * 1024 * 1024;

/**
 * Whether a comparison is faster where these manifests are compiled in a thread of their own. `EDGE_INGRESS_THREADS` decides
 * where it is set: 1 is for machines with little memory, of which two threads need more than one.
 */
export function isWorthAThread({ paths, options: { cwd } }: Manifests): boolean {
  const { EDGE_INGRESS_THREADS: told } = process.env;
  if (told) return Number(told) > 1;
  if (availableParallelism() === 1) return false;
  try {
    return holdMuch(paths.map((path) => resolve(cwd, path)));
  } catch {
    // The compile tells what can't be read.
    return false;
  }
}

/** Looks at no more files than it has to. */
function holdMuch(paths: readonly string[]): boolean {
  const left = [...paths];
  let bytes = 0;
  for (let path = left.pop(); path !== undefined; path = left.pop()) {
    const found = statSync(path, { throwIfNoEntry: false });
    // A glob may lead to any number of files.
    if (found === undefined && /[*?{[(]/.test(path)) return true;
    if (found?.isFile()) bytes += found.size;
    if (bytes >= LEAST_BYTES) return true;
    if (found?.isDirectory()) left.push(...entriesOf(path));
  }
  return false;
}

/** Without links, which may lead in a circle. */
function entriesOf(directory: string): string[] {
  const entries = readdirSync(directory, { withFileTypes: true });
  return entries.filter((entry) => !entry.isSymbolicLink()).map(({ name }) => join(directory, name));
}
