// `npm run publish-load [seconds] [hosts]`: table changes under load on local workerd, then tables that can't be served. With
// more hosts than one the tables are in shards.

import { isRefused, publishLoad } from "./publish-load/run.ts";

const seconds = Number(process.argv[2] ?? 60);
const hosts = Number(process.argv[3] ?? 1);
const changes = Math.round((seconds * 200) / 60);
const rate = 200;

process.stdout.write(`${changes} table changes in ${seconds} s, ${rate} requests a second, ${hosts} hosts\n`);
const { requests, failed, mixed, took, served, refusals } = await publishLoad({ seconds, changes, rate, hosts });
process.stdout.write(
  `${requests} requests, the changes under way for ${took.toFixed(1)} s: ${failed.length} failed, ${mixed.length} answered by more than one table; ${served} tables answered\n`,
);
for (const one of [...failed, ...mixed].slice(0, 10)) process.stdout.write(`${JSON.stringify(one)}\n`);
for (const refusal of refusals) {
  const { what, problem, version } = refusal;
  const verdict = isRefused(refusal, changes) ? "" : ": NOT WHAT WAS EXPECTED";
  process.stdout.write(`${what}: version ${version} serves on; reported: ${problem}${verdict}\n`);
}
const areRefused = refusals.length > 0 && refusals.every((refusal) => isRefused(refusal, changes));
process.exitCode = failed.length + mixed.length === 0 && areRefused ? 0 : 1;
