import { randomUUID } from "node:crypto";
import { request as send } from "node:http";
import { fileURLToPath } from "node:url";
import type { RouteTestCase, WorkerAnswer } from "../../compiler/index.ts";
import { compile, hasErrors } from "../../compiler/index.ts";
import { startEdgeServer } from "../dev/edge-server.ts";
import { servedBy } from "../dev/served.ts";
import { takingOffSignals } from "../dev/signals.ts";
import { statusToken } from "../dev/status-token.ts";
import { compileOptions, type InputFlags } from "../input-options.ts";
import type { Invalid } from "../invalid.ts";
import { messageOf, UsageError } from "../output.ts";
import { EchoClusters } from "./echo-clusters.ts";

/** The real edge on local workerd, with an echo in the place of every cluster. */
export interface TestEdge {
  ask(test: RouteTestCase): Promise<WorkerAnswer>;
  close(): Promise<void>;
}

/** Milliseconds that one answer may take: longer than the edge's own limits. */
const PATIENCE = 120_000;

/** Beside the built command line. */
const WORKER = fileURLToPath(new URL("./edge/worker.js", import.meta.url));

/** What is wrong with the manifests, where they have errors on workerd. `clusters`: those of the manifests. */
export async function startTestEdge(flags: InputFlags, clusters: readonly string[]): Promise<TestEdge | Invalid> {
  const echoes = new EchoClusters();
  try {
    await echoes.start(clusters);
    const options = { ...compileOptions(flags, "workerd"), standIns: echoes.endpoints() };
    const result = compile(flags.filename, options);
    const { output, diagnostics } = result;
    if (output === null || hasErrors(diagnostics)) {
      await echoes.close();
      return result;
    }
    const edge = await takingOffSignals(() =>
      startEdgeServer(servedBy(output), {
        worker: WORKER,
        port: 0,
        opensTest: true,
        statusToken: statusToken().token,
        onLog: (line) => process.stderr.write(`edge: ${line}\n`),
      }),
    );
    return {
      ask: (test) => ask(test, edge.ports.test as number, echoes),
      async close() {
        await edge.close();
        await echoes.close();
      },
    };
  } catch (error) {
    await echoes.close();
    throw error;
  }
}

async function ask({ request }: RouteTestCase, port: number, echoes: EchoClusters): Promise<WorkerAnswer> {
  const { method, url, headers, client } = request;
  const [, scheme = "http", authority = "", target = "/"] = /^(https?):\/\/([^/]+)(.*)$/.exec(url) ?? [];
  const { address, ...cf } = client;
  const sent: Record<string, string> = { host: authority, "x-request-id": randomUUID() };
  if (address !== undefined) sent["cf-connecting-ip"] = address;
  for (const [name, value] of headers) sent[name.toLowerCase()] = value;
  sent["edge-ingress-test"] = JSON.stringify({ scheme, cf });
  const { status, answered } = await new Promise<{ status: number; answered: Headers }>((resolve, reject) => {
    const asked = send(
      { host: "127.0.0.1", port, method, path: target, headers: sent, setHost: false, agent: false },
      (response) => {
        response.resume();
        const pairs = Object.entries(response.headersDistinct).map(([name, all = []]) => [name, all.join(", ")]);
        resolve({ status: response.statusCode ?? 0, answered: new Headers(pairs as [string, string][]) });
      },
    );
    asked.once("error", reject);
    asked.setTimeout(PATIENCE, () => asked.destroy(new Error(`no answer in ${PATIENCE / 1000} s`)));
    asked.end();
  }).catch((error: unknown) => {
    const why = messageOf(error);
    throw new UsageError(`the worker gave no answer to ${method} ${url}: ${why}`);
  });
  return { status, headers: answered, arrived: echoes.arrivalOf(answered.get("x-request-id") ?? "") };
}
