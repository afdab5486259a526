// `npm run limits [seconds]`: eight client processes against a real edge on local workerd, each way beside the route
// without a limit.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEdge } from "./chaos/edge.ts";
import { manifestsFor, measure, startBackend } from "./limits/run.ts";

const seconds = Number(process.argv[2] ?? 60);
const clients = 8;
const terms = "requests: 500, period: 1s, burst: 500, deadline: 1s, onFailure: closed";

process.env.EDGE_INGRESS_STATUS_TOKEN ??= "limits";
const token = process.env.EDGE_INGRESS_STATUS_TOKEN;
const backend = await startBackend();
const directory = mkdtempSync(join(tmpdir(), "edge-ingress-limits-"));
const limits = { exact: terms, leased: `${terms}, mode: leased`, local: "requests: 5000, period: 10s, mode: local" };
writeFileSync(join(directory, "manifests.yaml"), manifestsFor(backend.port, limits));
const edge = await startEdge(directory);
try {
  process.stdout.write(`${clients} client processes, ${seconds} s each\n`);
  process.stdout.write(
    "| way | admitted | may admit | refused | other | object requests per million | p50 ms | p99 ms | added p50 | added p99 |\n",
  );
  process.stdout.write("| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
  let plain = { p50: 0, p99: 0 };
  for (const host of ["plain", ...Object.keys(limits)]) {
    const { admitted, refused, other, p50, p99, span, limit } = await measure(
      { port: edge.port, token },
      `${host}.test`,
      {
        clients,
        seconds,
      },
    );
    const asked = limit === null ? 0 : (limit.isolate.asked * 1e6) / (admitted + refused + other);
    const may =
      host === "plain"
        ? "all"
        : host === "local"
          ? "5000 in 10 s"
          : `${Math.floor(500 * span) + 500 + (limit?.mostHeld ?? 0)}`;
    if (host === "plain") plain = { p50, p99 };
    const times = [p50, p99, p50 - plain.p50, p99 - plain.p99].map((time) => time.toFixed(2));
    const cells = [host, admitted, may, refused, other, Math.round(asked), ...times];
    process.stdout.write(`| ${cells.join(" | ")} |\n`);
  }
} finally {
  await edge.stop();
  backend.close();
  rmSync(directory, { recursive: true });
}
