import { type ChildProcess, spawn } from "node:child_process";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterAll } from "vitest";
import { plainEnvironment } from "./environment.ts";
import { quietPort } from "./ports.ts";
import { descendants, isAlive } from "./processes.ts";

/** The project's directory: relative paths of a command line start here where no other directory is given. */
export const PROJECT = fileURLToPath(new URL("../..", import.meta.url));

/** For `dev` and `publish` beside it, by the real wrangler: a key, a look each tenth of a second, and answers that name their table. */
export function publishingEnvironment(signingKey: string, publicKey: string) {
  return {
    PATH: `${join(PROJECT, "node_modules/.bin")}:${process.env.PATH}`,
    CI: "1",
    EDGE_INGRESS_SIGNING_KEY: signingKey,
    EDGE_INGRESS_TABLE_KEYS: publicKey,
    EDGE_INGRESS_TABLE_REFRESH: "100",
    EDGE_INGRESS_TABLE_HEADER: "x-edge-table",
    EDGE_INGRESS_STATUS_TOKEN: "hello",
  };
}

const BIN = fileURLToPath(new URL("../../bin/edge-ingress.js", import.meta.url));

/** How a command ended; `code` is null where a signal ended it. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CliOptions {
  readonly cwd?: string;
  readonly stdin?: string;
  readonly env?: Readonly<Record<string, string>>;
}

/** A running `edge-ingress dev`. */
export interface DevProcess {
  readonly pid: number;
  readonly port: number;
  /** `http://127.0.0.1:N`, as the ready line told. */
  readonly origin: string;
  /** Null without `--https-port`. */
  readonly httpsPort: number | null;
  /** All of stdout so far. */
  stdout(): string;
  /** The whole lines of stderr so far. */
  stderrLines(): readonly string[];
  /** The first match in stderr, in what came already or is to come; fails where the process ends before. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  /** The process id of its workerd. */
  workerd(): number;
  /** Sends the signal, waits for the end, and says how it ended. */
  stop(signal?: NodeJS.Signals): Promise<Finished>;
}

/** What is waited for at most, in milliseconds: far more than anything needs, so that a hang fails and nothing else. */
export const PATIENCE = 240_000;

const running = new Set<Command>();

// Also where a test failed or a hook threw: nothing that was started here outlives its test file.
afterAll(async () => {
  for (const command of running) await command.kill();
});

/** Runs the built command line to its end. */
export async function runCli(
  args: readonly string[],
  { cwd, stdin = "", env = {} }: CliOptions = {},
): Promise<Finished> {
  const command = new Command(args, { cwd: cwd ?? PROJECT, stdin, env });
  return withPatience(command.finished, `the end of edge-ingress ${args.join(" ")}`, command);
}

/** Starts `dev` (on a quiet port) and waits until it serves. Throws with its stderr where it ends instead. */
export async function startDev(
  args: readonly string[],
  {
    cwd = PROJECT,
    stdin,
    port: asked,
    https = false,
    env = {},
  }: CliOptions & { readonly port?: number; readonly https?: boolean } = {},
): Promise<DevProcess> {
  const flags = https ? ["--https-port", "0"] : [];
  const wanted = asked ?? (await quietPort());
  const command = new Command(["dev", ...args, "--port", `${wanted}`, ...flags], { cwd, stdin: stdin ?? null, env });
  const ready = await command.waitFor("stdout", /^ready (http:\/\/127\.0\.0\.1:(\d+))\n/);
  const [, origin = "", port = ""] = ready;
  const secure = https ? await command.waitFor("stderr", /^https:\/\/127\.0\.0\.1:(\d+), /m) : null;
  return {
    pid: command.pid,
    port: Number(port),
    origin,
    httpsPort: secure === null ? null : Number(secure[1]),
    stdout: () => command.text.stdout,
    stderrLines: () => command.text.stderr.split("\n").slice(0, -1),
    waitFor: (pattern) => command.waitFor("stderr", pattern),
    workerd: () => command.workerd(),
    stop: (signal = "SIGTERM") => {
      command.signal(signal);
      return withPatience(command.finished, `the end after ${signal}`, command);
    },
  };
}

