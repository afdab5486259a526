import { parentPort, workerData } from "node:worker_threads";
import type { LimitsTask } from "./figures.ts";
import { reportLimits } from "./report.ts";

const report = await reportLimits(workerData as LimitsTask, (done) => parentPort?.postMessage({ done }));
parentPort?.postMessage({ report });
