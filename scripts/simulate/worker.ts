import { parentPort, workerData } from "node:worker_threads";
import type { Task } from "./figures.ts";
import { reportCacheless, reportScenario } from "./report.ts";

const { scenario, size } = workerData as Task;
const tell = (done: number) => parentPort?.postMessage({ done });
const report = scenario === null ? await reportCacheless(size, tell) : await reportScenario(scenario, size, tell);
parentPort?.postMessage({ report });
