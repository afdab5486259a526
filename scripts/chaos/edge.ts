import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const BIN = fileURLToPath(new URL("../../bin/edge-ingress.js", import.meta.url));

/** Milliseconds that `dev` has to serve, and to end. */
const PATIENCE = 60_000;

/** A running `edge-ingress dev`. */
export interface ChaosEdge {
  readonly port: number;
  /** What it said on stderr so far. */
  stderr(): string;
  /** Ends it as a user would, and waits for the end. */
  stop(): Promise<void>;
  killNow(): void;
}

/** Starts the real `dev` and waits until it serves; port 0 finds a free one. `env` is added to this process's own. */
export async function startEdge(
  manifests: string,
  port = 0,
  { cwd = process.cwd(), env = {} }: { readonly cwd?: string; readonly env?: Readonly<Record<string, string>> } = {},
): Promise<ChaosEdge> {
  const child = spawn(process.execPath, [BIN, "dev", "-f", manifests, "--port", `${port}`], {
    cwd,
    env: { ...process.env, ...env },
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  const served = await readyPort(child, () => stderr);
  return {
    port: served,
    stderr: () => stderr,
    async stop() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      const exit = once(child, "exit");
      child.kill("SIGTERM");
      const timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE);
      await exit;
      clearTimeout(timer);
    },
    // Its workerd ends when the pipes to it close.
    killNow: () => void child.kill("SIGTERM"),
  };
}

function readyPort(child: ChildProcess, stderr: () => string): Promise<number> {
  return new Promise((resolve, reject) => {
    let stdout = "";
    const fail = (what: string) => {
      clearTimeout(timer);
      reject(new Error(`edge-ingress dev ${what}:\n${stderr()}`));
    };
    const timer = setTimeout(() => {
      child.kill("SIGTERM");
      fail("did not serve in time");
    }, PATIENCE);
    child.once("exit", () => fail("ended before it served"));
    child.stdout?.setEncoding("utf8").on("data", (chunk: string) => {
      stdout += chunk;
      const ready = /^ready http:\/\/127\.0\.0\.1:(\d+)\n/.exec(stdout);
      if (ready === null) return;
      clearTimeout(timer);
      resolve(Number(ready[1]));
    });
  });
}
