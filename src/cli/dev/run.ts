import { fileURLToPath } from "node:url";
import { type CompileResult, compile } from "../../compiler/index.ts";
import { DemoClusters } from "../demo/clusters.ts";
import { expectManyCompiles } from "../engine.ts";
import { compileOptions, type InputFlags } from "../input-options.ts";
import { messageOf, printDiagnostics, UsageError } from "../output.ts";
import { type EdgeServer, startEdgeServer } from "./edge-server.ts";
import { type HttpsFront, startHttpsFront } from "./https-front.ts";
import { claimPort, PortUnavailable } from "./ports.ts";
import { publishedTables } from "./published-tables.ts";
import { servedBy } from "./served.ts";
import { SIGNALS, takingOffSignals } from "./signals.ts";
import { statusToken } from "./status-token.ts";
import { type Watcher, watchInputs } from "./watch.ts";

export interface DevOptions extends InputFlags {
  readonly port: number;
  readonly httpsPort: number | null;
  readonly demo: boolean;
}

/** Serves until SIGINT or SIGTERM. Exit codes as for `compile`: 1 when the manifests have errors at the start. */
export async function runDev(options: DevOptions): Promise<void> {
  expectManyCompiles();
  const ending = waitForSignal();
  if (options.port !== 0 && options.port === options.httpsPort) {
    throw new UsageError(`--port and --https-port are both ${options.port}: each needs a port of its own`);
  }
  try {
    for (const port of [options.port, options.httpsPort ?? 0]) if (port !== 0) await claimPort(port);
    await serveUntil(ending, options);
  } catch (error) {
    if (!(error instanceof PortUnavailable)) throw error;
    const flag = error.port === options.httpsPort ? "--https-port" : "--port";
    say(`${error.message}: end what listens there, or choose another with ${flag}`);
    process.exitCode = 2;
  }
}

async function serveUntil(ending: Promise<void>, options: DevOptions): Promise<void> {
  const demo = options.demo ? new DemoClusters(say) : null;
  const closers: (() => Promise<void>)[] = demo === null ? [] : [() => demo.close()];
  const watcher = await watchInputs(options.filename, (problem) => say(`can't watch all manifests: ${problem}`));
  try {
    const result = await compileForEdge(options, demo, watcher);
    const served = result.output === null ? null : servedBy(result.output);
    if (served === null) {
      process.exitCode = 1;
      return;
    }
    const status = statusToken();
    const tables = publishedTables();
    // miniflare would end the process at the first signal, before the rest is closed.
    const edge = await takingOffSignals(() =>
      startEdgeServer(served, {
        worker: WORKER,
        port: options.port,
        opensHttps: options.httpsPort !== null,
        statusToken: status.token,
        tables,
        onLog: sayLog,
      }),
    );
    closers.unshift(() => edge.close());
    let front: HttpsFront | null = null;
    const { http: port, https: backPort } = edge.ports;
    if (options.httpsPort !== null && backPort !== null) {
      const started = await startHttpsFront(options.httpsPort, backPort, tlsNames(result));
      closers.unshift(() => started.close());
      front = started;
    }
    const reload = reloadWith(() => rebuild(options, { demo, edge, front, watcher }));
    closers.unshift(() => reload.settled());
    watcher.start(reload.ask);
    process.stdout.write(`ready http://127.0.0.1:${port}\n`);
    if (front !== null) say(`https://127.0.0.1:${front.port}, with a certificate made just now (curl -k)`);
    say(`its clusters' health: ${status.command(`http://127.0.0.1:${port}`)}`);
    if (tables !== null)
      say("what `edge-ingress publish --local` publishes here is served in the place of the manifests");
    demo?.introduce(`http://127.0.0.1:${port}`, result);
    await ending;
  } finally {
    await watcher.close();
    for (const close of closers) await close();
  }
}

/** Beside the built command line. */
const WORKER = fileURLToPath(new URL("./edge/worker.js", import.meta.url));

/** Milliseconds between looks at whether npm is still there. */
const PARENT_CHECK = 500;

function waitForSignal(): Promise<void> {
  let end: () => void;
  const signal = new Promise<void>((resolve) => {
    end = resolve;
  });
  for (const name of SIGNALS) process.on(name, () => end());
  // `npx` and `npm start` run a shell between them and us that does not pass signals on: who ends npm means us too.
  if (process.env.npm_command !== undefined) {
    const parent = process.ppid;
    setInterval(() => process.ppid !== parent && end(), PARENT_CHECK).unref();
  }
  return signal;
}

async function compileForEdge(
  options: DevOptions,
  demo: DemoClusters | null,
  watcher: Watcher,
): Promise<CompileResult> {
  const local = compileOptions(options, "workerd");
  const compileNow = () => compile(options.filename, demo === null ? local : { ...local, standIns: demo.endpoints() });
  let result = compileNow();
  while (await watcher.follow(result)) result = compileNow();
  printDiagnostics(
    result.diagnostics.filter(({ severity }) => severity !== "info"),
    result.files,
  );
  // The demo's ports are known only when its clusters are.
  if (result.output !== null && (await demo?.start(result.clusters))) result = compileNow();
  if (result.output !== null) demo?.serve(result.output.table);
  return result;
}

/** The parts of a `dev` that serves. */
interface Running {
  readonly demo: DemoClusters | null;
  readonly edge: EdgeServer;
  readonly front: HttpsFront | null;
  readonly watcher: Watcher;
}

async function rebuild(options: DevOptions, { demo, edge, front, watcher }: Running): Promise<void> {
  const result = await compileForEdge(options, demo, watcher);
  const served = result.output === null ? null : servedBy(result.output);
  if (served === null) {
    say("the change has errors: the edge goes on with the last good table");
    return;
  }
  await front?.cover(tlsNames(result));
  const what = `${result.output?.report.totals.rules} rules, table ${result.output?.report.contentHash.slice(0, 12)}`;
  say((await edge.update(served)) ? `reloaded: ${what}` : `nothing changes for requests: ${what}`);
}

/** Runs one after the other. */
interface Reload {
  /** Begins a run, or lets one more follow the one under way. */
  ask(): void;
  /** Resolves when none is under way. */
  settled(): Promise<void>;
}

function reloadWith(run: () => Promise<void>): Reload {
  let running: Promise<void> | null = null;
  let again = false;
  const start = async () => {
    do {
      again = false;
      await run().catch((error: unknown) => say(`could not reload: ${messageOf(error)}`));
    } while (again);
    running = null;
  };
  return {
    ask() {
      if (running === null) running = start();
      else again = true;
    },
    settled: async () => running ?? undefined,
  };
}

function tlsNames({ output }: CompileResult): string[] {
  const names = output === null ? [] : output.router.tls.map(({ hostname }) => hostname);
  return [...new Set(names)].filter((name) => name !== "");
}

function sayLog(line: string): void {
  say(`edge: ${line}`);
}

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}
