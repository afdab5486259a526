import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { get, textOf } from "./transfer.ts";

/** A cluster that runs as a process of its own. */
export interface ClusterProcess {
  readonly name: string;
  readonly port: number;
  readonly pid: number;
  /** Requests that it has seen, of any kind. */
  count(): Promise<number>;
  /** Kills it with SIGKILL and waits until it is gone. */
  kill(): Promise<void>;
}

const SCRIPT = fileURLToPath(new URL("./cluster-process.ts", import.meta.url));

const running = new Set<ClusterProcess>();

afterAll(async () => {
  for (const cluster of running) await cluster.kill();
});

/** Starts a cluster that answers every request with 200 and its name, on a free port or on this one. */
export async function startCluster(name: string, wanted = 0): Promise<ClusterProcess> {
  const child = fork(SCRIPT, [name, `${wanted}`], { execArgv: [] });
  const [port] = (await once(child, "message")) as [number];
  const cluster: ClusterProcess = {
    name,
    port,
    pid: child.pid ?? 0,
    count: async () => Number(await textOf(await get(port, { path: "/.count" }))),
    async kill() {
      running.delete(cluster);
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, "exit");
      child.kill("SIGKILL");
      await exit;
    },
  };
  running.add(cluster);
  return cluster;
}
