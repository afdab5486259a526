import type { FullRateReport, LimitsResults, OvershootFigures, WayReport } from "./figures.ts";
import { FULL_RATE, LIMIT, SPREADS } from "./scenario.ts";

/** All that was simulated, as Markdown. */
export function formatLimits({ size, ways, fullRates }: LimitsResults): string {
  const { colos, isolates, rate, seed, keys, seconds } = size;
  const all = Math.round(colos * isolates * rate);
  const tables = SPREADS.map((spread) => {
    const some = ways.filter((one) => one.spread === spread);
    const overLimit = Math.max(...some.map((one) => one.overLimit));
    const title = `The requests of a key come from ${spread}; of ${overLimit} keys come more than the limit admits:`;
    return [title, "", wayTable(some), ""].join("\n");
  });
  return [
    `${colos} colos × ${isolates} isolates, ${whole(all)} requests a second for ${seconds} s, ${whole(keys)} keys (Zipf), seed ${seed}.`,
    `Each key: ${LIMIT.requests} requests in ${LIMIT.period / 1000} s, ${LIMIT.burst} at once.`,
    "",
    ...tables,
    `One key at ${whole(FULL_RATE)} requests a second, leased, from isolates of one place; the worst window is one of a flood after them:`,
    "",
    fullRateTable(fullRates),
  ].join("\n");
}

function wayTable(ways: readonly WayReport[]): string {
  const heads = [
    "",
    "promised",
    "worst window",
    "admitted of the limit",
    "fairness",
    "asked per million",
    "of keys over the limit",
    "not judged in time",
    "rows written per million",
    "busiest object",
  ];
  return table(
    heads,
    ways.map(({ way, overshoot, admitted, fairness, asked, undecided, rowsPerMillion, busiestObject }) => [
      way.name,
      overshoot.promised === null ? "none" : percent(overshoot.promised, overshoot.of),
      worst(overshoot),
      admitted === null ? "-" : percent(admitted, 1),
      fairness === null
        ? "-"
        : `${fairness.jain.toFixed(3)} (${fairness.low.toFixed(2)} to ${fairness.high.toFixed(2)})`,
      whole(asked.all),
      whole(asked.overLimit),
      percent(undecided, 1),
      whole(rowsPerMillion),
      busiestObject === 0 ? "-" : `${whole(busiestObject)}/s`,
    ]),
  );
}

function fullRateTable(reports: readonly FullRateReport[]): string {
  const heads = [
    "period",
    "at once",
    "isolates",
    "promised",
    "worst window",
    "admitted",
    "asked per million, by the compiler",
    "simulated",
  ];
  return table(
    heads,
    reports.map(({ period, burst, isolates, overshoot, admitted, expected, asked }) => [
      `${period / 1000} s`,
      whole(burst),
      `${isolates}`,
      percent(overshoot.promised ?? 0, overshoot.of),
      worst(overshoot),
      percent(admitted, 1),
      whole(expected),
      whole(asked),
    ]),
  );
}

function worst({ counted, seen, of }: OvershootFigures): string {
  return counted === seen ? percent(counted, of) : `${percent(counted, of)} (${percent(seen, of)} on leaving)`;
}

function table(heads: readonly string[], rows: readonly (readonly string[])[]): string {
  return [heads, heads.map(() => "---"), ...rows].map((row) => `| ${row.join(" | ")} |`).join("\n");
}

function percent(part: number, of: number): string {
  return `${((100 * part) / of).toFixed(1)} %`;
}

function whole(value: number): string {
  return value.toLocaleString("en");
}
