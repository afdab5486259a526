import { mkdirSync, statSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";

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
  if ((mode & STICKY) === 0 && isAnothers(uid)) throw new Error("it is another user's");
}

const STICKY = 0o1000;

/** Throws where others could have written it. */
export function mustBeOurs(path: string): void {
  const { uid, mode } = statSync(path);
  if (isAnothers(uid)) throw new Error("it is another user's");
  if (hasUsers && (mode & 0o022) !== 0) throw new Error("others can write it");
}

/** Windows has neither owners nor modes. */
const hasUsers = process.getuid !== undefined;

function isAnothers(uid: number): boolean {
  return hasUsers && uid !== process.getuid?.();
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
