import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import type { CachelessReport, Results, ScenarioReport, Task } from "./figures.ts";
import type { Scenario, Size } from "./scenario.ts";

/** A simulation is a thread of its own, for it takes over clock and timers; no more of them than this run at once. */
const THREADS = Math.min(2, availableParallelism());

/** Runs the scenarios, some at the same time. `tell`: how much of all is done, 0 to 1. */
export async function runAll(
  scenarios: readonly Scenario[],
  size: Size,
  tell: (done: number) => void,
): Promise<Results> {
  const tasks: Task[] = [...scenarios, null].map((scenario) => ({ scenario, size }));
  const reports = await inThreads("./worker.ts", tasks, tell);
  return { size, cacheless: reports.pop() as CachelessReport, scenarios: reports as ScenarioReport[] };
}

/** What a worker (a file beside this one) reports of each task, in their order. */
export async function inThreads(
  worker: string,
  tasks: readonly unknown[],
  tell: (done: number) => void,
): Promise<unknown[]> {
  const parts = tasks.map(() => 0);
  const reports: unknown[] = [];
  let next = 0;
  const work = async () => {
    while (next < tasks.length) {
      const index = next++;
      const told = (done: number) => {
        parts[index] = done;
        tell(parts.reduce((sum, part) => sum + part, 0) / parts.length);
      };
      reports[index] = await runTask(worker, tasks[index], told);
    }
  };
  await Promise.all(Array.from({ length: THREADS }, work));
  return reports;
}

type Message = { readonly done: number } | { readonly report: unknown };

function runTask(file: string, task: unknown, tell: (done: number) => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.resolve(file)), { workerData: task });
    worker.on("message", (message: Message) => ("done" in message ? tell(message.done) : resolve(message.report)));
    worker.on("error", reject);
    worker.on("exit", () => reject(new Error("the simulation ended without a report")));
  });
}
