import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import type { ClusterOrder, ClusterWord } from "./cluster-talk.ts";
import type { FaultKind } from "./scenario.ts";

/** A request that reached a cluster. */
export interface Delivery {
  readonly id: string;
  readonly method: string;
  readonly cluster: string;
  /** Milliseconds since the epoch, when the cluster read it. */
  readonly at: number;
}

const SCRIPT = fileURLToPath(new URL("./cluster-process.ts", import.meta.url));

/** A cluster in a process of its own, or in several one after the other, always on the same port. */
export class ChaosCluster {
  readonly name: string;
  readonly port: number;
  readonly #journal: string;
  #process: ChildProcess;

  private constructor(name: string, port: number, journal: string, process: ChildProcess) {
    this.name = name;
    this.port = port;
    this.#journal = journal;
    this.#process = process;
  }

  /** Starts it on a free port; it keeps a journal of what it gets in a file of that path. */
  static async start(name: string, journal: string): Promise<ChaosCluster> {
    writeFileSync(journal, "");
    const { process, port } = await spawn(name, 0, journal);
    return new ChaosCluster(name, port, journal, process);
  }

  /** Resolves when the fault holds. */
  async begin(fault: FaultKind): Promise<void> {
    if (fault === "killed") await this.kill();
    else if (fault === "stopped") this.#process.kill("SIGSTOP");
    else await this.#order(fault);
  }

  /** Resolves when it is well again. */
  async end(fault: FaultKind): Promise<void> {
    if (fault === "killed") this.#process = (await spawn(this.name, this.port, this.#journal)).process;
    else if (fault === "stopped") this.#process.kill("SIGCONT");
    else await this.#order("well");
  }

  /** SIGKILL ends a stopped process too. */
  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.#process;
    if (exitCode !== null || signalCode !== null) return;
    const exit = once(this.#process, "exit");
    this.#process.kill("SIGKILL");
    await exit;
  }

  /** For the end of the parent, where nothing can be waited for. */
  killNow(): void {
    this.#process.kill("SIGKILL");
  }

  /** Everything that any of its processes got. */
  deliveries(): Delivery[] {
    return this.#lines().flatMap(([at, method = "", id]) => {
      return id === undefined ? [] : [{ id, method, cluster: this.name, at: Number(at) }];
    });
  }

  /** When it read health checks: milliseconds since the epoch. */
  probes(): number[] {
    return this.#lines().flatMap(([at, , id]) => (id === undefined ? [Number(at)] : []));
  }

  #lines(): string[][] {
    const lines = readFileSync(this.#journal, "utf8").split("\n").slice(0, -1);
    return lines.map((line) => line.split(" "));
  }

  async #order(order: ClusterOrder): Promise<void> {
    const heard = hears(this.#process, (word) => "mode" in word && word.mode === order);
    this.#process.send(order);
    await heard;
  }
}

async function spawn(name: string, wanted: number, journal: string) {
  const process = fork(SCRIPT, [name, `${wanted}`, journal], { execArgv: [] });
  const word = await hears(process, (word) => "listening" in word);
  return { process, port: "listening" in word ? word.listening : wanted };
}

/** The first such word; fails where the process ends before. */
function hears(process: ChildProcess, wanted: (word: ClusterWord) => boolean): Promise<ClusterWord> {
  return new Promise((resolve, reject) => {
    const onMessage = (word: ClusterWord) => {
      if (!wanted(word)) return;
      process.off("message", onMessage).off("exit", onExit);
      resolve(word);
    };
    const onExit = () => reject(new Error("a cluster ended when it should not"));
    process.on("message", onMessage).once("exit", onExit);
  });
}
