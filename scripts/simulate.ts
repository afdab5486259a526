import { parseArgs } from "node:util";
import { formatResults } from "./simulate/format.ts";
import { runLimits } from "./simulate/limits/all.ts";
import { formatLimits } from "./simulate/limits/format.ts";
import { DEFAULT_LIMITS_SIZE, type LimitsSize } from "./simulate/limits/scenario.ts";
import { DEFAULT_SIZE, SCENARIOS, type Scenario, type Size } from "./simulate/scenario.ts";
import { runAll } from "./simulate/threads.ts";

/** Takes the place of all scenarios: see `simulate/limits`. */
const LIMITS = "limits";

const HELP = `npm run simulate -- [scenario…] [options]
npm run simulate -- limits [options]

Simulates in virtual time what the edge's own health, balancing and retry code does on a whole network while one of
eight clusters dies and returns; with limits, what its rate limits admit and ask, beside a counter in KV and the
platform's counters. The same options give the same figures.

Scenarios: ${SCENARIOS.map(({ name }) => name).join(", ")}.
Where none is named: ${SCENARIOS.filter(({ isUsual }) => isUsual)
  .map(({ name }) => name)
  .join(", ")}; with --all all of them.

  --colos N       places of the network (${DEFAULT_SIZE.colos})
  --isolates N    isolates in each (${DEFAULT_SIZE.isolates})
  --rate N        requests a second in each isolate (${DEFAULT_SIZE.rate}; limits: ${DEFAULT_LIMITS_SIZE.rate})
  --seed N        another chance (${DEFAULT_SIZE.seed})
  --keys N        limits: buckets (${DEFAULT_LIMITS_SIZE.keys})
  --seconds N     limits: how long requests come (${DEFAULT_LIMITS_SIZE.seconds})
  --all
  --format text|json
  --help
`;

const OPTIONS = {
  colos: { type: "string", default: `${DEFAULT_SIZE.colos}` },
  isolates: { type: "string", default: `${DEFAULT_SIZE.isolates}` },
  rate: { type: "string" },
  seed: { type: "string", default: `${DEFAULT_SIZE.seed}` },
  keys: { type: "string", default: `${DEFAULT_LIMITS_SIZE.keys}` },
  seconds: { type: "string", default: `${DEFAULT_LIMITS_SIZE.seconds}` },
  format: { type: "string", default: "text" },
  all: { type: "boolean", default: false },
  help: { type: "boolean", default: false },
} as const;

/** What was asked for; a sentence where it can't be had. */
function read(args: readonly string[]) {
  const { values, positionals } = parseArgs({ args: [...args], options: OPTIONS, allowPositionals: true });
  const isOfLimits = positionals.length === 1 && positionals[0] === LIMITS;
  const unknown = positionals.filter((name) => !SCENARIOS.some((scenario) => scenario.name === name));
  const size: LimitsSize = {
    colos: Number(values.colos),
    isolates: Number(values.isolates),
    rate: Number(values.rate ?? (isOfLimits ? DEFAULT_LIMITS_SIZE : DEFAULT_SIZE).rate),
    seed: Number(values.seed),
    keys: Number(values.keys),
    seconds: Number(values.seconds),
  };
  const { format, help, all } = values;
  if (unknown.includes(LIMITS) && !isOfLimits) return `${LIMITS} is simulated without scenarios`;
  if (unknown.length > 0 && !isOfLimits) return `no scenario named ${unknown.join(", ")}`;
  for (const name of ["colos", "isolates", "keys", "seconds"] as const) {
    if (!Number.isInteger(size[name]) || size[name] < 1) return `--${name} must be a whole number from 1 on`;
  }
  if (!(size.rate > 0 && size.rate < 1e6)) return "--rate must be a number above 0";
  if (!Number.isInteger(size.seed)) return "--seed must be a whole number";
  if (format !== "text" && format !== "json") return "--format must be text or json";
  const isAsked = ({ name, isUsual }: Scenario) =>
    all || (positionals.length === 0 ? isUsual : positionals.includes(name));
  const scenarios = SCENARIOS.filter(isAsked);
  return { size, scenarios, format, help, isOfLimits };
}

function readSafely(args: readonly string[]) {
  try {
    return read(args);
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

async function failover({ colos, isolates, rate, seed }: Size, scenarios: readonly Scenario[], isJson: boolean) {
  const size = { colos, isolates, rate, seed };
  const results = await runAll(scenarios, size, telling(`${scenarios.length} scenarios`));
  return isJson ? JSON.stringify(results, null, 2) : formatResults(results);
}

async function limits(size: LimitsSize, isJson: boolean) {
  const results = await runLimits(size, telling(LIMITS));
  return isJson ? JSON.stringify(results, null, 2) : formatLimits(results);
}

/** Tells people who watch how much is done. */
function telling(of: string): (done: number) => void {
  return (done) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${Math.floor(done * 100)} % of ${of}`);
  };
}

const asked = readSafely(process.argv.slice(2));
if (typeof asked === "string") {
  console.error(`${asked}; see --help`);
  process.exitCode = 2;
} else if (asked.help) console.log(HELP);
else {
  const { size, scenarios, format, isOfLimits } = asked;
  const isJson = format === "json";
  const text = isOfLimits ? await limits(size, isJson) : await failover(size, scenarios, isJson);
  if (process.stderr.isTTY) process.stderr.write("\r\u001b[K");
  console.log(text);
}
