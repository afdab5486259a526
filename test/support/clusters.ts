import { fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { quietPort } from "./ports.ts";
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

/** Starts a cluster that answers every request with 200 and its name, on a quiet port or on this one. */
export async function startCluster(name: string, wanted?: number): Promise<ClusterProcess> {
  const child = fork(SCRIPT, [name, `${wanted ?? (await quietPort())}`], { execArgv: [] });
  const ended = once(child, "exit").then(() => Promise.reject(new Error(`cluster ${name} ended before it listened`)));
  const [port] = (await Promise.race([once(child, "message"), ended])) as [number];
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
