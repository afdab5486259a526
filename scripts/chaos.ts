import { formatChaos } from "./chaos/format.ts";
import { isMachineLate, reportOf, violationsOf } from "./chaos/report.ts";
import { runScenario } from "./chaos/run.ts";
import { SCENARIOS } from "./chaos/scenario.ts";

/** `npm run chaos -- [scenario…]`: clusters fail in turn behind a real edge under load; exit code 1 if it shows. */
const names = process.argv.slice(2);
const unknown = names.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
// Their handlers end the process, whose end ends the clusters and the edge.
for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));

if (unknown.length > 0) {
  console.error(`no scenario named ${unknown.join(", ")}; there are: ${SCENARIOS.map(({ name }) => name).join(", ")}`);
  process.exitCode = 2;
} else {
  for (const scenario of SCENARIOS.filter(({ name }) => names.length === 0 || names.includes(name))) {
    console.error(`${scenario.name}: ${scenario.faults.length} faults in ${scenario.seconds} s`);
    const report = reportOf(await runScenario(scenario));
    console.log(formatChaos(report));
    const violations = violationsOf(report);
    for (const violation of violations) console.error(violation);
    if (violations.length > 0 && isMachineLate(report))
      console.error("the machine was late with everything: run it again");
    if (violations.length > 0) process.exitCode = 1;
  }
}
