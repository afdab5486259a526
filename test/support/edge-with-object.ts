import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { workerBundle } from "../../scripts/bundles.ts";
import type { ChaosEdge } from "../../scripts/chaos/edge.ts";
import { startEdgeServer } from "../../src/cli/dev/edge-server.ts";
import { type Served, servedBy } from "../../src/cli/dev/served.ts";
import { formatText } from "../../src/compiler/index.ts";
import { endpointId } from "../../src/table/endpoint-id.ts";
import { PROJECT } from "./cli.ts";
import { compiledIn } from "./compiled.ts";

/** Opens the status of these edges. */
export const STATUS_TOKEN = "chaos";

/** The body of a health object's class, for the endpoints of these ids. */
export type ObjectCode = (endpointIds: readonly string[]) => string;

/** An edge whose health object is of another class: that of `dev` but for the object's code. */
export function startEdgeWithObject(manifests: string, code: ObjectCode): Promise<ChaosEdge> {
  return startEdgeWith(manifests, ({ endpoints }) => workerWith(code(endpoints.map(endpointId))));
}

/**
 * An edge whose objects of limits are those of `dev` until `/fault/frozen` makes their calls last an hour, or
 * `/fault/killed` ends an object at each call; `/fault/none` mends them.
 */
export async function startEdgeWithLimits(manifests: string): Promise<ChaosEdge> {
  const directory = mkdtempSync(join(tmpdir(), "edge-ingress-manifests-"));
  writeFileSync(join(directory, "all.yaml"), manifests);
  try {
    return await startEdgeWith(directory, () => FAULTY_LIMITS);
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function startEdgeWith(manifests: string, codeOf: (served: Served) => string): Promise<ChaosEdge> {
  const directory = mkdtempSync(join(tmpdir(), "edge-ingress-object-"));
  const worker = join(directory, "worker.js");
  const served = compiled(manifests);
  const { entryPoints: _, outdir: __, ...options } = workerBundle;
  await build({
    ...options,
    stdin: {
      contents: codeOf(served),
      resolveDir: PROJECT,
      loader: "ts",
      sourcefile: "worker-with-object.ts",
    },
    outfile: worker,
    absWorkingDir: PROJECT,
  });
  let log = "";
  const server = await startEdgeServer(served, {
    worker,
    port: 0,
    statusToken: STATUS_TOKEN,
    onLog: (line) => {
      log += `${line}\n`;
    },
  });
  const stop = async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  };
  return { port: server.ports.http, stderr: () => log, stop, killNow: () => void stop() };
}

const workerWith = (classBody: string) => `
  import { DurableObject } from "cloudflare:workers";
  import { createEdge } from "./src/edge/app.ts";
  import table from "./table.bin";
  export default createEdge(table);
  export class HealthMonitor extends DurableObject { ${classBody} }
`;

/** Objects and worker are of one isolate here, so a variable tells them. */
const FAULTY_LIMITS = `
  import { createEdge } from "./src/edge/app.ts";
  import { createHealthMonitor } from "./src/edge/health/object.ts";
  import { RateLimiter as Working } from "./src/edge/limits/object.ts";
  import table from "./table.bin";
  const edge = createEdge(table);
  let fault = "none";
  export default {
    fetch(request, env, context) {
      const { pathname } = new URL(request.url);
      if (!pathname.startsWith("/fault/")) return edge.fetch(request, env, context);
      fault = pathname.slice("/fault/".length);
      return new Response();
    },
  };
  export const HealthMonitor = createHealthMonitor(table);
  export class RateLimiter extends Working {
    async #meets() {
      if (fault === "frozen") await scheduler.wait(3_600_000);
      if (fault === "killed") this.ctx.abort("killed");
    }
    async take(...given) { await this.#meets(); return super.take(...given); }
    async giveBack(...given) { await this.#meets(); return super.giveBack(...given); }
    async enter(...given) { await this.#meets(); return super.enter(...given); }
    async stay(...given) { await this.#meets(); return super.stay(...given); }
    async leave(...given) { await this.#meets(); return super.leave(...given); }
    async usage(...given) { await this.#meets(); return super.usage(...given); }
    async slots(...given) { await this.#meets(); return super.slots(...given); }
  }
`;

function compiled(manifests: string) {
  const { output, diagnostics, files } = compiledIn(PROJECT, [manifests]);
  if (output === null) throw new Error(formatText(diagnostics, files));
  return servedBy(output);
}
