import { spawn } from "node:child_process";
import { join } from "node:path";
import { printable } from "../../compiler/diagnostics/printable.ts";
import { SIGNALS } from "../dev/signals.ts";
import { messageOf } from "../output.ts";
import { KubeApi } from "./api.ts";
import { ClusterCopy } from "./copy.ts";
import { pulledFiles } from "./files.ts";
import { follow } from "./follow.ts";
import { pauseFor } from "./pause.ts";
import type { PullFlags } from "./run.ts";
import { checkControllerConfig, configFor, loadConfig, type Source, sourcesOf } from "./sources.ts";
import { rbacManifest, WANTED } from "./wanted.ts";

export interface WatchFlags extends PullFlags {
  /** Milliseconds without a change that are waited for. */
  readonly settle: number;
  /** Milliseconds after which everything is read again. */
  readonly resync: number;
  /** Run by the shell after files have changed. */
  readonly exec: string | undefined;
}

/** Changes that come one after the other without a pause are written after so many times `settle`. */
const MOST_SETTLES = 10;
const FIRST_PAUSE = 1_000;
const MOST_PAUSE = 60_000;

/** Follows clusters until a signal comes. */
export async function runWatch(flags: WatchFlags): Promise<void> {
  if (flags.rbac) {
    process.stdout.write(rbacManifest({ secretNames: flags.secretNames, watches: true }));
    return;
  }
  if (typeof flags.controllerConfig === "string") checkControllerConfig(flags.controllerConfig);
  const sources = sourcesOf(flags.context, loadConfig(flags.kubeconfig));
  for (const { name } of sources) pulledFiles(join(flags.output, name));
  const ending = new AbortController();
  for (const name of SIGNALS) process.once(name, () => ending.abort());
  const runs = flags.exec === undefined ? null : new Runs(flags.exec, ending.signal);
  say(`watching ${sources.map(({ context, name }) => `${context} as ${name}`).join(", ")}`);
  await Promise.all(sources.map((source) => followCluster(source, flags, ending.signal, runs)));
  await runs?.ended();
  say("ended: the files stay as they are");
  // Files are replaced without a pause in between, so nothing is half done; what may be open are requests to API servers.
  process.exit(0);
}

async function followCluster(source: Source, flags: WatchFlags, signal: AbortSignal, runs: Runs | null): Promise<void> {
  const { name } = source;
  const config = configFor(source, flags.kubeconfig);
  const api = new KubeApi(config);
  const copy = new ClusterCopy(source, api, flags);
  const changes = new Changes(flags.settle);
  const problems = new Map<string, string>();
  const state = (resource: string, problem: string | null) => {
    const before = problems.get(resource) ?? null;
    if (problem === null) problems.delete(resource);
    else problems.set(resource, problem);
    if (problem === before) return;
    if (problem !== null) say(`${name}: ${resource} can't be followed (${problem}): trying again, the files stay`);
    else say(`${name}: ${resource} are followed again`);
  };
  const kinds = WANTED.filter(({ resource }) => resource !== "configmaps" || flags.controllerConfig === undefined);
  const followed = { api, config, signal, state, changed: () => changes.note() };
  const resync = setInterval(() => changes.note(), flags.resync);
  const following = kinds.map((kind) => follow(kind, followed));
  let failures = 0;
  let problem = "";
  while (!signal.aborted) {
    await Promise.race([changes.settled(signal), ended(signal)]);
    if (signal.aborted) break;
    try {
      const lines = await copy.take();
      if (problem !== "") say(`${name}: read again`);
      problem = "";
      failures = 0;
      for (const line of lines) say(`${name}: ${line}`);
      if (lines.length > 0) runs?.ask(name);
    } catch (error) {
      if (messageOf(error) !== problem) say(`${name}: ${messageOf(error)}\n${name}: the files stay as they are`);
      problem = messageOf(error);
      changes.note();
      await pauseFor(Math.min(FIRST_PAUSE * 2 ** failures++, MOST_PAUSE), signal);
    }
  }
  clearInterval(resync);
  await Promise.race([Promise.all(following), pauseFor(1_000, new AbortController().signal)]);
}

function ended(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => signal.addEventListener("abort", () => resolve(), { once: true }));
}

/** Changes until there is a pause, or for so long that nobody should wait any more. */
class Changes {
  readonly #settle: number;
  #first = 0;
  #last = 0;
  #wake: (() => void) | null = null;

  constructor(settle: number) {
    this.#settle = settle;
  }

  note(): void {
    this.#last = performance.now();
    if (this.#first === 0) this.#first = this.#last;
    this.#wake?.();
  }

  /** Resolves when something has changed, and has settled. */
  async settled(signal: AbortSignal): Promise<void> {
    if (this.#first === 0) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    for (;;) {
      const now = performance.now();
      const until = Math.min(this.#last + this.#settle, this.#first + this.#settle * MOST_SETTLES);
      if (now >= until || signal.aborted) break;
      await pauseFor(until - now, signal);
    }
    this.#first = 0;
    this.#wake = null;
  }
}

/** Runs a command after changes, one run at a time: what comes meanwhile is one more. */
class Runs {
  readonly #command: string;
  readonly #signal: AbortSignal;
  #running: Promise<void> | null = null;
  #waiting = new Set<string>();

  constructor(command: string, signal: AbortSignal) {
    this.#command = command;
    this.#signal = signal;
  }

  ask(name: string): void {
    this.#waiting.add(name);
    this.#running ??= this.#run().finally(() => {
      this.#running = null;
    });
  }

  async ended(): Promise<void> {
    await this.#running;
  }

  async #run(): Promise<void> {
    while (this.#waiting.size > 0 && !this.#signal.aborted) {
      const names = [...this.#waiting].sort().join(" ");
      this.#waiting = new Set();
      const why = await this.#once(names);
      say(why === null ? `--exec is done (${names})` : `--exec failed (${names}): ${why}`);
    }
  }

  #once(names: string): Promise<string | null> {
    const child = spawn(this.#command, {
      shell: true,
      stdio: ["ignore", "inherit", "inherit"],
      env: { ...process.env, EDGE_INGRESS_CHANGED: names },
    });
    const stop = () => child.kill();
    this.#signal.addEventListener("abort", stop);
    return new Promise<string | null>((resolve) => {
      child.once("error", (error) => resolve(messageOf(error)));
      child.once("close", (code, name) => resolve(code === 0 ? null : `exit code ${code ?? name}`));
    }).finally(() => this.#signal.removeEventListener("abort", stop));
  }
}

function say(line: string): void {
  process.stderr.write(`${line.split("\n").map(printable).join("\n")}\n`);
}
