import { parseArgs } from "node:util";
import { formatResults } from "./simulate/format.ts";
import { DEFAULT_SIZE, SCENARIOS, type Scenario, type Size } from "./simulate/scenario.ts";
import { runAll } from "./simulate/threads.ts";

const HELP = `npm run simulate -- [scenario…] [options]

Simulates in virtual time what the edge's own health, balancing and retry code does on a whole network while one of
eight clusters dies and returns. The same options give the same figures.

Scenarios: ${SCENARIOS.map(({ name }) => name).join(", ")}.
Where none is named: ${SCENARIOS.filter(({ isUsual }) => isUsual)
  .map(({ name }) => name)
  .join(", ")}; with --all all of them.

  --colos N       places of the network (${DEFAULT_SIZE.colos})
  --isolates N    isolates in each (${DEFAULT_SIZE.isolates})
  --rate N        requests a second in each isolate (${DEFAULT_SIZE.rate})
  --seed N        another chance (${DEFAULT_SIZE.seed})
  --all
  --format text|json
  --help
`;

const OPTIONS = {
  colos: { type: "string", default: `${DEFAULT_SIZE.colos}` },
  isolates: { type: "string", default: `${DEFAULT_SIZE.isolates}` },
  rate: { type: "string", default: `${DEFAULT_SIZE.rate}` },
  seed: { type: "string", default: `${DEFAULT_SIZE.seed}` },
  format: { type: "string", default: "text" },
  all: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** What was asked for; a sentence where it can't be had. */
function read(args: readonly string[]) {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  const unknown = positionals.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  const size: Size = {
    colos: Number(values.colos),
    isolates: Number(values.isolates),
    rate: Number(values.rate),
    seed: Number(values.seed),
  };
  const { format, help, all } = values;
  if (unknown.length > 0) return `no scenario named ${unknown.join(", ")}`;
  for (const name of ["colos", "isolates"] as const) {
    if (!Number.isInteger(size[name]) || size[name] < 1) return `--${name} must be a whole number from 1 on`;
  }
  if (!(size.rate > 0 && size.rate < 1e6)) return "--rate must be a number above 0";
  if (!Number.isInteger(size.seed)) return "--seed must be a whole number";
  if (format !== "text" && format !== "json") return "--format must be text or json";
  const isAsked = ({ name, isUsual }: Scenario) =>
    all || (positionals.length === 0 ? isUsual : positionals.includes(name));
  const scenarios = SCENARIOS.filter(isAsked);
  return { size, scenarios, format, help };
}

function readSafely(args: readonly string[]) {
  try {
    return read(args);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const asked = readSafely(process.argv.slice(2));
if (typeof asked === "string") {
  console.error(`${asked}; see --help`);
  process.exitCode = 2;
} else if (asked.help) console.log(HELP);
else {
  const { size, scenarios, format } = asked;
  const isWatched = process.stderr.isTTY;
  const results = await runAll(scenarios, size, (done) => {
    if (isWatched) process.stderr.write(`\r${Math.floor(done * 100)} % of ${scenarios.length} scenarios`);
  });
  if (isWatched) process.stderr.write("\r\u001b[K");
  console.log(format === "json" ? JSON.stringify(results, null, 2) : formatResults(results));
}
