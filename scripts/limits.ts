// `npm run limits [seconds] [rate]`: eight client processes against a real edge on local workerd, each way beside the route
// without a limit, and whether `exact` and `leased` kept what they promise: exit code 1 where one did not. `local` promises no
// number, for each place of the platform counts by itself: it is shown, and not judged.

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { startEdge } from "./chaos/edge.ts";
import { manifestsFor, measure, startBackend, type Verdict, verdictOf } from "./limits/run.ts";

const seconds = Number(process.argv[2] ?? 60);
/** Requests a second. More must come than that, or no limit is reached. */
const rate = Number(process.argv[3] ?? 500);
const clients = 8;
const terms = `requests: ${rate}, period: 1s, burst: ${rate}, deadline: 10s, onFailure: closed`;

process.env.EDGE_INGRESS_STATUS_TOKEN ??= "limits";
const token = process.env.EDGE_INGRESS_STATUS_TOKEN;
const backend = await startBackend();
const directory = mkdtempSync(join(tmpdir(), "edge-ingress-limits-"));
const limits = {
  exact: terms,
  leased: `${terms}, mode: leased`,
  local: `requests: ${rate * 10}, period: 10s, mode: local`,
};
writeFileSync(join(directory, "manifests.yaml"), manifestsFor(backend.port, limits));
const edge = await startEdge(directory);
const verdicts: Verdict[] = [];
try {
  process.stdout.write(`${clients} client processes, ${seconds} s each, ${rate} requests a second\n`);
  process.stdout.write(
    "| way | admitted | refused | other | object requests per million | p50 ms | p99 ms | added p50 | added p99 |\n",
  );
  process.stdout.write("| --- | --- | --- | --- | --- | --- | --- | --- | --- |\n");
  let plain = { p50: 0, p99: 0 };
  for (const host of ["plain", ...Object.keys(limits)]) {
    const measured = await measure({ port: edge.port, token }, `${host}.test`, { clients, seconds });
    const { admitted, refused, other, p50, p99, limit } = measured;
    const asked = limit === null ? 0 : (limit.isolate.asked * 1e6) / (admitted + refused + other);
    if (host === "plain") plain = { p50, p99 };
    const times = [p50, p99, p50 - plain.p50, p99 - plain.p99].map((time) => time.toFixed(2));
    process.stdout.write(`| ${[host, admitted, refused, other, Math.round(asked), ...times].join(" | ")} |\n`);
    if (host === "exact" || host === "leased") verdicts.push(verdictOf(host, measured));
  }
  process.stdout.write(`\n${verdicts.map(({ says }) => `${says}\n`).join("")}`);
  if (!verdicts.every(({ holds }) => holds)) process.exitCode = 1;
} finally {
  await edge.stop();
  backend.close();
  rmSync(directory, { recursive: true });
}