/** Starts `dev` without waiting for it to serve: for what ends at its start, or is ended there. */
export function spawnDev(args: readonly string[]): {
  readonly finished: Promise<Finished>;
  readonly pid: number;
  signal(name: NodeJS.Signals): void;
} {
  const command = new Command(["dev", ...args], { cwd: PROJECT, stdin: null, env: {} });
  const finished = withPatience(command.finished, `the end of edge-ingress dev ${args.join(" ")}`, command);
  return { finished, pid: command.pid, signal: (name) => command.signal(name) };
}

/** A command that runs until it is ended. */
export interface RunningCommand {
  stderr(): string;
  /** The first match in stderr, in what came already or is to come; fails where the process ends before. */
  waitFor(pattern: RegExp): Promise<RegExpExecArray>;
  stop(signal?: NodeJS.Signals): Promise<Finished>;
}

/** Starts the built command line, for commands that do not end of themselves. */
export function startCommand(args: readonly string[], { cwd = PROJECT, env = {} }: CliOptions = {}): RunningCommand {
  const command = new Command(args, { cwd, stdin: null, env });
  return {
    stderr: () => command.text.stderr,
    waitFor: (pattern) => command.waitFor("stderr", pattern),
    stop: (signal = "SIGTERM") => {
      command.signal(signal);
      return withPatience(command.finished, `the end after ${signal}`, command);
    },
  };
}

class Command {
  readonly text = { stdout: "", stderr: "" };
  readonly finished: Promise<Finished>;
  readonly #child: ChildProcess;
  readonly #listeners = new Set<() => void>();
  #ended = false;

  constructor(args: readonly string[], options: { cwd: string; stdin: string | null; env: CliOptions["env"] }) {
    const { cwd, stdin, env } = options;
    this.#child = spawn(process.execPath, [BIN, ...args], {
      cwd,
      env: { ...plainEnvironment(), ...env },
      stdio: [stdin === null ? "ignore" : "pipe", "pipe", "pipe"],
    });
    for (const name of ["stdout", "stderr"] as const) {
      this.#child[name]?.setEncoding("utf8").on("data", (chunk: string) => {
        this.text[name] += chunk;
        this.#notify();
      });
    }
    // A command that does not read its input closes the pipe: no failure of the test.
    this.#child.stdin?.on("error", () => undefined);
    this.#child.stdin?.end(stdin);
    running.add(this);
    this.finished = new Promise((resolve, reject) => {
      this.#child.once("error", reject);
      this.#child.once("close", (code) => {
        this.#ended = true;
        running.delete(this);
        this.#notify();
        resolve({ code, ...this.text });
      });
    });
  }

  get pid(): number {
    const { pid } = this.#child;
    if (pid === undefined) throw new Error("the command did not start");
    return pid;
  }

  signal(name: NodeJS.Signals): void {
    this.#child.kill(name);
  }

  workerd(): number {
    const found = descendants(this.pid).find(({ command }) => command === "workerd");
    if (found === undefined) throw new Error(`process ${this.pid} has no workerd`);
    return found.pid;
  }

  waitFor(stream: "stdout" | "stderr", pattern: RegExp): Promise<RegExpExecArray> {
    const found = new Promise<RegExpExecArray>((resolve, reject) => {
      const look = () => {
        const match = pattern.exec(this.text[stream]);
        if (match === null && !this.#ended) return;
        this.#listeners.delete(look);
        if (match !== null) resolve(match);
        else reject(new Error(`it ended before ${pattern} came:\n${this.text.stderr}`));
      };
      this.#listeners.add(look);
      look();
    });
    return withPatience(found, `${pattern}`, this);
  }

  /** Ends it and everything that it started, by process id. */
  async kill(): Promise<void> {
    if (this.#ended) return;
    const below = descendants(this.pid);
    this.#child.kill("SIGKILL");
    for (const one of below) if (isAlive(one)) process.kill(one.pid, "SIGKILL");
    await this.finished;
  }

  #notify(): void {
    for (const listener of [...this.#listeners]) listener();
  }
}

function withPatience<Value>(wanted: Promise<Value>, what: string, { text }: Command): Promise<Value> {
  const { promise, reject } = Promise.withResolvers<never>();
  const late = () => reject(new Error(`waited in vain for ${what}; stderr so far:\n${text.stderr}`));
  const timer = setTimeout(late, PATIENCE);
  return Promise.race([wanted, promise]).finally(() => clearTimeout(timer));
}
