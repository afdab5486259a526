import { type MessagePort, parentPort, workerData } from "node:worker_threads";
import { type Manifests, sideOf } from "./side.ts";

/** What the thread is given: a function can't be sent. */
export interface Work {
  readonly paths: Manifests["paths"];
  readonly options: Omit<Manifests["options"], "readStdin">;
}

// The program of a thread (`threaded-side.ts`): it posts the facts of a side, and answers each set of hosts with the rest.
const port = parentPort as MessagePort;
const { paths, options } = workerData as Work;
let asksForStandardInput = false;
const readStdin = () => {
  asksForStandardInput = true;
  return "";
};
const side = await sideOf({ paths, options: { ...options, readStdin } });
// It can be read once only, and the other side may have done so.
port.postMessage(asksForStandardInput ? null : side.facts);
port.on("message", async (hosts: ReadonlySet<string>) => {
  const rest = await side.without(hosts);
  port.postMessage(rest, [rest.table.buffer]);
});
