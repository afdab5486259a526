import { type ChildProcess, fork } from "node:child_process";
import { fileURLToPath } from "node:url";
import type { CompileResult, EndpointUrl } from "../../compiler/index.ts";
import type { DemoMessage } from "./cluster.ts";
import { introduction } from "./introduction.ts";

interface Running {
  readonly port: number;
  readonly process: ChildProcess;
}

/** Embedded clusters, a process each, so that one can be ended and the edge be watched going on. */
export class DemoClusters {
  readonly #running = new Map<string, Running>();
  readonly #say: (line: string) => void;
  #closing = false;

  /** None runs yet. `say` gets a line when one of them ends. */
  constructor(say: (line: string) => void) {
    this.#say = say;
  }

  /** Where each cluster answers. */
  endpoints(): ReadonlyMap<string, EndpointUrl> {
    return new Map(
      [...this.#running].map(([name, { port }]) => [name, { scheme: "http", hostname: "127.0.0.1", port }]),
    );
  }

  /** Starts those that do not run yet; true when there were such. */
  async start(names: readonly string[]): Promise<boolean> {
    const missing = names.filter((name) => !this.#running.has(name));
    await Promise.all(missing.map((name) => this.#start(name)));
    return missing.length > 0;
  }

  /** Gives all of them the table whose Services they play. */
  serve(table: Uint8Array): void {
    const clusters = [...this.#running].map(([name, { port, process }]) => ({ name, port, pid: process.pid ?? 0 }));
    const message: DemoMessage = { table: Buffer.from(table).toString("base64"), clusters };
    for (const { process } of this.#running.values()) if (process.connected) process.send(message);
  }

  /** Prints what to try. */
  introduce(edge: string, result: CompileResult): void {
    const pids = new Map([...this.#running].map(([name, { process }]) => [name, process.pid ?? 0]));
    this.#say(introduction(edge, pids, result));
  }

  async close(): Promise<void> {
    this.#closing = true;
    const ended = [...this.#running.values()].map(({ process }) => {
      if (process.exitCode !== null || process.signalCode !== null) return Promise.resolve();
      const exit = new Promise<void>((resolve) => process.once("exit", () => resolve()));
      process.kill("SIGTERM");
      return exit;
    });
    await Promise.all(ended);
  }

  async #start(name: string): Promise<void> {
    const cli = fileURLToPath(new URL("./cli.js", import.meta.url));
    const child = fork(cli, ["demo-cluster", name], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
    child.once("exit", () => {
      if (this.#closing) return;
      this.#say(`cluster ${name} (process ${child.pid}) is gone: the edge goes on with the others`);
    });
    // Known before it listens: it has to end with the others.
    this.#running.set(name, { port: 0, process: child });
    const port = await new Promise<number>((resolve, reject) => {
      child.once("message", (said) => resolve(Number(said)));
      child.once("exit", (code) => reject(new Error(`the demo cluster ${name} ended at its start with ${code}`)));
    });
    this.#running.set(name, { port, process: child });
  }
}
