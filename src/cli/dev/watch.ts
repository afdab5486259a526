import { realpathSync } from "node:fs";
import { dirname, sep } from "node:path";
import { type FSWatcher, watch as watchPaths } from "chokidar";
import type { CompileResult } from "../../compiler/index.ts";
import { isManifestName } from "../../compiler/sources/find-files.ts";
import { messageOf } from "../output.ts";

/** Milliseconds of silence after which a burst of changes (an editor's save, a checkout) is one change. */
const QUIET = 100;

const SKIPPED = /(?:^|\/)(?:node_modules|\.git)(?:\/|$)/;

/** Watches what compiles read. It begins before the first of them, so that no change falls between. */
export interface Watcher {
  /** Watches what a compile read besides the inputs; true when there was such, which may have changed meanwhile. */
  follow(result: Pick<CompileResult, "files">): Promise<boolean>;
  /** Calls back after each change, also after one that came before this call. */
  start(onChange: () => void): void;
  close(): Promise<void>;
}

/**
 * Watches the inputs as given with `-f`: files, directories with all below them, and the directories of globs. What
 * Clusters name is watched with `follow`, each file's directory without those below it. Not so standard input.
 * `onProblem` is told what can't be watched, as where the system's limit of watches is reached.
 */
export async function watchInputs(paths: readonly string[], onProblem: (problem: string) => void): Promise<Watcher> {
  const watchers: FSWatcher[] = [];
  const inputs = paths.filter((path) => path !== "-").map(withoutGlob);
  const others = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let notify: (() => void) | null = null;
  let missed = false;
  const onEvent = () => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      if (notify === null) missed = true;
      else notify();
    }, QUIET);
  };
  const watch = async (path: string, depth?: number) => {
    const watcher = watchPaths(path, {
      ignoreInitial: true,
      // What no compile reads may lie beside the manifests, such as the log of this very process.
      ignored: (other, stats) =>
        SKIPPED.test(other) || (other !== path && stats?.isFile() === true && !isManifestName(other)),
      ...(depth === undefined ? {} : { depth }),
    });
    watchers.push(watcher);
    watcher.on("all", onEvent);
    await new Promise<void>((resolve) => {
      watcher.once("ready", resolve);
      watcher.on("error", (error) => {
        onProblem(messageOf(error));
        resolve();
      });
    });
  };
  await Promise.all(inputs.map((path) => watch(path)));
  return {
    async follow({ files }) {
      const roots = inputs.flatMap(realPath);
      const covered = (path: string) => roots.some((root) => path === root || path.startsWith(root + sep));
      const outside = files.flatMap((file) => (file.realPath === null || covered(file.realPath) ? [] : file.realPath));
      const added = [...new Set(outside.map(dirname))].filter((directory) => !others.has(directory));
      for (const directory of added) others.add(directory);
      await Promise.all(added.map((directory) => watch(directory, 0)));
      return added.length > 0;
    },
    start(onChange) {
      notify = onChange;
      if (missed) onEvent();
    },
    async close() {
      clearTimeout(timer);
      await Promise.all(watchers.map((watcher) => watcher.close()));
    },
  };
}

function realPath(path: string): string[] {
  try {
    return [realpathSync(path)];
  } catch {
    return [];
  }
}

/** The directory above a glob's first pattern character; a plain path as it is. */
function withoutGlob(path: string): string {
  const special = path.search(/[*?[{(!]/);
  return special < 0 ? path : dirname(`${path.slice(0, special)}x`);
}
