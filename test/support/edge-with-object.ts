import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { build } from "esbuild";
import { workerBundle } from "../../scripts/bundles.ts";
import type { ChaosEdge } from "../../scripts/chaos/edge.ts";
import { startEdgeServer } from "../../src/cli/dev/edge-server.ts";
import { claimPort } from "../../src/cli/dev/ports.ts";
import { servedBy } from "../../src/cli/dev/served.ts";
import { compile, formatText } from "../../src/compiler/index.ts";
import { endpointId } from "../../src/table/endpoint-id.ts";
import { PROJECT } from "./cli.ts";

/** Opens the status of these edges. */
export const STATUS_TOKEN = "chaos";

/** The body of a health object's class, for the endpoints of these ids. */
export type ObjectCode = (endpointIds: readonly string[]) => string;

/** An edge whose health object is of another class: that of `dev` but for the object's code. */
export async function startEdgeWithObject(manifests: string, code: ObjectCode): Promise<ChaosEdge> {
  const directory = mkdtempSync(join(tmpdir(), "edge-ingress-object-"));
  const worker = join(directory, "worker.js");
  const served = compiled(manifests);
  const { entryPoints: _, outdir: __, ...options } = workerBundle;
  await build({
    ...options,
    stdin: {
      contents: workerWith(code(served.endpoints.map(endpointId))),
      resolveDir: PROJECT,
      loader: "ts",
      sourcefile: "worker-with-object.ts",
    },
    outfile: worker,
    absWorkingDir: PROJECT,
  });
  const port = await claimPort(0);
  let log = "";
  const server = await startEdgeServer(served, {
    worker,
    port,
    httpsBackPort: null,
    statusToken: STATUS_TOKEN,
    onLog: (line) => {
      log += `${line}\n`;
    },
  });
  const stop = async () => {
    await server.close();
    rmSync(directory, { recursive: true, force: true });
  };
  return { port, stderr: () => log, stop, killNow: () => void stop() };
}

const workerWith = (classBody: string) => `
  import { DurableObject } from "cloudflare:workers";
  import { createEdge } from "./src/edge/app.ts";
  import table from "./table.bin";
  export default createEdge(table);
  export class HealthMonitor extends DurableObject { ${classBody} }
`;

function compiled(manifests: string) {
  const { output, diagnostics, files } = compile([manifests], {
    cwd: PROJECT,
    readStdin: () => "",
    ingressClass: [],
    controller: [],
    defaultBackend: null,
    platform: "workerd",
    zones: [],
    trustedProxies: [],
  });
  if (output === null) throw new Error(formatText(diagnostics, files, { colour: false }));
  return servedBy(output);
}
