import { Worker } from "node:worker_threads";
import type { DiffInput } from "../../compiler/index.ts";
import { growYoungGeneration } from "../engine.ts";
import type { Facts, Manifests, Side } from "./side.ts";
import type { Work } from "./thread.ts";

/** Beside all of what is bundled. */
const PROGRAM = new URL("./comparison-thread.js", import.meta.url);

/**
 * Calls `use` with a side that a thread of its own compiles meanwhile, and ends the thread. Null is what the thread
 * has of manifests that are read from standard input, and what there is where no thread can be started. What is thrown in the
 * thread, or that it ends, is thrown here.
 */
export async function withThreadedSide<Result>(
  { paths, options }: Manifests,
  use: (side: Promise<Side | null>) => Promise<Result>,
): Promise<Result> {
  const { readStdin: _, ...plain } = options;
  const work: Work = { paths, options: plain };
  const worker = startedWith(work);
  if (worker === null) return use(Promise.resolve(null));
  const ended = new Promise<never>((_, reject) => {
    worker.once("error", reject);
    worker.once("messageerror", reject);
    worker.once("exit", (code) =>
      reject(new Error(`the thread for ${paths.join(" ")} ended early, with exit code ${code}`)),
    );
  });
  const answer = <Answer>(): Promise<Answer> =>
    Promise.race([new Promise<Answer>((resolve) => worker.once("message", resolve)), ended]);
  const started = async (): Promise<Side | null> => {
    const facts = await answer<Facts | null>().catch(nullIfNotStarted);
    if (facts === null) return null;
    const without = (hosts: ReadonlySet<string>) => {
      const rest = answer<DiffInput>();
      worker.postMessage(hosts);
      return rest;
    };
    return { facts, without };
  };
  try {
    return await use(started());
  } finally {
    // Its end is no failure any more.
    ended.catch(() => undefined);
    await worker.terminate();
  }
}

/** Null where Node must start none (`--permission`). */
function startedWith(workerData: Work): Worker | null {
  growYoungGeneration();
  try {
    return new Worker(PROGRAM, { workerData });
  } catch (error) {
    return nullIfNotStarted(error);
  }
}

const NOT_STARTED: readonly unknown[] = ["ERR_ACCESS_DENIED", "ERR_WORKER_INIT_FAILED"];

/** For what failed before the thread did anything; throws all else on. */
function nullIfNotStarted(error: unknown): null {
  if (error instanceof Error && "code" in error && NOT_STARTED.includes(error.code)) return null;
  throw error;
}
